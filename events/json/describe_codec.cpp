#include "events/json/canonical_stream.hpp"
#include "events/json/describe_reader_codec.hpp"

namespace ibkr::events::codec {
namespace {

/// A member name from the text, only if it looks like one: what is unknown is not repeated blindly.
std::string_view printable_name(std::string_view name) noexcept {
    constexpr std::size_t name_length_max = 40;
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const bool plain = !name.empty() && name.size() <= name_length_max &&
                       name.find_first_not_of(allowed) == std::string_view::npos;
    return plain ? name : "?";
}

}  // namespace

bool Decoder::refuse(std::string_view problem) {
    if (problem_.empty()) problem_ = problem;
    return false;
}

bool Decoder::inside(std::string_view name) {
    std::string path(printable_name(name));
    if (!path_.empty() && path_.front() != '[') path.push_back('.');
    path_.insert(0, path);
    return false;
}

bool Decoder::inside(std::size_t position) {
    std::string path = "[" + std::to_string(position) + "]";
    if (!path_.empty() && path_.front() != '[') path.push_back('.');
    path_.insert(0, path);
    return false;
}

bool Decoder::unreadable() {
    const JsonError cause = json.error().value_or(JsonError::malformed);
    return refuse("cannot be read: " + std::string(to_string(cause)));
}

tl::unexpected<Error> Decoder::error() const {
    const std::string where = path_.empty() ? "the JSON text " : "member '" + path_ + "' ";
    return failure(ErrorCode::order_validation_failed, where + problem_);
}

bool Decoder::text(std::string_view& value) {
    const JsonReader::Kind kind = json.peek();
    // With `fractions_as_text` the exact digits of a number stand for the string we ask for.
    if (json.limits().fractions_as_text &&
        (kind == JsonReader::Kind::fraction || kind == JsonReader::Kind::integer))
        return json.read_number_text(value) || unreadable();
    if (kind != JsonReader::Kind::string && kind != JsonReader::Kind::none) return refuse("must be a string");
    return json.read_string(value) || unreadable();
}

bool Decoder::integer(std::int64_t& value) {
    const JsonReader::Kind kind = json.peek();
    if (kind != JsonReader::Kind::integer && kind != JsonReader::Kind::fraction &&
        kind != JsonReader::Kind::none)
        return refuse("must be a whole number");
    return json.read_integer(value) || unreadable();
}

bool Decoder::boolean(bool& value) {
    const JsonReader::Kind kind = json.peek();
    if (kind != JsonReader::Kind::boolean && kind != JsonReader::Kind::none)
        return refuse("must be true or false");
    return json.read_boolean(value) || unreadable();
}

bool Decoder::embedded(EmbeddedJson& value) {
    if (json.peek() != JsonReader::Kind::object) return refuse("must be an object");
    value.text.clear();
    return append_canonical_value(json, value.text) || unreadable();
}

}  // namespace ibkr::events::codec
