#include <cassert>

#include "events/crypto/sha256.hpp"
#include "events/json/utf8.hpp"
#include "events/redaction/clean_text_internal.hpp"
#include "events/redaction/redaction.hpp"

namespace ibkr::events {
namespace {

constexpr std::string_view replacement_character = "\xef\xbf\xbd";  // U+FFFD
constexpr std::string_view kelvin_sign = "\xe2\x84\xaa";            // U+212A

constexpr bool is_plain_text(char c) noexcept {
    return (c >= ' ' && c < '\x7f') || c == '\t' || c == '\n';
}

/// U+0080 to U+009F.
bool is_c1_control(std::string_view character) noexcept {
    return character.size() == 2 && character[0] == '\xc2' && static_cast<unsigned char>(character[1]) < 0xa0;
}

}  // namespace

std::string valid_text(std::string_view outside) {
    std::string text;
    text.reserve(outside.size());
    while (!outside.empty()) {
        const std::size_t length = utf8_sequence_length(outside);
        const std::string_view character = outside.substr(0, length == 0 ? 1 : length);
        outside.remove_prefix(character.size());
        if (length == 0) {
            text.append(replacement_character);
        } else if (character == kelvin_sign) {
            // Its normal form is K, and it lower-cases to k: a marker must not hide behind it.
            text.push_back('K');
        } else if (length > 1 ? !is_c1_control(character) : is_plain_text(character.front())) {
            text.append(character);
        }
    }
    return text;
}

std::string cut_text(std::string text, std::string_view outside, std::size_t bytes_max) {
    assert(bytes_max >= cut_bytes_min);
    if (text.size() <= bytes_max) return text;
    const std::string suffix =
        "... [" + std::to_string(outside.size()) + " bytes, sha256 " + hex(sha256(outside)) + "]";
    std::size_t end = bytes_max - suffix.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    text.resize(end);
    return text + suffix;
}

std::string clean_text(std::string_view outside, std::size_t bytes_max) {
    return cut_text(valid_text(outside), outside, bytes_max);
}

}  // namespace ibkr::events
