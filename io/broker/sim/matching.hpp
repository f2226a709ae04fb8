#pragma once

#include <vector>

#include "io/broker/sim/book.hpp"
#include "io/broker/sim/market.hpp"

namespace ibkr::io::sim {

/// Matching, as pure functions of an order and the market. Rules:
/// 1. An order fills at the touch: a buy at the ask, a sell at the bid, never beyond its limit. Orders do not
///    compete for the displayed size, each can take it once per slice of 10 s. 2. A stop goes off when the
///    last price reaches it and is a market order from then on (a stop limit: a limit order). 3. A trailing
///    stop keeps its distance from the best last price since arrival; a percentage is rounded to the cent,
///    half to even. 4. Orders are looked at when they arrive or change, at each new slot of the market and at
///    the moment they may fill again, so when the book is touched does not matter. 5. After 7 days in which
///    nobody touched the book nothing fills until the next touch. 6. A day order expires at its `expires`.
inline constexpr Millis slice_interval = 10'000;
inline constexpr Millis slow_delay = 5'000;
inline constexpr Millis idle_matching_max = Millis{7} * 86'400'000;
/// The venue's day ends at 21:00 UTC on every day of the week.
inline constexpr Millis day_end_after_midnight = Millis{21} * 3'600'000;

/// The first end of the venue's day after `moment`.
[[nodiscard]] Millis next_day_end(Millis moment) noexcept;

/// Looks at an open order at one moment; changes its trigger, fill totals and status.
[[nodiscard]] std::vector<Fill> match_at(BookOrder& order, const Market& market, Millis moment);
/// Carries an open order through the moments after `from` up to and including `to`.
[[nodiscard]] std::vector<Fill> match_through(BookOrder& order, const Market& market, Millis from, Millis to);

}  // namespace ibkr::io::sim
