#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ibkr::events {

/// Bytes at the front of `text` that stand for themselves in a JSON string: ASCII without control
/// characters, quote and backslash.
[[nodiscard]] std::size_t json_plain_prefix(std::string_view text) noexcept;

/// Appends `text` as a JSON string in the one form RFC 8785 section 3.2.2.2 allows.
/// Returns false, with `out` unchanged, when `text` is not UTF-8.
[[nodiscard]] bool append_json_string(std::string& out, std::string_view text);

/// Appends an integer. Precondition: |value| <= 2^53.
void append_json_integer(std::string& out, std::int64_t value);

}  // namespace ibkr::events
