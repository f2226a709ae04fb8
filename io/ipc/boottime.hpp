#pragma once

#include <cstdint>

namespace ibkr::io {

/// CLOCK_BOOTTIME in milliseconds: the same in every process of one machine, never set back, and it goes on
/// while the machine sleeps. The clock of deadlines that travel between processes.
[[nodiscard]] std::int64_t boottime_ms_now() noexcept;

}  // namespace ibkr::io
