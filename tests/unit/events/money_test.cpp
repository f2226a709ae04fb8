#include "events/values/money.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/unit/events/generators.hpp"

using namespace ibkr::events;

TEST_CASE("a currency is three capital letters") {
    REQUIRE(Currency{}.code() == "USD");
    REQUIRE(Currency::parse("EUR")->code() == "EUR");
    for (const char* text : {"", "EU", "EURO", "eur", "E R", "EU1", "\xc3\x89U"}) {
        CAPTURE(text);
        const auto parsed = Currency::parse(text);
        REQUIRE_FALSE(parsed.has_value());
        REQUIRE(parsed.error().code == ErrorCode::order_validation_failed);
    }
    Currency kept = *Currency::parse("CHF");
    REQUIRE_FALSE(from_text("chf", kept));
    REQUIRE(to_text(kept) == "CHF");
}

TEST_CASE("notional is price times the size of the quantity") {
    const Price price(Decimal::of(19955, 2));
    REQUIRE(notional(price, Quantity::whole(10)).value() == Decimal::of(19955, 1));
    REQUIRE(notional(price, Quantity::whole(-10)).value() == Decimal::of(19955, 1));
    const Price largest(Decimal::parse(std::string(36, '9')).value());
    REQUIRE(notional(largest, Quantity::whole(100)).error() == DecimalError::overflow);
}

TEST_CASE("amounts of different currencies are different") {
    REQUIRE(Money{Decimal::whole(1), Currency{}} == Money{Decimal::whole(1), Currency{}});
    REQUIRE_FALSE(Money{Decimal::whole(1), Currency{}} == Money{Decimal::whole(1), *Currency::parse("EUR")});
}

TEST_CASE("quantities and prices keep every digit") {
    REQUIRE(rc::check("text and back", [] {
        const Quantity quantity(*ibkr::test::decimal());
        const Price price(*ibkr::test::decimal());
        Quantity quantity_back;
        Price price_back;
        RC_ASSERT(from_text(to_text(quantity), quantity_back));
        RC_ASSERT(from_text(to_text(price), price_back));
        RC_ASSERT(quantity_back == quantity);
        RC_ASSERT(price_back == price);
    }));
    REQUIRE(rc::check("a fill taken off comes back", [] {
        const Quantity a(*ibkr::test::decimal());
        const Quantity b(*ibkr::test::decimal());
        const auto sum = a.plus(b);
        if (sum) RC_ASSERT(sum->minus(b).value() == a);
    }));
    Price kept(Decimal::whole(7));
    REQUIRE_FALSE(from_text("7.", kept));
    REQUIRE(kept == Price(Decimal::whole(7)));
}
