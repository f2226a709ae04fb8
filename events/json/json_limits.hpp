#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ibkr::events {

/// Why a text is not JSON that we accept, or a value is not one that we write.
enum class JsonError : std::uint8_t {
    malformed,          ///< not the grammar of RFC 8259
    not_utf8,           ///< overlong, surrogate, truncated or other bytes that are not UTF-8
    duplicate_key,      ///< one object names a member twice
    key_not_ascii,      ///< canonical objects have ASCII keys only
    fraction,           ///< a number with fraction or exponent
    integer_too_large,  ///< beyond +-2^53
    null_value,
    too_deep,
    too_large,
    trailing_bytes,     ///< something other than white space follows the value
    not_representable,  ///< a value JSON has no form for
};

[[nodiscard]] std::string_view to_string(JsonError error) noexcept;

/// Integers beyond this do not survive every reader (RFC 8785 section 3.1, RFC 7493 section 2.2).
inline constexpr std::int64_t json_integer_max = std::int64_t{1} << 53;

/// What a reader accepts. The default is the form of our own records: no nulls, no fractions, ASCII keys.
struct JsonLimits {
    std::size_t bytes_max = 65'535;  ///< bytes of the whole text
    int depth_max = 64;              ///< nested objects and arrays
    bool nulls = false;              ///< accept null
    /// Accept fractions, exponents and integers beyond 2^53 and hand them over as strings with the exact
    /// digits of the text: a binary fraction never stands between the broker's number and our decimal.
    bool fractions_as_text = false;
    bool any_keys = false;  ///< accept keys that are not ASCII

    /// For texts we wrote: deeper by what our envelopes put around an embedded document, so that whatever was
    /// accepted from outside can be read back.
    [[nodiscard]] static constexpr JsonLimits own() noexcept { return {65'535, 128, false, false, false}; }

    /// For documents that others wrote, such as broker answers.
    [[nodiscard]] static constexpr JsonLimits outside(std::size_t bytes_max = 4'194'304) noexcept {
        return {bytes_max, 64, true, true, true};
    }
};

}  // namespace ibkr::events
