#include <array>

#include <catch2/catch.hpp>

#include "statemachines/risk/risk.hpp"
#include "tests/simulation/rule_scenarios.hpp"
#include "tests/simulation/scenario_steps.hpp"

namespace ibkr::testing {
namespace {

using events::Decimal;
using events::Money;
using events::Side;

const Codes position_refused{"ORDER_POSITION_NOTIONAL_LIMIT_REFUSED"};
const Codes short_refused{"ORDER_SHORT_SELLING_REFUSED"};

engine::CallResult preview_of_type(EngineRig& rig, events::OrderType type, const std::string& quantity) {
    engine::PreviewRequest request;
    request.account = ScriptedBroker::account();
    request.symbol = "AAPL";
    request.quantity = events::Quantity(*Decimal::parse(quantity));
    request.order_type = type;
    return rig.gateway().order_preview(rig.context("ibkr_order_preview"), request);
}

/// What no limit has to do with: the order itself is not one that may be placed.
void malformed_orders(EngineRig& rig) {
    REQUIRE(codes_of(rig.preview("1.5", "150")) == Codes{"ORDER_FRACTIONAL_REFUSED"});
    REQUIRE(codes_of(rig.preview("0", "150")).front() == "ORDER_QUANTITY_INVALID");
    using events::OrderType;
    REQUIRE(codes_of(preview_of_type(rig, OrderType::market, "1")) == Codes{"ORDER_MARKET_TYPE_REFUSED"});
    REQUIRE(codes_of(preview_of_type(rig, OrderType::limit, "1")) == Codes{"ORDER_LIMIT_PRICE_REQUIRED"});
    REQUIRE(codes_of(preview_of_type(rig, OrderType::stop, "1")) == Codes{"ORDER_STOP_PRICE_REQUIRED"});
    REQUIRE(codes_of(preview_of_type(rig, OrderType::trailing_stop, "1")) ==
            Codes{"ORDER_TRAILING_VALUE_REQUIRED"});
}

/// Three orders: a hundred held, a hundred more on their way in, sixty on their way out.
events::BrokerOrderId fill_the_day(EngineRig& rig) {
    REQUIRE(codes_of(rig.preview("101", "150")) == Codes{"ORDER_QUANTITY_LIMIT_REFUSED"});
    REQUIRE(codes_of(rig.preview("100", "200.01")) == Codes{"ORDER_NOTIONAL_LIMIT_REFUSED"});
    const auto first = placed(rig, "100", "200", "limits-1");
    fill(rig, first, 100, 200);
    look_at_book(rig);
    placed(rig, "100", "200", "limits-2");
    REQUIRE(codes_of(rig.preview("1", "200")) == position_refused);
    const auto third = placed(rig, "60", "210", "limits-3", Side::sell);
    REQUIRE(codes_of(rig.preview("41", "210", Side::sell)) ==
            Codes{"ORDER_SHORT_SELLING_REFUSED", "ORDER_DAILY_LIMIT_REFUSED"});
    return third;
}

void limits_at_the_edge(EngineRig& rig) {
    auto policies = rig.policies;
    auto& risk = policies.risk_policies.front();
    risk.max_position_notional = Money{Decimal::whole(40'000), {}};
    risk.max_orders_per_day = 3;
    risk.allowed_symbols = {"aapl"};
    restart_with(rig, policies);
    malformed_orders(rig);
    const auto on_its_way_out = fill_the_day(rig);
    REQUIRE(codes_of(rig.preview("1", "100")) == Codes{"ORDER_DAILY_LIMIT_REFUSED"});
    // The next day begins at midnight UTC, nine hours on. Its first order counts from its first hour.
    rig.clock.advance_ms(std::int64_t{9} * 3'600'000);
    placed(rig, "1", "100", "limits-4");
    static_cast<void>(previewed(rig, "1", "100"));
    // A sell below the bid is worth the bid.
    static_cast<void>(previewed(rig, "40", "150", Side::sell));
    fill(rig, on_its_way_out, 20, 210);
    look_at_book(rig);
    static_cast<void>(previewed(rig, "1", "100"));

    risk.max_position_notional = Money{Decimal::whole(1'000), {}};
    restart_with(rig, policies);
    static_cast<void>(previewed(rig, "10", "210", Side::sell));
    REQUIRE(codes_of(rig.preview("1", "100")) == position_refused);

    risk.allowed_symbols = {"MSFT"};
    risk.enabled = false;
    restart_with(rig, policies);
    REQUIRE(codes_of(rig.preview("10", "210", Side::sell)) ==
            Codes{"ORDER_PREVIEW_DISABLED", "ORDER_SYMBOL_REFUSED"});
}

statemachines::PreviewOrder five(EngineRig& rig, Side side = Side::buy) {
    statemachines::PreviewOrder command;
    command.account = account(rig);
    command.symbol = "AAPL";
    command.side = side;
    command.quantity = events::Quantity::whole(5);
    command.limit_price = events::Price(Decimal::whole(200));
    return command;
}

template <class Change>
Codes preview_codes(EngineRig& rig, const Change& change, Side side = Side::buy) {
    auto facts = preview_facts(rig);
    change(facts);
    return codes_of(decide(rig, five(rig, side), facts));
}

Codes with_quote_age(EngineRig& rig, std::int64_t age_ms) {
    return preview_codes(rig, [&](auto& facts) {
        facts.market.quote->source_timestamp = events::Timestamp(facts.now.unix_ms() - age_ms);
    });
}

void positions_in_doubt(EngineRig& rig) {
    const auto not_read = [](auto& facts) { facts.market.position.reset(); };
    REQUIRE(preview_codes(rig, not_read) == position_refused);
    REQUIRE(preview_codes(rig, not_read, Side::sell) ==
            Codes{"ORDER_POSITION_NOTIONAL_LIMIT_REFUSED", "ORDER_SHORT_SELLING_REFUSED"});
    REQUIRE(preview_codes(rig, [](auto&) {}).empty());
    // Of the same moment as the recorded base, then newer than it.
    const auto held = [](auto& facts) { facts.market.position->quantity = events::Quantity::whole(9); };
    REQUIRE(preview_codes(rig, held).empty());
    REQUIRE(preview_codes(rig, held, Side::sell) == short_refused);
    rig.clock.advance_ms(1000);
    REQUIRE(preview_codes(rig, held).empty());
    rig.clock.advance_ms(1000);
    // The base says nine and a newer reading none: whatever is worse for the side counts.
    REQUIRE(preview_codes(rig, [](auto&) {}).empty());
}

void facts_in_doubt(EngineRig& rig) {
    positions_in_doubt(rig);
    const Codes stale{"ORDER_QUOTE_STALE_REFUSED"};
    REQUIRE(with_quote_age(rig, 900'000).empty());
    REQUIRE(with_quote_age(rig, 900'001) == stale);
    REQUIRE(with_quote_age(rig, -statemachines::quote_ahead_ms_max).empty());
    REQUIRE(with_quote_age(rig, -statemachines::quote_ahead_ms_max - 1) == stale);
    const auto unavailable = [](auto& f) { f.market.quote->data_status = events::DataStatus::unavailable; };
    REQUIRE(preview_codes(rig, unavailable) == stale);
    const auto other_contract = [](auto& f) { f.market.quote->contract_id = events::ContractId("1"); };
    REQUIRE(preview_codes(rig, other_contract) == stale);
    const auto euros = [](auto& f) { f.market.quote->currency = *events::Currency::parse("EUR"); };
    REQUIRE(preview_codes(rig, euros).front() == "ORDER_NOTIONAL_CURRENCY_MISMATCH");
    const auto option = [](auto& f) { f.contract.asset_class = events::AssetClass::option; };
    REQUIRE(preview_codes(rig, option) == Codes{"ORDER_ASSET_CLASS_REFUSED"});
    const Codes wrong_mode{"ORDER_ACCOUNT_MODE_REFUSED"};
    const auto live = [](auto& f) { f.market.account_mode = events::AccountMode::live; };
    REQUIRE(preview_codes(rig, live) == wrong_mode);

    // The request must begin before the quote is too old: in two seconds instead of five.
    auto write = write_facts(rig);
    const auto approval = approved(rig, "5", "190");
    write.now = rig.runtime().now();
    write.market.quote->source_timestamp = events::Timestamp(write.now.unix_ms() - 898'000);
    const statemachines::SubmitOrder submit{account(rig), approval, events::IdempotencyKey("facts-1")};
    REQUIRE(codes_of(decide(rig, submit, write)).empty());

    // The policy would take a live account; the order is a paper order all the same.
    auto policies = rig.policies;
    policies.risk_policies.front().allowed_account_modes.push_back(events::AccountMode::live);
    restart_with(rig, policies);
    REQUIRE(preview_codes(rig, live) == wrong_mode);
}

constexpr std::array scenarios{
    FixtureScenario{"limits-at-the-edge", limits_at_the_edge},
    FixtureScenario{"facts-in-doubt", facts_in_doubt},
};

}  // namespace

std::span<const FixtureScenario> limit_scenarios() {
    return scenarios;
}

}  // namespace ibkr::testing
