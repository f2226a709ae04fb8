#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ibkr::events {

/// A borrowed run of bytes; the owner outlives the call.
using Bytes = std::span<const std::uint8_t>;

[[nodiscard]] inline Bytes bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view text_of(Bytes bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case, two characters a byte.
[[nodiscard]] std::string hex(Bytes bytes);
/// Strict inverse of `hex`: exactly 2 * out.size() characters of [0-9a-f], else false and `out` is undefined.
[[nodiscard]] bool from_hex(std::string_view text, std::span<std::uint8_t> out) noexcept;

/// Big-endian integers, the byte order of every binary field of the log format.
void append_be16(std::string& out, std::uint16_t value);
void append_be32(std::string& out, std::uint32_t value);
void append_be64(std::string& out, std::uint64_t value);
[[nodiscard]] std::uint16_t read_be16(Bytes bytes) noexcept;  ///< first 2 bytes
[[nodiscard]] std::uint32_t read_be32(Bytes bytes) noexcept;  ///< first 4 bytes
[[nodiscard]] std::uint64_t read_be64(Bytes bytes) noexcept;  ///< first 8 bytes

}  // namespace ibkr::events
