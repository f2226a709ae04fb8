#include "events/json/canonical_json.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "events/json/json_reader.hpp"
#include "events/json/json_text.hpp"

namespace ibkr::events {
namespace {

using Json = nlohmann::json;
constexpr int depth_max = JsonLimits::own().depth_max;

/// Appends canonical text; the first thing that has no canonical form ends it.
class Canonical {
public:
    explicit Canonical(std::string& out) : out_(out) {}

    bool value(const Json& json, int depth) {
        switch (json.type()) {
            case Json::value_t::object:
                return depth < depth_max ? object(json, depth) : fail(JsonError::too_deep);
            case Json::value_t::array:
                return depth < depth_max ? array(json, depth) : fail(JsonError::too_deep);
            case Json::value_t::string:
                return append_json_string(out_, json.get_ref<const std::string&>()) ||
                       fail(JsonError::not_utf8);
            case Json::value_t::boolean:
                out_.append(json.get<bool>() ? "true" : "false");
                return true;
            case Json::value_t::number_integer:
                return integer(json.get<std::int64_t>());
            case Json::value_t::number_unsigned:
                if (json.get<std::uint64_t>() > std::uint64_t{json_integer_max})
                    return fail(JsonError::integer_too_large);
                return integer(json.get<std::int64_t>());
            case Json::value_t::number_float:
                return fail(JsonError::fraction);
            case Json::value_t::null:
                return fail(JsonError::null_value);
            case Json::value_t::binary:
            case Json::value_t::discarded:
                break;
        }
        return fail(JsonError::not_representable);
    }

    [[nodiscard]] JsonError error() const noexcept { return error_; }

private:
    bool fail(JsonError error) {
        error_ = error;
        return false;
    }

    bool integer(std::int64_t number) {
        if (number < -json_integer_max || number > json_integer_max)
            return fail(JsonError::integer_too_large);
        append_json_integer(out_, number);
        return true;
    }

    /// nlohmann keeps keys in byte order, which for ASCII is the order of RFC 8785 section 3.2.3.
    bool object(const Json& json, int depth) {
        char before = '{';
        for (const auto& [key, member] : json.get_ref<const Json::object_t&>()) {
            if (std::any_of(key.begin(), key.end(), [](char c) { return (c & 0x80) != 0; }))
                return fail(JsonError::key_not_ascii);
            out_.push_back(before);
            before = ',';
            if (!append_json_string(out_, key)) return fail(JsonError::not_utf8);
            out_.push_back(':');
            if (!value(member, depth + 1)) return false;
        }
        if (json.empty()) out_.push_back('{');
        out_.push_back('}');
        return true;
    }

    bool array(const Json& json, int depth) {
        char before = '[';
        for (const Json& element : json) {
            out_.push_back(before);
            before = ',';
            if (!value(element, depth + 1)) return false;
        }
        if (json.empty()) out_.push_back('[');
        out_.push_back(']');
        return true;
    }

    std::string& out_;
    JsonError error_ = JsonError::malformed;
};

bool read_value(JsonReader& reader, Json& json);

bool read_object(JsonReader& reader, Json& json) {
    if (!reader.begin_object()) return false;
    json = Json::object();
    auto& members = json.get_ref<Json::object_t&>();
    std::string_view key;
    while (reader.next_member(key)) {
        const auto [member, added] = members.try_emplace(std::string(key));
        if (!added) return reader.fail(JsonError::duplicate_key);
        if (!read_value(reader, member->second)) return false;
    }
    return !reader.error();
}

bool read_array(JsonReader& reader, Json& json) {
    if (!reader.begin_array()) return false;
    json = Json::array();
    while (reader.next_element()) {
        json.push_back(nullptr);
        if (!read_value(reader, json.back())) return false;
    }
    return !reader.error();
}

bool read_value(JsonReader& reader, Json& json) {
    std::string_view text;
    std::int64_t integer = 0;
    bool boolean = false;
    switch (reader.peek()) {
        case JsonReader::Kind::object:
            return read_object(reader, json);
        case JsonReader::Kind::array:
            return read_array(reader, json);
        case JsonReader::Kind::string:
            if (!reader.read_string(text)) return false;
            json = std::string(text);
            return true;
        case JsonReader::Kind::fraction:
            if (!reader.read_number_text(text)) return false;
            json = std::string(text);
            return true;
        case JsonReader::Kind::integer:
            if (!reader.read_integer(integer)) return false;
            json = integer;
            return true;
        case JsonReader::Kind::boolean:
            if (!reader.read_boolean(boolean)) return false;
            json = boolean;
            return true;
        case JsonReader::Kind::null:
            json = nullptr;
            return reader.read_null();
        case JsonReader::Kind::none:
            break;
    }
    return reader.fail(JsonError::malformed);
}

}  // namespace

Result<std::string, JsonError> canonical_json(const Json& value) {
    std::string text;
    Canonical canonical(text);
    if (!canonical.value(value, 0)) return tl::unexpected(canonical.error());
    return text;
}

Result<Json, JsonError> parse_json(std::string_view text, const JsonLimits& limits) {
    JsonReader reader(text, limits);
    Json json;
    if (!read_value(reader, json) || !reader.finish())
        return tl::unexpected(reader.error().value_or(JsonError::malformed));
    return json;
}

}  // namespace ibkr::events
