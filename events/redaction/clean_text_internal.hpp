#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ibkr::events {

inline constexpr std::size_t cut_bytes_min = 128;  ///< bytes a cut text needs at least, for its suffix

/// The first half of `clean_text`: valid UTF-8 without control characters, of any length.
[[nodiscard]] std::string valid_text(std::string_view outside);

/// The second half: cuts `text` to `bytes_max` bytes, with length and hash of `outside`.
[[nodiscard]] std::string cut_text(std::string text, std::string_view outside, std::size_t bytes_max);

}  // namespace ibkr::events
