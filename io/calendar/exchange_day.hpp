#pragma once

#include "events/result.hpp"
#include "events/values/timestamp.hpp"

namespace ibkr::io {

/// The time zone whose days the daily limits count in: that of the exchanges the venue lists.
inline constexpr std::string_view exchange_time_zone = "America/New_York";

/// The midnight that began the exchange's day at `now`, daylight saving time included (design 5.8).
/// CONFIG_INVALID when the machine has no time zone database (Debian package tzdata).
[[nodiscard]] events::Result<events::Timestamp> exchange_day_start(events::Timestamp now);

}  // namespace ibkr::io
