#include <algorithm>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "statemachines/risk/risk.hpp"
#include "tests/unit/statemachines/decide_world.hpp"

using namespace ibkr::tests;

namespace {

// The limits once more, on plain integers of hundredths, without a line shared with the policy.

struct Plain {
    std::int64_t quantity, limit, stop, bid, ask, position, buys, sells;
    std::int64_t max_quantity, max_notional, max_position;
    std::int64_t quote_age_ms, quote_age_s_max;
    std::uint32_t orders, orders_max;
    bool sell, stop_order, allow_short, symbol_listed;
};

Plain some_plain() {
    Plain p{};
    p.quantity = *rc::gen::inRange<std::int64_t>(-100, 3000);
    p.limit = *rc::gen::inRange<std::int64_t>(-100, 3000);
    p.stop = *rc::gen::inRange<std::int64_t>(-100, 3000);
    p.bid = *rc::gen::inRange<std::int64_t>(1, 3000);
    p.ask = p.bid + *rc::gen::inRange<std::int64_t>(0, 50);
    p.position = *rc::gen::inRange<std::int64_t>(-2000, 6000);
    p.buys = *rc::gen::inRange<std::int64_t>(0, 2000);
    p.sells = *rc::gen::inRange<std::int64_t>(0, 800);
    p.max_quantity = *rc::gen::inRange<std::int64_t>(1000, 6000);
    p.max_notional = *rc::gen::inRange<std::int64_t>(500'000, 15'000'000);
    p.max_position = *rc::gen::inRange<std::int64_t>(1'000'000, 40'000'000);
    p.quote_age_ms = *rc::gen::inRange<std::int64_t>(-5500, 3000);
    p.quote_age_s_max = *rc::gen::inRange<std::int64_t>(1, 5);
    p.orders = *rc::gen::inRange<std::uint32_t>(0, 4);
    p.orders_max = *rc::gen::inRange<std::uint32_t>(2, 9);
    p.sell = *rc::gen::arbitrary<bool>();
    p.stop_order = *rc::gen::arbitrary<bool>();
    p.allow_short = *rc::gen::arbitrary<bool>();
    p.symbol_listed = *rc::gen::inRange(0, 8) != 0;
    return p;
}

ev::Decimal hundredths(std::int64_t units) {
    return ev::Decimal::of(units, 2);
}

ev::OrderRiskChecked verdict_of(const Plain& p) {
    World world;
    sm::RiskPolicy policy;
    policy.allow_fractional = true;
    policy.max_quantity = ev::Quantity(hundredths(p.max_quantity));
    policy.max_notional = ev::Money{ev::Decimal::of(p.max_notional, 4), {}};
    policy.max_position_notional = ev::Money{ev::Decimal::of(p.max_position, 4), {}};
    policy.max_quote_age_seconds = static_cast<std::uint32_t>(p.quote_age_s_max);
    policy.allow_short_selling = p.allow_short;
    policy.allowed_symbols = {p.symbol_listed ? "aapl" : "msft"};
    policy.max_orders_per_day = p.orders_max;
    auto terms = limit_terms();
    terms.side = p.sell ? ev::Side::sell : ev::Side::buy;
    terms.quantity = ev::Quantity(hundredths(p.quantity));
    terms.limit_price = ev::Price(hundredths(p.limit));
    if (p.stop_order) {
        terms.order_type = ev::OrderType::stop;
        terms.limit_price.reset();
        terms.stop_price = ev::Price(hundredths(p.stop));
    }
    world.market.quote->bid = ev::Price(hundredths(p.bid));
    world.market.quote->ask = ev::Price(hundredths(p.ask));
    world.market.quote->source_timestamp = at(-p.quote_age_ms);
    world.exposure.position = ev::Quantity(hundredths(p.position));
    world.exposure.open_buys = ev::Quantity(hundredths(p.buys));
    world.exposure.open_sells = ev::Quantity(hundredths(p.sells));
    world.today.orders = p.orders;
    return sm::evaluate(policy, terms, world.market, world.exposure, world.today, world.now);
}

/// Highest price at which the order may fill, in hundredths.
std::int64_t fill_price(const Plain& p) {
    if (p.stop_order) return p.sell ? p.stop : std::max(p.stop, p.ask);
    return p.sell ? std::max(p.limit, p.bid) : p.limit;
}

bool keeps_position_limit(const Plain& p, std::int64_t before, std::int64_t after) {
    const std::int64_t value = (after < 0 ? -after : after) * fill_price(p);
    const bool reduces =
        (before > 0 && after >= 0 && after < before) || (before < 0 && after <= 0 && after > before);
    return reduces || value <= p.max_position;
}

bool all_limits_hold(const Plain& p) {
    const std::int64_t own = p.stop_order ? p.stop : p.limit;
    const std::int64_t before = p.sell ? p.position - p.sells : p.position + p.buys;
    const std::int64_t after = p.sell ? before - p.quantity : before + p.quantity;
    return p.quantity > 0 && own > 0 && p.quantity <= p.max_quantity &&
           p.quantity * fill_price(p) <= p.max_notional && p.quote_age_ms >= -5000 &&
           p.quote_age_ms <= p.quote_age_s_max * 1000 && keeps_position_limit(p, before, after) &&
           (!p.sell || p.allow_short || after >= 0) && p.symbol_listed && p.orders < p.orders_max;
}

}  // namespace

TEST_CASE("an order is approved exactly when each limit holds by itself", "[risk][property]") {
    const bool held = rc::check("approved == every limit holds", [] {
        const Plain p = some_plain();
        const auto verdict = verdict_of(p);
        RC_CLASSIFY(verdict.approved);
        RC_ASSERT(verdict.approved == verdict.reasons.empty());
        RC_ASSERT(verdict.approved == all_limits_hold(p));
    });
    CHECK(held);
}
