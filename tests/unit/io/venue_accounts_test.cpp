#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "io/broker/sim/accounts.hpp"
#include "tests/unit/io/venue_support.hpp"

namespace ibkr::io::sim {
namespace {

using events::Side;

const Instrument& aapl() {
    return *find_instrument(events::ContractId("265598"));
}

TEST_CASE("Whole numbers are divided with ties to even") {
    CHECK(divide_half_even(5, 2) == 2);
    CHECK(divide_half_even(7, 2) == 4);
    CHECK(divide_half_even(-5, 2) == -2);
    CHECK(divide_half_even(-7, 2) == -4);
    CHECK(scale_half_even(1'000'000'000'000'000, 1'000'000, 1'000'000) == 1'000'000'000'000'000);
    CHECK(units_of(venue_test::decimal("199.55"), 2) == 19955);
    CHECK(units_of(venue_test::decimal("-0.5"), 2) == -50);
    CHECK_FALSE(units_of(venue_test::decimal("0.001"), 2).has_value());
    CHECK_FALSE(units_of(venue_test::decimal("99999999999999999999"), 2).has_value());
}

TEST_CASE("A fill opens, adds, closes and turns a position") {
    CashState cash{10'000'000, 0};
    Holding holding{&aapl(), 10, 180'000};
    book_fill(cash, holding, Side::buy, {5, 19'960, 0});
    CHECK(holding.quantity == 15);
    CHECK(holding.basis == 279'800);
    CHECK(cash.cash == 9'900'200);
    CHECK(cash.realized == 0);
    book_fill(cash, holding, Side::sell, {5, 20'000, 0});
    CHECK(holding.quantity == 10);
    CHECK(holding.basis == 279'800 - 93'267);
    CHECK(cash.realized == 100'000 - 93'267);
    book_fill(cash, holding, Side::sell, {15, 20'000, 0});
    CHECK(holding.quantity == -5);
    CHECK(holding.basis == -100'000);
    book_fill(cash, holding, Side::buy, {5, 19'000, 0});
    CHECK(holding.quantity == 0);
    CHECK(holding.basis == 0);
    CHECK(cash.cash + holding.basis - cash.realized == 10'180'000);
}

TEST_CASE("Cash and positions at cost follow the fills to the cent") {
    venue_test::check_property("conserved", [] {
        CashState cash{10'000'000, 0};
        Holding holding{&aapl(), 10, 180'000};
        Shares expected_quantity = holding.quantity;
        Cents expected_cash = cash.cash;
        const auto count = *rc::gen::inRange(1, 60);
        for (int i = 0; i < count; ++i) {
            const Side side = *rc::gen::element(Side::buy, Side::sell);
            const Fill fill{*rc::gen::inRange<Shares>(1, 1'000), *rc::gen::inRange<Cents>(1, 100'000), 0};
            book_fill(cash, holding, side, fill);
            expected_quantity += side == Side::buy ? fill.quantity : -fill.quantity;
            expected_cash -= (side == Side::buy ? fill.quantity : -fill.quantity) * fill.price;
            RC_ASSERT(holding.quantity == expected_quantity);
            RC_ASSERT(cash.cash == expected_cash);
            RC_ASSERT(cash.cash + holding.basis - cash.realized == 10'180'000);
            RC_ASSERT(holding.quantity != 0 || holding.basis == 0);
            RC_ASSERT(holding.quantity == 0 || (holding.basis < 0) == (holding.quantity < 0) ||
                      holding.basis == 0);
        }
    });
}

TEST_CASE("An account is valued at last prices, with half of what is held and ordered as margin") {
    const Market market(1, venue_test::start.unix_ms());
    const CashState cash{10'000'000, 0};
    const std::vector<Holding> holdings{{&aapl(), 10, 180'000}};
    BookOrder order;
    order.instrument = &aapl();
    order.side = Side::sell;
    order.quantity = 15;
    order.limit_price = 20'001;
    CHECK(opening_value(order, holdings, market, venue_test::start.unix_ms()) == Cents{5} * 20'001);
    const auto value = value_account(cash, holdings, std::vector{order}, market, venue_test::start.unix_ms());
    CHECK(value.net_liquidation == 10'199'550);
    CHECK(value.gross_position_value == 199'550);
    CHECK(value.unrealized == 19'550);
    CHECK(value.available_funds == 10'199'550 - 149'778);  // half of 299,555 cents, the tie to even
    CHECK(value.buying_power == 2 * value.available_funds);
}

}  // namespace
}  // namespace ibkr::io::sim
