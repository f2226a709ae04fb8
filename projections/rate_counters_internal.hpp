#pragma once

#include <cstdint>

#include "events/values/timestamp.hpp"

namespace ibkr::projections {

inline constexpr std::int64_t hour_ms = 3'600'000;

/// Hours since 1970-01-01T00:00Z.
[[nodiscard]] constexpr std::int64_t hour_of(events::Timestamp time) noexcept {
    const std::int64_t ms = time.unix_ms();
    return ms >= 0 ? ms / hour_ms : -((-ms + hour_ms - 1) / hour_ms);
}

}  // namespace ibkr::projections
