#include "events/json/json_text.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <cstring>

#include "events/json/json_limits.hpp"
#include "events/json/utf8.hpp"

namespace ibkr::events {
namespace {

constexpr bool is_plain(char c) noexcept {
    return c >= ' ' && c != '"' && c != '\\' && static_cast<unsigned char>(c) < 0x80;
}

/// True only if all eight bytes are plain; a borrow between bytes can only make it say false.
bool eight_plain(const char* bytes) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    std::uint64_t x = 0;
    std::memcpy(&x, bytes, sizeof x);
    const std::uint64_t control = x - ones * 0x20;
    const std::uint64_t quote = (x ^ (ones * '"')) - ones;
    const std::uint64_t backslash = (x ^ (ones * '\\')) - ones;
    return ((x | control | quote | backslash) & (ones * 0x80)) == 0;
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view hex = "0123456789abcdef";
    out.push_back('\\');
    switch (c) {
        case '"':
        case '\\':
            return out.push_back(c);
        case '\b':
            return out.push_back('b');
        case '\t':
            return out.push_back('t');
        case '\n':
            return out.push_back('n');
        case '\f':
            return out.push_back('f');
        case '\r':
            return out.push_back('r');
        default:
            out.append("u00");
            out.push_back(hex[static_cast<unsigned char>(c) >> 4]);
            out.push_back(hex[static_cast<unsigned char>(c) & 0x0f]);
    }
}

}  // namespace

std::size_t json_plain_prefix(std::string_view text) noexcept {
    std::size_t i = 0;
    while (i + 8 <= text.size() && eight_plain(text.data() + i))
        i += 8;
    while (i < text.size() && is_plain(text[i]))
        ++i;
    return i;
}

bool append_json_string(std::string& out, std::string_view text) {
    const std::size_t start = out.size();
    out.push_back('"');
    while (!text.empty()) {
        std::size_t length = json_plain_prefix(text);
        if (length == 0 && static_cast<unsigned char>(text.front()) >= 0x80) {
            length = utf8_sequence_length(text);
            if (length == 0) {
                out.resize(start);
                return false;
            }
        }
        if (length == 0) {
            append_escaped(out, text.front());
            length = 1;
        } else {
            out.append(text.substr(0, length));
        }
        text.remove_prefix(length);
    }
    out.push_back('"');
    return true;
}

void append_json_integer(std::string& out, std::int64_t value) {
    assert(value >= -json_integer_max && value <= json_integer_max);
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

}  // namespace ibkr::events
