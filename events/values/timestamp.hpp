#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "events/result.hpp"

namespace ibkr::events {

/// A point in time, UTC, in whole milliseconds since 1970-01-01T00:00:00Z. Only times from then to the end of
/// the year 9999 have a text: `to_string` asserts it.
class Timestamp {
public:
    constexpr Timestamp() noexcept = default;
    constexpr explicit Timestamp(std::int64_t unix_ms) noexcept : unix_ms_(unix_ms) {}
    [[nodiscard]] constexpr std::int64_t unix_ms() const noexcept { return unix_ms_; }
    [[nodiscard]] constexpr Timestamp plus_ms(std::int64_t ms) const noexcept {
        return Timestamp(unix_ms_ + ms);
    }
    [[nodiscard]] constexpr Timestamp plus_seconds(std::int64_t s) const noexcept {
        return plus_ms(s * 1000);
    }
    /// RFC 3339 with a numeric offset or Z, years 1970-9999; fractions beyond milliseconds are refused.
    [[nodiscard]] static Result<Timestamp> parse(std::string_view text);
    /// "2026-01-05T15:00:00.000Z": always UTC, always three decimals.
    [[nodiscard]] std::string to_string() const;
    /// "2026-01-05", the UTC day.
    [[nodiscard]] std::string day() const { return to_string().substr(0, 10); }
    friend constexpr auto operator<=>(const Timestamp&, const Timestamp&) noexcept = default;

private:
    std::int64_t unix_ms_ = 0;
};

[[nodiscard]] std::string to_text(const Timestamp& value);
[[nodiscard]] bool from_text(std::string_view text, Timestamp& value);

}  // namespace ibkr::events
