#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ibkr::events {

[[nodiscard]] constexpr char ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// True when `text` at `at` continues with `lower` (given in lower case), whatever its ASCII case.
[[nodiscard]] constexpr bool has_at(std::string_view text, std::size_t at, std::string_view lower) noexcept {
    if (at > text.size() || text.size() - at < lower.size()) return false;
    for (std::size_t i = 0; i < lower.size(); ++i)
        if (ascii_lower(text[at + i]) != lower[i]) return false;
    return true;
}

/// `text` with every sensitive run replaced. Runs that overlap or touch become one. `exact_values` are
/// lower-case. Linear in the length of the text, whatever it holds.
[[nodiscard]] std::string replace_sensitive(std::string_view text, std::span<const std::string> exact_values,
                                            std::string_view replacement);

}  // namespace ibkr::events
