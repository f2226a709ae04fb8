#include <catch2/catch.hpp>

#include "statemachines/risk/risk.hpp"
#include "tests/unit/statemachines/decide_world.hpp"

using namespace ibkr::tests;
namespace reason = ibkr::events::reason;

namespace {

/// One evaluation, with everything in order unless the test changes it.
struct Case {
    World world;
    sm::RiskPolicy policy;
    ev::OrderTerms terms = limit_terms();

    [[nodiscard]] ev::OrderRiskChecked checked() const {
        return sm::evaluate(policy, terms, world.market, world.exposure, world.today, world.now);
    }
    [[nodiscard]] std::vector<std::string> codes() const { return reason_codes(checked().reasons); }
};

using Codes = std::vector<std::string>;

Codes only(std::string_view code) {
    return {std::string(code)};
}

}  // namespace

TEST_CASE("an order within the default policy passes and shows its numbers", "[risk]") {
    const Case c;
    const auto verdict = c.checked();
    CHECK(verdict.approved);
    CHECK(verdict.reasons.empty());
    CHECK(verdict.warnings.empty());
    CHECK(verdict.policy_name == "default");
    CHECK(verdict.reference_price == price("190"));
    CHECK(verdict.order_notional == money("1900"));
    CHECK(verdict.exposure_before == quantity("0"));
    CHECK(verdict.resulting_position == quantity("10"));
}

TEST_CASE("a disabled policy, a wrong account mode and a wrong asset class refuse", "[risk]") {
    Case c;
    SECTION("disabled") {
        c.policy.enabled = false;
        CHECK(c.codes() == only(reason::order_preview_disabled));
    }
    SECTION("live account") {
        c.world.market.account_mode = ev::AccountMode::live;
        CHECK(c.codes() == only(reason::order_account_mode_refused));
    }
    SECTION("unknown mode") {
        c.world.market.account_mode = ev::AccountMode::unknown;
        CHECK(c.codes() == only(reason::order_account_mode_refused));
    }
    SECTION("option") {
        c.terms.contract.asset_class = ev::AssetClass::option;
        CHECK(c.codes() == only(reason::order_asset_class_refused));
    }
}

TEST_CASE("quantity: above zero, whole, at most the limit", "[risk]") {
    Case c;
    SECTION("zero") {
        c.terms.quantity = quantity("0");
        CHECK(c.codes() == only(reason::order_quantity_invalid));
    }
    SECTION("negative") {
        c.terms.quantity = quantity("-5");
        CHECK(c.codes() == only(reason::order_quantity_invalid));
    }
    SECTION("fraction") {
        c.terms.quantity = quantity("1.5");
        CHECK(c.codes() == only(reason::order_fractional_refused));
        c.policy.allow_fractional = true;
        CHECK(c.checked().approved);
    }
    SECTION("equal to the limit") {
        c.policy.max_quantity = quantity("10");
        CHECK(c.checked().approved);
    }
    SECTION("a hundredth above the limit") {
        c.policy.max_quantity = quantity("10");
        c.policy.allow_fractional = true;
        c.terms.quantity = quantity("10.01");
        CHECK(c.codes() == only(reason::order_quantity_limit_refused));
    }
}

TEST_CASE("each order type needs its prices and takes no others", "[risk]") {
    Case c;
    const Codes invalid = only("ORDER_VALIDATION_FAILED");
    SECTION("limit without price") {
        c.terms.limit_price.reset();
        CHECK(c.codes() == only(reason::order_limit_price_required));
    }
    SECTION("limit at zero and below") {
        c.terms.limit_price = price("0");
        CHECK(c.codes() == invalid);
        c.terms.limit_price = price("-190");
        CHECK(c.codes() == invalid);
    }
    SECTION("limit with a stop price") {
        c.terms.stop_price = price("180");
        CHECK(c.codes() == invalid);
    }
    SECTION("stop without price") {
        c.terms.order_type = ev::OrderType::stop;
        c.terms.limit_price.reset();
        CHECK(c.codes() == only(reason::order_stop_price_required));
        c.terms.stop_price = price("210");
        CHECK(c.checked().approved);
    }
    SECTION("stop_limit needs both") {
        c.terms.order_type = ev::OrderType::stop_limit;
        c.terms.limit_price.reset();
        CHECK(c.codes() == Codes{std::string(reason::order_limit_price_required),
                                 std::string(reason::order_stop_price_required)});
    }
    SECTION("trailing_stop needs exactly one value") {
        c.terms.order_type = ev::OrderType::trailing_stop;
        c.terms.limit_price.reset();
        CHECK(c.codes() == only(reason::order_trailing_value_required));
        c.terms.trailing_amount = decimal("2");
        CHECK(c.checked().approved);
        c.terms.trailing_percent = decimal("1");
        CHECK(c.codes() == only(reason::order_trailing_value_required));
        c.terms.trailing_amount.reset();
        c.terms.trailing_percent = decimal("100");
        CHECK(c.codes() == invalid);
    }
    SECTION("a trailing value on a limit order") {
        c.terms.trailing_percent = decimal("1");
        CHECK(c.codes() == invalid);
    }
    SECTION("market") {
        c.terms.order_type = ev::OrderType::market;
        c.terms.limit_price.reset();
        CHECK(c.codes() == only(reason::order_market_type_refused));
        c.policy.allow_market_orders = true;
        CHECK(c.checked().order_notional == money("1996"));
    }
}

TEST_CASE("notional: equal to the limit passes, a cent more does not", "[risk]") {
    Case c;
    c.policy.max_notional = money("1900");
    CHECK(c.checked().approved);
    c.policy.max_notional = money("1899.99");
    CHECK(c.codes() == only(reason::order_notional_limit_refused));
    CHECK(
        c.checked().reasons[0].message ==
        "the order's value of 1900.00 USD is above the limit of 1899.99 USD per order: lower the quantity or "
        "the price");
}

TEST_CASE("notional: the currency of the limit is compared, never its number alone", "[risk]") {
    Case c;
    c.policy.max_notional = money("1000000", "JPY");
    const auto verdict = c.checked();
    CHECK(reason_codes(verdict.reasons) == only(reason::order_notional_limit_refused));
    CHECK(verdict.reasons[0].message.find("USD") != std::string::npos);
    CHECK(verdict.reasons[0].message.find("JPY") != std::string::npos);
    CHECK(reason_codes(verdict.warnings) == only(reason::order_notional_currency_mismatch));
}

TEST_CASE("notional: the price is the one the order would fill at", "[risk]") {
    Case c;
    SECTION("a sell limit far below the bid counts at the bid") {
        c.world.exposure.position = quantity("100");
        c.terms.side = ev::Side::sell;
        c.terms.limit_price = price("0.01");
        CHECK(c.checked().order_notional == money("1995"));
        c.terms.limit_price = price("210");
        CHECK(c.checked().order_notional == money("2100"));
    }
    SECTION("a buy stop below the ask counts at the ask") {
        c.terms.order_type = ev::OrderType::stop;
        c.terms.limit_price.reset();
        c.terms.stop_price = price("0.01");
        CHECK(c.checked().order_notional == money("1996"));
    }
    SECTION("a trailing sell counts at the bid, and at the last price without one") {
        c.world.exposure.position = quantity("100");
        c.terms.side = ev::Side::sell;
        c.terms.order_type = ev::OrderType::trailing_stop;
        c.terms.limit_price.reset();
        c.terms.trailing_amount = decimal("2");
        CHECK(c.checked().reference_price == price("199.50"));
        c.world.market.quote->bid.reset();
        CHECK(c.checked().reference_price == price("199.55"));
        c.world.market.quote->last = price("-1");
        CHECK(c.codes() == only(reason::order_notional_limit_refused));
    }
    SECTION("a quote in another currency values nothing") {
        c.world.market.quote->currency = currency("EUR");
        CHECK(c.codes() == Codes{std::string(reason::order_notional_currency_mismatch),
                                 std::string(reason::order_quote_stale_refused)});
    }
}

TEST_CASE("numbers that do not fit are refused, never wrapped", "[risk]") {
    Case c;
    const std::string huge(35, '9');
    SECTION("notional") {
        c.terms.quantity = quantity(huge);
        c.terms.limit_price = price(huge);
        CHECK(has_reason(c.checked().reasons, reason::order_notional_limit_refused));
    }
    SECTION("position") {
        c.policy.max_position_notional = money("1000");
        c.world.exposure.position = quantity("9" + huge);
        CHECK(has_reason(c.checked().reasons, reason::order_position_notional_limit_refused));
    }
    SECTION("short") {
        c.terms.side = ev::Side::sell;
        c.world.exposure.position = quantity("-9" + huge);
        CHECK(has_reason(c.checked().reasons, reason::order_short_selling_refused));
    }
}

TEST_CASE("quote age counts from the source timestamp, to the millisecond", "[risk]") {
    Case c;
    c.policy.max_quote_age_seconds = 30;
    const auto aged = [&c](std::int64_t ms) {
        c.world.market.quote->source_timestamp = at(-ms);
        c.world.market.quote->received_at = at(0);
        return c.codes();
    };
    CHECK(aged(30'000).empty());
    CHECK(aged(30'001) == only(reason::order_quote_stale_refused));
    CHECK(aged(-5000).empty());
    CHECK(aged(-5001) == only(reason::order_quote_stale_refused));
    c.world.market.quote.reset();
    CHECK(c.codes() == only(reason::order_quote_stale_refused));
    c.policy.max_quote_age_seconds.reset();
    CHECK(c.codes().empty());
}

TEST_CASE("the resulting position counts open orders of the same side", "[risk]") {
    Case c;
    c.policy.max_position_notional = money("5700");
    c.world.exposure.position = quantity("15");
    c.world.exposure.open_buys = quantity("5");
    c.world.exposure.open_sells = quantity("15");
    CHECK(c.checked().approved);
    CHECK(c.checked().exposure_before == quantity("20"));
    CHECK(c.checked().resulting_position == quantity("30"));
    c.world.exposure.open_buys = quantity("6");
    CHECK(c.codes() == only(reason::order_position_notional_limit_refused));
    c.policy.max_position_notional = money("1000000", "EUR");
    CHECK(c.codes() == only(reason::order_position_notional_limit_refused));
}

TEST_CASE("an order that only brings the position nearer to zero passes the position limit", "[risk]") {
    Case c;
    c.policy.max_position_notional = money("1000");
    c.world.exposure.position = quantity("100");
    c.terms.side = ev::Side::sell;
    CHECK(c.checked().approved);
    c.policy.allow_short_selling = true;
    c.terms.quantity = quantity("106");
    CHECK(c.codes() == only(reason::order_position_notional_limit_refused));
}

TEST_CASE("short selling is off: sells are covered by the position less open sells", "[risk]") {
    Case c;
    c.terms.side = ev::Side::sell;
    c.world.exposure.position = quantity("15");
    c.world.exposure.open_sells = quantity("5");
    CHECK(c.checked().approved);
    c.world.exposure.open_sells = quantity("6");
    CHECK(c.codes() == only(reason::order_short_selling_refused));
    c.policy.allow_short_selling = true;
    CHECK(c.checked().approved);
}

TEST_CASE("a position that nobody knows refuses what depends on it", "[risk]") {
    Case c;
    c.world.exposure.as_of.reset();
    CHECK(c.checked().approved);
    c.policy.max_position_notional = money("100000");
    CHECK(c.codes() == only(reason::order_position_notional_limit_refused));
    c.terms.side = ev::Side::sell;
    CHECK(c.codes() == Codes{std::string(reason::order_position_notional_limit_refused),
                             std::string(reason::order_short_selling_refused)});
    c.world.market.position = ev::PositionFact{apple().contract_id, quantity("10"), at(-1)};
    CHECK(c.checked().approved);
}

TEST_CASE("between our position and a newer reading the worse one counts", "[risk]") {
    Case c;
    c.world.exposure.position = quantity("20");
    c.world.market.position = ev::PositionFact{apple().contract_id, quantity("5"), at(-1)};
    CHECK(c.checked().resulting_position == quantity("30"));
    c.terms.side = ev::Side::sell;
    CHECK(c.codes() == only(reason::order_short_selling_refused));
    c.world.market.position->as_of = at(-120'000);
    CHECK(c.checked().approved);
}

TEST_CASE("symbols are compared without case, the day's orders up to the limit", "[risk]") {
    Case c;
    c.policy.allowed_symbols = {"msft", "aapl"};
    CHECK(c.checked().approved);
    c.policy.allowed_symbols = {"AAPLX", "AAP"};
    CHECK(c.codes() == only(reason::order_symbol_refused));
    c.policy.allowed_symbols.clear();
    c.policy.max_orders_per_day = 3;
    c.world.today.orders = 2;
    CHECK(c.checked().approved);
    c.world.today.orders = 3;
    CHECK(c.codes() == only(reason::order_daily_limit_refused));
}

TEST_CASE("every reason comes at once, in the order of the checks", "[risk]") {
    Case c;
    c.policy.enabled = false;
    c.policy.max_quantity = quantity("1");
    c.policy.max_notional = money("1");
    c.policy.max_position_notional = money("1");
    c.policy.allowed_symbols = {"MSFT"};
    c.policy.max_orders_per_day = 0;
    c.world.market.account_mode = ev::AccountMode::live;
    c.world.market.quote->source_timestamp = at(-10'000'000);
    c.terms.contract.asset_class = ev::AssetClass::bond;
    c.terms.side = ev::Side::sell;
    c.terms.quantity = quantity("2.5");
    CHECK(c.codes() ==
          Codes{"ORDER_PREVIEW_DISABLED", "ORDER_ACCOUNT_MODE_REFUSED", "ORDER_ASSET_CLASS_REFUSED",
                "ORDER_FRACTIONAL_REFUSED", "ORDER_QUANTITY_LIMIT_REFUSED", "ORDER_NOTIONAL_LIMIT_REFUSED",
                "ORDER_QUOTE_STALE_REFUSED", "ORDER_POSITION_NOTIONAL_LIMIT_REFUSED",
                "ORDER_SHORT_SELLING_REFUSED", "ORDER_SYMBOL_REFUSED", "ORDER_DAILY_LIMIT_REFUSED"});
    for (const auto& reason : c.checked().reasons)
        CHECK_FALSE(reason.message.empty());
}
