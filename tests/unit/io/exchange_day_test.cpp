#include "io/calendar/exchange_day.hpp"

#include <catch2/catch.hpp>

using ibkr::events::Timestamp;

namespace {

std::string day_start(const char* now) {
    const auto start = ibkr::io::exchange_day_start(*Timestamp::parse(now));
    return start ? start->to_string() : start.error().message;
}

}  // namespace

TEST_CASE("the exchange's day begins at midnight in New York, whatever the season") {
    CHECK(day_start("2026-01-05T15:00:00Z") == "2026-01-05T05:00:00.000Z");
    CHECK(day_start("2026-07-06T15:00:00Z") == "2026-07-06T04:00:00.000Z");
    CHECK(day_start("2026-01-06T04:59:59.999Z") == "2026-01-05T05:00:00.000Z");
    CHECK(day_start("2026-01-06T05:00:00Z") == "2026-01-06T05:00:00.000Z");
    // The day on which the clocks go forward has 23 hours, the day on which they go back 25.
    CHECK(day_start("2026-03-09T03:59:59Z") == "2026-03-08T05:00:00.000Z");
    CHECK(day_start("2026-03-09T04:00:00Z") == "2026-03-09T04:00:00.000Z");
    CHECK(day_start("2026-11-02T04:59:59Z") == "2026-11-01T04:00:00.000Z");
}
