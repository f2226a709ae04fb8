#include "io/ipc/boottime.hpp"

#include <ctime>

namespace ibkr::io {

std::int64_t boottime_ms_now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000 + now.tv_nsec / 1'000'000;
}

}  // namespace ibkr::io
