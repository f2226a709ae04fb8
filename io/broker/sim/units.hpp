#pragma once

#include <cstdint>
#include <optional>

#include "events/values/money.hpp"

namespace ibkr::io::sim {

/// The venue counts in whole cents of US dollars and whole shares: every price lies on the tick of 0.01, so
/// its sums are exact. Amounts in the book stay below 10^17 cents (limits in `order_entry.hpp`).
using Cents = std::int64_t;
using Shares = std::int64_t;
using Millis = std::int64_t;  ///< milliseconds since 1970-01-01T00:00:00Z, or a length of time

inline constexpr Cents price_cents_max = 100'000'000;  ///< 1,000,000.00 USD
inline constexpr Shares order_shares_max = 1'000'000;

[[nodiscard]] inline events::Decimal decimal_of(Cents cents) noexcept {
    return events::Decimal::of(cents, 2);
}
[[nodiscard]] inline events::Price price_of(Cents cents) noexcept {
    return events::Price(decimal_of(cents));
}

/// nullopt when `value` is not a whole number of 10^-scale, or beyond 10^15 of them.
[[nodiscard]] std::optional<std::int64_t> units_of(const events::Decimal& value, int scale);

[[nodiscard]] inline std::optional<Cents> cents_of(const events::Decimal& value) {
    return units_of(value, 2);
}

/// numerator / denominator as a whole number, ties to even; denominator > 0.
[[nodiscard]] std::int64_t divide_half_even(std::int64_t numerator, std::int64_t denominator) noexcept;
/// a x b / denominator without overflow in between, ties to even; denominator > 0, the result fits.
[[nodiscard]] std::int64_t scale_half_even(std::int64_t a, std::int64_t b, std::int64_t denominator) noexcept;

}  // namespace ibkr::io::sim
