#include "events/values/timestamp.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace ibkr::events;

namespace {

constexpr std::int64_t last_ms = 253'402'300'799'999;

}  // namespace

TEST_CASE("a time prints as UTC with milliseconds") {
    REQUIRE(Timestamp(0).to_string() == "1970-01-01T00:00:00.000Z");
    REQUIRE(Timestamp(1'767'625'200'000).to_string() == "2026-01-05T15:00:00.000Z");
    REQUIRE(Timestamp(951'782'400'007).to_string() == "2000-02-29T00:00:00.007Z");
    REQUIRE(Timestamp(last_ms).to_string() == "9999-12-31T23:59:59.999Z");
    REQUIRE(Timestamp(1'767'625'200'000).day() == "2026-01-05");
    REQUIRE(Timestamp(1'000).plus_seconds(2).plus_ms(5) == Timestamp(3'005));
}

TEST_CASE("RFC 3339 forms of one moment are the same moment") {
    const Timestamp moment(1'767'625'200'000);
    for (const char* text :
         {"2026-01-05T15:00:00Z", "2026-01-05t15:00:00z", "2026-01-05 15:00:00Z", "2026-01-05T15:00:00.0Z",
          "2026-01-05T15:00:00.00Z", "2026-01-05T15:00:00.000+00:00", "2026-01-05T15:00:00-00:00",
          "2026-01-05T16:30:00+01:30", "2026-01-04T16:00:00-23:00", "2026-01-06T14:59:00+23:59"}) {
        CAPTURE(text);
        REQUIRE(Timestamp::parse(text).value() == moment);
    }
    REQUIRE(Timestamp::parse("2026-01-05T15:00:00.25Z").value() == moment.plus_ms(250));
    REQUIRE(rc::check("print and parse", [] {
        const Timestamp time(*rc::gen::inRange<std::int64_t>(0, last_ms + 1));
        RC_ASSERT(Timestamp::parse(time.to_string()).value() == time);
        Timestamp back;
        RC_ASSERT(from_text(to_text(time), back));
        RC_ASSERT(back == time);
    }));
    REQUIRE(rc::check("texts sort as times do", [] {
        const Timestamp a(*rc::gen::inRange<std::int64_t>(0, last_ms + 1));
        const Timestamp b(*rc::gen::inRange<std::int64_t>(0, last_ms + 1));
        RC_ASSERT((a < b) == (a.to_string() < b.to_string()));
    }));
}

TEST_CASE("what is not such a time is refused") {
    for (const char* text : {"",
                             "2026-01-05",
                             "2026-01-05T15:00:00",
                             "2026-01-05T15:00Z",
                             "2026-1-05T15:00:00Z",
                             "2026-13-05T15:00:00Z",
                             "2026-00-05T15:00:00Z",
                             "2026-02-29T15:00:00Z",
                             "2026-04-31T15:00:00Z",
                             "2026-01-05T24:00:00Z",
                             "2026-01-05T15:60:00Z",
                             "2026-01-05T15:00:60Z",
                             "2026-01-05T15:00:00.Z",
                             "2026-01-05T15:00:00.0001Z",
                             "2026-01-05T15:00:00,5Z",
                             "2026-01-05T15:00:00+1:00",
                             "2026-01-05T15:00:00+0100",
                             "2026-01-05T15:00:00+24:00",
                             "2026-01-05T15:00:00+01:60",
                             "2026-01-05T15:00:00Z ",
                             " 2026-01-05T15:00:00Z",
                             "-026-01-05T15:00:00Z",
                             "+2026-01-05T15:00:00Z",
                             "20260105T150000Z",
                             "1969-12-31T23:59:59Z",
                             "1970-01-01T00:00:00+00:01",
                             "9999-12-31T23:59:59-00:01",
                             "2026-01-05T-1:00:00Z",
                             "2026-01-05T15:00:00ZZ",
                             "2026-01-05T15:00:00.-1Z"}) {
        CAPTURE(text);
        const auto parsed = Timestamp::parse(text);
        REQUIRE_FALSE(parsed.has_value());
        REQUIRE(parsed.error().code == ErrorCode::input_invalid_time_range);
    }
    REQUIRE(rc::check("no text crashes the parser", [](const std::string& text) {
        static_cast<void>(Timestamp::parse(text).has_value());
        static_cast<void>(Timestamp::parse("2026-01-05T15:00:00" + text).has_value());
    }));
}
