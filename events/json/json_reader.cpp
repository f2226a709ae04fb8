#include "events/json/json_reader.hpp"

#include <charconv>

#include "events/json/json_text.hpp"
#include "events/json/utf8.hpp"

namespace ibkr::events {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

std::size_t digits_at(std::string_view text, std::size_t from) noexcept {
    std::size_t i = from;
    while (i < text.size() && is_digit(text[i]))
        ++i;
    return i - from;
}

bool integer_of(std::string_view digits, std::int64_t& value) noexcept {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size() && value >= -json_integer_max &&
           value <= json_integer_max;
}

void append_utf8(std::string& out, unsigned code) {
    const auto put = [&](unsigned byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) return put(code);
    if (code < 0x800) {
        put(0xc0 | (code >> 6));
    } else {
        if (code < 0x10000) {
            put(0xe0 | (code >> 12));
        } else {
            put(0xf0 | (code >> 18));
            put(0x80 | ((code >> 12) & 0x3f));
        }
        put(0x80 | ((code >> 6) & 0x3f));
    }
    put(0x80 | (code & 0x3f));
}

}  // namespace

JsonReader::JsonReader(std::string_view text, const JsonLimits& limits) : rest_(text), limits_(limits) {
    if (text.size() > limits.bytes_max) fail(JsonError::too_large);
}

bool JsonReader::fail(JsonError error) noexcept {
    if (!error_) error_ = error;
    return false;
}

void JsonReader::skip_space() noexcept {
    while (!rest_.empty() &&
           (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\r' || rest_.front() == '\t'))
        rest_.remove_prefix(1);
}

/// The longest number of RFC 8259 at the front; empty when there is none.
std::string_view JsonReader::number() const noexcept {
    std::size_t i = !rest_.empty() && rest_.front() == '-' ? 1 : 0;
    const std::size_t whole = digits_at(rest_, i);
    if (whole == 0 || (whole > 1 && rest_[i] == '0')) return {};
    i += whole;
    if (i < rest_.size() && rest_[i] == '.') {
        const std::size_t digits = digits_at(rest_, i + 1);
        if (digits == 0) return {};
        i += 1 + digits;
    }
    if (i < rest_.size() && (rest_[i] == 'e' || rest_[i] == 'E')) {
        const bool sign = i + 1 < rest_.size() && (rest_[i + 1] == '+' || rest_[i + 1] == '-');
        const std::size_t first = i + (sign ? 2 : 1);
        const std::size_t digits = digits_at(rest_, first);
        if (digits == 0) return {};
        i = first + digits;
    }
    return rest_.substr(0, i);
}

JsonReader::Kind JsonReader::peek() {
    if (error_) return Kind::none;
    skip_space();
    if (rest_.empty()) return Kind::none;
    switch (rest_.front()) {
        case '{':
            return Kind::object;
        case '[':
            return Kind::array;
        case '"':
            return Kind::string;
        case 't':
        case 'f':
            return Kind::boolean;
        case 'n':
            return Kind::null;
        default:
            break;
    }
    const std::string_view digits = number();
    if (digits.empty()) return Kind::none;
    std::int64_t value = 0;
    return integer_of(digits, value) ? Kind::integer : Kind::fraction;
}

bool JsonReader::begin(char open) {
    if (error_) return false;
    skip_space();
    if (rest_.empty() || rest_.front() != open) return fail(JsonError::malformed);
    if (depth_ >= limits_.depth_max) return fail(JsonError::too_deep);
    rest_.remove_prefix(1);
    ++depth_;
    opened_ = true;
    return true;
}

bool JsonReader::advance(char close) {
    if (error_) return false;
    skip_space();
    const bool first = opened_;
    opened_ = false;
    if (rest_.empty()) return fail(JsonError::malformed);
    if (rest_.front() == close) {
        rest_.remove_prefix(1);
        --depth_;
        return false;
    }
    if (first) return true;
    if (rest_.front() != ',') return fail(JsonError::malformed);
    rest_.remove_prefix(1);
    return true;
}

bool JsonReader::next_member(std::string_view& key) {
    if (!advance('}') || !string_at(key, key_buffer_)) return false;
    if (!limits_.any_keys)
        for (const char c : key)
            if (static_cast<unsigned char>(c) >= 0x80) return fail(JsonError::key_not_ascii);
    skip_space();
    if (rest_.empty() || rest_.front() != ':') return fail(JsonError::malformed);
    rest_.remove_prefix(1);
    return true;
}

bool JsonReader::hex4(unsigned& unit) {
    if (rest_.size() < 4) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 4, unit, 16);
    if (error != std::errc{} || end != rest_.data() + 4) return false;
    rest_.remove_prefix(4);
    return true;
}

/// `rest_` stands behind the backslash.
bool JsonReader::append_escape(std::string& buffer) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (rest_.empty()) return fail(JsonError::malformed);
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    if (const std::size_t i = letters.find(letter); i != std::string_view::npos) {
        buffer.push_back(meanings[i]);
        return true;
    }
    unsigned code = 0;
    if (letter != 'u' || !hex4(code)) return fail(JsonError::malformed);
    if (code >= 0xd800 && code <= 0xdfff) {
        unsigned low = 0;
        const bool pair = code < 0xdc00 && rest_.starts_with("\\u");
        if (pair) rest_.remove_prefix(2);
        if (!pair || !hex4(low) || low < 0xdc00 || low > 0xdfff) return fail(JsonError::not_utf8);
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(buffer, code);
    return true;
}

bool JsonReader::string_at(std::string_view& value, std::string& buffer) {
    if (error_) return false;
    skip_space();
    if (rest_.empty() || rest_.front() != '"') return fail(JsonError::malformed);
    rest_.remove_prefix(1);
    const std::string_view from = rest_;
    bool buffered = false;
    buffer.clear();
    while (!rest_.empty()) {
        const char c = rest_.front();
        if (c == '"') {
            value = buffered ? std::string_view(buffer) : from.substr(0, from.size() - rest_.size());
            rest_.remove_prefix(1);
            return true;
        }
        if (c == '\\') {
            if (!buffered) buffer.assign(from.substr(0, from.size() - rest_.size()));
            buffered = true;
            rest_.remove_prefix(1);
            if (!append_escape(buffer)) return false;
            continue;
        }
        std::size_t length = json_plain_prefix(rest_);
        if (length == 0 && static_cast<unsigned char>(c) < ' ') return fail(JsonError::malformed);
        if (length == 0) length = utf8_sequence_length(rest_);
        if (length == 0) return fail(JsonError::not_utf8);
        if (buffered) buffer.append(rest_.substr(0, length));
        rest_.remove_prefix(length);
    }
    return fail(JsonError::malformed);
}

bool JsonReader::read_integer(std::int64_t& value) {
    if (error_) return false;
    skip_space();
    const std::string_view digits = number();
    if (digits.empty()) return fail(JsonError::malformed);
    if (digits.find_first_of(".eE") != std::string_view::npos) return fail(JsonError::fraction);
    if (!integer_of(digits, value)) return fail(JsonError::integer_too_large);
    rest_.remove_prefix(digits.size());
    return true;
}

bool JsonReader::read_number_text(std::string_view& value) {
    if (error_) return false;
    skip_space();
    value = number();
    if (value.empty()) return fail(JsonError::malformed);
    if (!limits_.fractions_as_text) {
        const bool whole = value.find_first_of(".eE") == std::string_view::npos;
        return fail(whole ? JsonError::integer_too_large : JsonError::fraction);
    }
    rest_.remove_prefix(value.size());
    return true;
}

bool JsonReader::take_word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
}

bool JsonReader::read_boolean(bool& value) {
    if (error_) return false;
    skip_space();
    value = rest_.starts_with('t');
    return take_word(value ? "true" : "false") || fail(JsonError::malformed);
}

bool JsonReader::read_null() {
    if (error_) return false;
    skip_space();
    if (!take_word("null")) return fail(JsonError::malformed);
    return limits_.nulls || fail(JsonError::null_value);
}

bool JsonReader::finish() {
    if (error_) return false;
    skip_space();
    return rest_.empty() || fail(JsonError::trailing_bytes);
}

}  // namespace ibkr::events
