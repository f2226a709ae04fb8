#include <algorithm>
#include <cassert>

#include <nlohmann/json.hpp>

#include "events/json/canonical_json.hpp"
#include "events/redaction/redaction.hpp"

namespace ibkr::events {
namespace {

using Json = nlohmann::json;

constexpr std::size_t path_bytes_max = 200;
constexpr int depth_max = 64;
constexpr std::string_view sensitive_name = "sensitive field name";
constexpr std::string_view secret_text = "secret-like text";
constexpr std::string_view not_recordable = "no exact form";

std::string joined(std::string_view path, std::string_view key) {
    std::string name(path);
    if (!path.empty()) name.push_back('.');
    return name.append(key);
}

bool is_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

}  // namespace

/// One document on its way through a Redactor.
class JsonRedaction {
public:
    JsonRedaction(const Redactor& redactor, std::vector<RedactionRecord>& records)
        : redactor_(redactor), records_(records) {}

    Json value(const Json& outside, const std::string& path, int depth) {
        switch (outside.type()) {
            case Json::value_t::object:
                return depth < depth_max ? object(outside, path, depth) : replaced(path, not_recordable);
            case Json::value_t::array:
                return depth < depth_max ? array(outside, path, depth) : replaced(path, not_recordable);
            case Json::value_t::string:
                return text(outside.get_ref<const std::string&>(), path);
            case Json::value_t::number_integer:
            case Json::value_t::number_unsigned:
                return number(outside, path);
            case Json::value_t::boolean:
                return outside;
            case Json::value_t::null:
                return "null";
            case Json::value_t::number_float:
            case Json::value_t::binary:
            case Json::value_t::discarded:
                break;
        }
        return replaced(path, not_recordable);
    }

    /// Writes the count of those beyond the limit into the last record.
    void close() {
        if (beyond_limit_ == 0) return;
        records_.push_back({"...", "and " + std::to_string(beyond_limit_) + " more"});
    }

private:
    void record(const std::string& path, std::string_view reason) {
        if (added_ + 1 >= redaction_records_max) {
            ++beyond_limit_;
            return;
        }
        ++added_;
        records_.push_back({path.size() <= path_bytes_max ? path : path.substr(0, path_bytes_max) + "...",
                            std::string(reason)});
    }

    Json replaced(const std::string& path, std::string_view reason) {
        record(path, reason);
        return std::string(redacted_text);
    }

    Json text(const std::string& outside, const std::string& path) {
        std::string kept = redactor_.text(outside);
        if (kept != outside && kept.find(redacted_text) != std::string::npos) record(path, secret_text);
        return kept;
    }

    Json number(const Json& outside, const std::string& path) {
        std::string digits = outside.dump();
        if (redactor_.touches(digits)) return replaced(path, secret_text);
        if (!canonical_json(outside)) return digits;
        return outside;
    }

    /// A name that may stand in a record. Several redacted names of one object stay apart by a number.
    std::string member_name(const std::string& key, const Json& taken, const std::string& path) {
        if (is_ascii(key) && !redactor_.touches(key) && !taken.contains(key)) return key;
        std::string name(redacted_text);
        for (std::size_t n = 2; taken.contains(name); ++n)
            name = "[REDACTED " + std::to_string(n) + "]";
        record(joined(path, name), secret_text);
        return name;
    }

    Json object(const Json& outside, const std::string& path, int depth) {
        Json kept = Json::object();
        // Names that stay come first, so that a redacted name never takes the place of one.
        for (const bool stays : {true, false})
            for (const auto& [key, member] : outside.get_ref<const Json::object_t&>()) {
                if (member.is_null() || (is_ascii(key) && !redactor_.touches(key)) != stays) continue;
                const std::string name = member_name(key, kept, path);
                const std::string member_path = joined(path, name);
                if (!is_sensitive_name(key))
                    kept[name] = value(member, member_path, depth + 1);
                else
                    kept[name] = member == redacted_text ? member : replaced(member_path, sensitive_name);
            }
        return kept;
    }

    Json array(const Json& outside, const std::string& path, int depth) {
        Json kept = Json::array();
        for (const Json& element : outside)
            kept.push_back(value(element, path + "[" + std::to_string(kept.size()) + "]", depth + 1));
        return kept;
    }

    const Redactor& redactor_;
    std::vector<RedactionRecord>& records_;
    std::size_t added_ = 0;
    std::size_t beyond_limit_ = 0;
};

Json Redactor::json(const Json& outside, std::string_view root, std::vector<RedactionRecord>& records) const {
    JsonRedaction redaction(*this, records);
    Json kept = redaction.value(outside, std::string(root), 0);
    redaction.close();
    return kept;
}

EmbeddedJson Redactor::document(std::string_view outside, std::string_view root,
                                std::vector<RedactionRecord>& records, std::size_t bytes_max) const {
    assert(bytes_max >= 512);
    if (const auto parsed = parse_json(outside, JsonLimits::outside())) {
        std::vector<RedactionRecord> found;
        Json kept = json(parsed->is_object() ? *parsed : Json{{"value", *parsed}}, root, found);
        auto canonical = canonical_json(kept);
        if (canonical && canonical->size() <= bytes_max) {
            records.insert(records.end(), found.begin(), found.end());
            return {std::move(*canonical)};
        }
    }
    // In a cleaned text no character's JSON form is longer than twice its bytes.
    const std::string cut = text(outside, std::min(outside_text_bytes_max, bytes_max / 2 - 16));
    auto canonical = canonical_json(Json{{"text", cut}});
    assert(canonical.has_value());
    if (cut.find(redacted_text) != std::string::npos)
        records.push_back({joined(root, "text"), std::string(secret_text)});
    return {std::move(*canonical)};
}

}  // namespace ibkr::events
