#include "events/crypto/bytes.hpp"

#include <cassert>

namespace ibkr::events {
namespace {

template <class T>
void append_be(std::string& out, T value) {
    for (int shift = static_cast<int>(sizeof(T) - 1) * 8; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>((value >> shift) & 0xffU));
}

std::uint64_t read_be(Bytes bytes, std::size_t length) noexcept {
    assert(bytes.size() >= length);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < length; ++i)
        value = (value << 8U) | bytes[i];
    return value;
}

int nibble(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

std::string hex(Bytes bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        out.push_back(digits[byte >> 4U]);
        out.push_back(digits[byte & 0x0fU]);
    }
    return out;
}

bool from_hex(std::string_view text, std::span<std::uint8_t> out) noexcept {
    if (text.size() != out.size() * 2) return false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = nibble(text[2 * i]);
        const int low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

void append_be16(std::string& out, std::uint16_t value) {
    append_be(out, value);
}
void append_be32(std::string& out, std::uint32_t value) {
    append_be(out, value);
}
void append_be64(std::string& out, std::uint64_t value) {
    append_be(out, value);
}
std::uint16_t read_be16(Bytes bytes) noexcept {
    return static_cast<std::uint16_t>(read_be(bytes, 2));
}
std::uint32_t read_be32(Bytes bytes) noexcept {
    return static_cast<std::uint32_t>(read_be(bytes, 4));
}
std::uint64_t read_be64(Bytes bytes) noexcept {
    return read_be(bytes, 8);
}

}  // namespace ibkr::events
