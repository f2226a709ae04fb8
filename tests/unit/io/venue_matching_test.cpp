#include <catch2/catch.hpp>

#include "io/broker/sim/matching.hpp"
#include "tests/unit/io/venue_support.hpp"

namespace ibkr::io::sim {
namespace {

using engine::BrokerOrderStatus;
using events::OrderType;
using events::Side;

constexpr Millis opened = venue_test::start.unix_ms();
const Market& market() {
    static const Market made(1, opened);
    return made;
}
const Instrument& listed(const char* id) {
    return *find_instrument(events::ContractId(id));
}

BookOrder order_for(Side side, OrderType type, Shares quantity, const char* contract = "265598") {
    BookOrder order;
    order.instrument = &listed(contract);
    order.side = side;
    order.order_type = type;
    order.quantity = quantity;
    order.time_in_force = events::TimeInForce::good_till_cancelled;
    order.created = opened;
    return order;
}

/// The first moment within `hours` of the book's making at which `holds(touch)`, or 0.
template <class Condition>
Millis first_moment(const Instrument& instrument, int hours, Condition holds) {
    for (Millis t = opened; t < opened + Millis{hours} * 3'600'000; t = Market::next_slot(t))
        if (holds(market().at(instrument, t))) return t;
    return 0;
}

TEST_CASE("A market order fills at the touch when it arrives") {
    auto buy = order_for(Side::buy, OrderType::market, 10);
    CHECK(match_at(buy, market(), opened) == std::vector{Fill{10, 19960, opened}});
    CHECK(buy.status == BrokerOrderStatus::filled);
    auto sell = order_for(Side::sell, OrderType::market, 10);
    CHECK(match_at(sell, market(), opened) == std::vector{Fill{10, 19950, opened}});
}

TEST_CASE("A limit order fills when the touch reaches it, never beyond its limit") {
    auto at_touch = order_for(Side::buy, OrderType::limit, 10);
    at_touch.limit_price = 19960;
    CHECK(match_at(at_touch, market(), opened).size() == 1);
    auto below = order_for(Side::buy, OrderType::limit, 10);
    below.limit_price = 19959;
    CHECK(match_at(below, market(), opened).empty());

    auto resting = order_for(Side::sell, OrderType::limit, 10);
    resting.limit_price = 20010;
    const Millis crossing =
        first_moment(*resting.instrument, 72, [](const Touch& touch) { return touch.bid >= 20010; });
    REQUIRE(crossing != 0);
    CHECK(match_at(resting, market(), opened).empty());
    CHECK(match_through(resting, market(), opened, crossing - 1).empty());
    CHECK(resting.status == BrokerOrderStatus::working);
    const auto fills = match_through(resting, market(), crossing - 1, crossing + 60'000);
    REQUIRE(fills.size() == 1);
    CHECK(fills.front().at == crossing);
    CHECK(fills.front().price >= 20010);
    CHECK(resting.status == BrokerOrderStatus::filled);
}

TEST_CASE("A stop goes off at the last price and then fills at the touch; a stop limit keeps its limit") {
    const auto& instrument = listed("265598");
    const Millis fall = first_moment(instrument, 72, [](const Touch& touch) { return touch.last <= 19920; });
    REQUIRE(fall != 0);
    auto stop = order_for(Side::sell, OrderType::stop, 10);
    stop.stop_price = 19920;
    CHECK(match_at(stop, market(), opened).empty());
    CHECK_FALSE(stop.triggered);
    const auto fills = match_through(stop, market(), opened, fall);
    CHECK(fills == std::vector{Fill{10, market().at(instrument, fall).bid, fall}});

    auto limited = order_for(Side::sell, OrderType::stop_limit, 10);
    limited.stop_price = 19920;
    limited.limit_price = 30000;
    CHECK(match_through(limited, market(), opened, fall + 3'600'000).empty());
    CHECK(limited.triggered);
    CHECK(limited.is_open());

    auto reached = order_for(Side::buy, OrderType::stop, 10);
    reached.stop_price = 19955;
    CHECK(match_at(reached, market(), opened).size() == 1);
}

TEST_CASE("A trailing stop follows the best price and goes off at its distance from it") {
    const bool by_percent = GENERATE(false, true);
    auto order = order_for(Side::sell, OrderType::trailing_stop, 10);
    if (by_percent)
        order.trailing_percent = venue_test::decimal("0.5");
    else
        order.trailing_amount = 100;
    CHECK(match_at(order, market(), opened).empty());
    const auto fills = match_through(order, market(), opened, opened + Millis{72} * 3'600'000);
    REQUIRE(fills.size() == 1);

    Cents best = 0;
    Millis expected = 0;
    for (Millis t = opened; expected == 0; t = Market::next_slot(t)) {
        const Cents last = market().at(*order.instrument, t).last;
        best = std::max(best, last);
        const Cents distance = by_percent ? scale_half_even(best, 5, 1000) : 100;
        if (last <= best - distance) expected = t;
    }
    CHECK(fills.front().at == expected);
    CHECK(order.trail_extreme == best);
}

TEST_CASE("A buying trailing stop follows the price down") {
    auto order = order_for(Side::buy, OrderType::trailing_stop, 10);
    order.trailing_amount = 100;
    const auto fills = match_through(order, market(), opened, opened + Millis{72} * 3'600'000);
    REQUIRE(fills.size() == 1);
    CHECK(market().at(*order.instrument, fills.front().at).last >= *order.trail_extreme + 100);
}

TEST_CASE("More than the displayed size fills in slices of ten seconds") {
    auto order = order_for(Side::buy, OrderType::limit, 1'200, "270639");
    order.limit_price = 4'000;
    CHECK(match_at(order, market(), opened) == std::vector{Fill{500, 3061, opened}});
    CHECK(order.status == BrokerOrderStatus::partially_filled);
    CHECK(match_through(order, market(), opened, opened + 9'999).empty());
    const auto later = match_through(order, market(), opened + 9'999, opened + 60'000);
    CHECK(later == std::vector{Fill{500, 3061, opened + 10'000}, Fill{200, 3061, opened + 20'000}});
    CHECK(order.status == BrokerOrderStatus::filled);
    CHECK(order.fills == 3);
    CHECK(order.filled_value == Cents{1'200} * 3'061);
}

TEST_CASE("Rehearsal symbols fill later, never, or by half") {
    const Millis arrival = opened + 1'500;
    auto slow = order_for(Side::buy, OrderType::market, 10, "900011");
    slow.not_before = arrival + slow_delay;
    CHECK(match_at(slow, market(), arrival).empty());
    CHECK(match_through(slow, market(), arrival, arrival + 60'000) ==
          std::vector{Fill{10, 2002, arrival + 5'000}});
    auto halted = order_for(Side::buy, OrderType::market, 10, "900012");
    CHECK(match_at(halted, market(), arrival).empty());
    CHECK(match_through(halted, market(), arrival, arrival + Millis{6} * 86'400'000).empty());
    CHECK(halted.status == BrokerOrderStatus::working);
    auto half = order_for(Side::buy, OrderType::market, 11, "900014");
    CHECK(match_at(half, market(), arrival) == std::vector{Fill{5, 2002, arrival}});
    CHECK(match_through(half, market(), arrival, arrival + Millis{6} * 86'400'000).empty());
    CHECK(half.status == BrokerOrderStatus::partially_filled);
}

TEST_CASE("A day order expires at 21:00 UTC, an order good till cancelled stays") {
    CHECK(next_day_end(opened) == opened + Millis{6} * 3'600'000);
    CHECK(next_day_end(opened + Millis{6} * 3'600'000) == opened + Millis{30} * 3'600'000);
    auto day = order_for(Side::buy, OrderType::limit, 10);
    day.limit_price = 1'000;
    day.expires = next_day_end(opened);
    auto lasting = day;
    lasting.expires.reset();
    CHECK(match_through(day, market(), opened, *day.expires - 1).empty());
    CHECK(day.is_open());
    const Millis later = *day.expires + 86'400'000;
    CHECK(match_through(day, market(), *day.expires - 1, later).empty());
    CHECK(day.status == BrokerOrderStatus::expired);
    CHECK(day.updated == *day.expires);
    CHECK(match_through(lasting, market(), opened, later).empty());
    CHECK(lasting.is_open());
}

TEST_CASE("A day order does not fill after its day, however late the book is touched") {
    auto order = order_for(Side::buy, OrderType::market, 10, "900011");
    order.expires = opened + 4'000;
    order.not_before = opened + 5'000;
    CHECK(match_through(order, market(), opened, opened + 60'000).empty());
    CHECK(order.status == BrokerOrderStatus::expired);
}

TEST_CASE("After seven days without a touch nothing fills until the next one") {
    auto order = order_for(Side::buy, OrderType::limit, 10, "900011");
    order.limit_price = 9'000;
    order.not_before = opened + idle_matching_max + 1'000;
    const Millis year = opened + Millis{365} * 86'400'000;
    CHECK(match_through(order, market(), opened, year).empty());
    CHECK(match_through(order, market(), year, year + 5'000).size() == 1);
}

}  // namespace
}  // namespace ibkr::io::sim
