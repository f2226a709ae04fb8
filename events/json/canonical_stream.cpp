#include "events/json/canonical_stream.hpp"

#include <algorithm>
#include <vector>

#include "events/json/canonical_json.hpp"
#include "events/json/json_text.hpp"

namespace ibkr::events {
namespace {

/// One written member: its key and where `"key":value` stands in the output.
struct Span {
    std::string key;
    std::size_t begin;
    std::size_t end;
};

/// Puts members that came in another order into the canonical one. `from` is where the first one starts.
void reorder(std::string& out, std::size_t from, const std::vector<Span>& sorted) {
    std::string ordered;
    ordered.reserve(out.size() - from);
    for (const Span& span : sorted) {
        if (!ordered.empty()) ordered.push_back(',');
        ordered.append(out, span.begin, span.end - span.begin);
    }
    out.replace(from, std::string::npos, ordered);
}

bool append_object(JsonReader& reader, std::string& out) {
    if (!reader.begin_object()) return false;
    out.push_back('{');
    const std::size_t from = out.size();
    std::vector<Span> members;
    bool in_order = true;
    std::string_view key;
    while (reader.next_member(key)) {
        if (std::any_of(key.begin(), key.end(), [](char c) { return (c & 0x80) != 0; }))
            return reader.fail(JsonError::key_not_ascii);
        if (!members.empty()) {
            out.push_back(',');
            in_order = in_order && members.back().key < key;
        }
        members.push_back({std::string(key), out.size(), 0});
        if (!append_json_string(out, key)) return reader.fail(JsonError::not_utf8);
        out.push_back(':');
        if (!append_canonical_value(reader, out)) return false;
        members.back().end = out.size();
    }
    if (reader.error()) return false;
    if (!in_order) {
        std::sort(members.begin(), members.end(), [](const Span& a, const Span& b) { return a.key < b.key; });
        const auto same = [](const Span& a, const Span& b) { return a.key == b.key; };
        if (std::adjacent_find(members.begin(), members.end(), same) != members.end())
            return reader.fail(JsonError::duplicate_key);
        reorder(out, from, members);
    }
    out.push_back('}');
    return true;
}

bool append_array(JsonReader& reader, std::string& out) {
    if (!reader.begin_array()) return false;
    char before = '[';
    while (reader.next_element()) {
        out.push_back(before);
        before = ',';
        if (!append_canonical_value(reader, out)) return false;
    }
    if (before == '[') out.push_back('[');
    out.push_back(']');
    return !reader.error();
}

bool append_text(std::string& out, JsonReader& reader, std::string_view text) {
    return append_json_string(out, text) || reader.fail(JsonError::not_utf8);
}

}  // namespace

bool append_canonical_value(JsonReader& reader, std::string& out) {
    std::string_view text;
    std::int64_t integer = 0;
    bool boolean = false;
    switch (reader.peek()) {
        case JsonReader::Kind::object:
            return append_object(reader, out);
        case JsonReader::Kind::array:
            return append_array(reader, out);
        case JsonReader::Kind::string:
            return reader.read_string(text) && append_text(out, reader, text);
        case JsonReader::Kind::fraction:
            return reader.read_number_text(text) && append_text(out, reader, text);
        case JsonReader::Kind::integer:
            if (!reader.read_integer(integer)) return false;
            append_json_integer(out, integer);
            return true;
        case JsonReader::Kind::boolean:
            if (!reader.read_boolean(boolean)) return false;
            out.append(boolean ? "true" : "false");
            return true;
        case JsonReader::Kind::null:
            return reader.fail(JsonError::null_value);
        case JsonReader::Kind::none:
            break;
    }
    return reader.fail(JsonError::malformed);
}

Result<std::string, JsonError> canonicalize_json(std::string_view text, const JsonLimits& limits) {
    JsonReader reader(text, limits);
    std::string canonical;
    if (!append_canonical_value(reader, canonical) || !reader.finish())
        return tl::unexpected(reader.error().value_or(JsonError::malformed));
    return canonical;
}

bool is_canonical_json(std::string_view text, const JsonLimits& limits) {
    const auto canonical = canonicalize_json(text, limits);
    return canonical && *canonical == text;
}

}  // namespace ibkr::events
