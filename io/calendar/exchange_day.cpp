#include "io/calendar/exchange_day.hpp"

#include <exception>

#include <date/tz.h>

namespace ibkr::io {

events::Result<events::Timestamp> exchange_day_start(events::Timestamp now) {
    using std::chrono::milliseconds;
    try {
        const date::time_zone* zone = date::locate_zone(std::string(exchange_time_zone));
        const date::sys_time<milliseconds> instant{milliseconds(now.unix_ms())};
        const auto local_day = date::floor<date::days>(zone->to_local(instant));
        // A day that begins inside a change of the clock begins at its earlier reading.
        const auto start = zone->to_sys(local_day, date::choose::earliest);
        return events::Timestamp(std::chrono::duration_cast<milliseconds>(start.time_since_epoch()).count());
    } catch (const std::exception&) {
        return events::failure(events::ErrorCode::config_invalid,
                               "this machine has no usable time zone database",
                               "Install the package tzdata.");
    }
}

}  // namespace ibkr::io
