#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ibkr::cli {

/// Text from outside as a terminal may show it: one line of valid UTF-8 in which control characters, escape
/// sequences, invalid bytes and characters that change the writing direction are spelled out (\x1b,
/// \u{202e}).
[[nodiscard]] std::string printable(std::string_view text);

/// Columns a printable text takes on a terminal: wide characters count two, combining ones none.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Canonical JSON with two spaces of indentation and a newline at the end. The value is the same; characters
/// that a terminal could obey are written as \u escapes. What is not JSON comes back unchanged.
[[nodiscard]] std::string pretty_json(std::string_view canonical);
/// The same on one line without spaces, also with a newline at the end.
[[nodiscard]] std::string line_json(std::string_view canonical);

}  // namespace ibkr::cli
