#include <map>
#include <set>

#include <rapidcheck.h>

#include "tests/unit/io/venue_support.hpp"

namespace ibkr::io {
namespace {

using namespace venue_test;
using engine::BrokerOrderStatus;
using events::Outcome;
using events::Side;

constexpr const char* aapl = "265598";
constexpr const char* intc = "270639";

TEST_CASE("A new venue has its two accounts, one position and a usable session") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    CHECK(venue->backend_name() == "simulated_venue");
    CHECK(venue->book_read_proves_absence());
    CHECK(venue->session().value().status == "usable");
    CHECK(venue->session().value().backend == "simulated_venue");
    const auto accounts = venue->accounts().value();
    REQUIRE(accounts.size() == 2);
    CHECK(accounts[0].account_id == paper);
    CHECK(accounts[0].mode == events::AccountMode::paper);
    CHECK(accounts[1].account_id == live);
    CHECK(accounts[1].mode == events::AccountMode::live);
    const auto positions = venue->positions(paper).value();
    REQUIRE(positions.size() == 1);
    CHECK(positions[0].quantity == events::Quantity::whole(10));
    CHECK(positions[0].average_cost == price("180"));
    CHECK(positions[0].market_price == price("199.55"));
    CHECK(positions[0].market_value == decimal("1995.50"));
    CHECK(positions[0].unrealized_pnl == decimal("195.50"));
    const auto portfolio = venue->portfolio(paper).value();
    CHECK(portfolio.cash_balances.front().amount == decimal("100000"));
    CHECK(portfolio.net_liquidation == decimal("101995.50"));
    CHECK(portfolio.unrealized_pnl == decimal("195.50"));
    CHECK(venue->positions(live).value().empty());
    CHECK(venue->portfolio(live).value().net_liquidation == decimal("100000"));
    CHECK(venue->orders(paper).value().empty());
    for (const auto& unknown : {events::AccountId(""), events::AccountId("DU7654321")})
        CHECK(venue->portfolio(unknown).error().code == events::ErrorCode::input_unauthorized_account);
}

TEST_CASE("A marketable limit order fills at once at the touch, and cash and position follow") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    const auto answer = venue->submit(limit_order("p-1", aapl, Side::buy, 5, "205"));
    CHECK(answer.outcome == Outcome::confirmed);
    CHECK(answer.broker_order_id.text() == "1001");
    CHECK(answer.status == BrokerOrderStatus::filled);
    CHECK_FALSE(answer.raw_answer.empty());
    const auto order = order_of(*venue, "p-1");
    CHECK(order.average_fill_price == price("199.60"));
    CHECK(order.filled_quantity == events::Quantity::whole(5));
    CHECK(order.terms.contract.symbol == "AAPL");
    CHECK(order.terms.limit_price == price("205"));
    const auto fills = venue->executions(paper).value();
    REQUIRE(fills.size() == 1);
    CHECK(fills[0].execution_id.text() == "1001.1");
    CHECK(fills[0].price == price("199.60"));
    CHECK(fills[0].executed_at == start);
    CHECK(venue->positions(paper).value()[0].quantity == events::Quantity::whole(15));
    CHECK(venue->portfolio(paper).value().cash_balances.front().amount == decimal("99002"));
    CHECK(venue->executions(live).value().empty());
}

TEST_CASE("Order ids rise from 1001 and a client order id is taken once for ever") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    const auto first = limit_order("p-1", aapl, Side::buy, 5, "150");
    CHECK(venue->submit(first).broker_order_id.text() == "1001");
    const auto again = venue->submit(first);
    CHECK(again.outcome == Outcome::refused);
    CHECK(again.message == "duplicate client order id");
    CHECK(again.broker_order_id.empty());
    CHECK(venue->submit(limit_order("p-2", aapl, Side::buy, 5, "150")).broker_order_id.text() == "1002");
    CHECK(venue->cancel(cancel_of(events::BrokerOrderId("1001"), "p-1")).outcome == Outcome::confirmed);
    CHECK(venue->submit(first).message == "duplicate client order id");
    CHECK(venue->orders(paper).value().size() == 2);

    auto on_live = first;
    on_live.account_id = live;
    on_live.environment = events::Environment::live;
    CHECK(venue->submit(on_live).outcome == Outcome::confirmed);
}

TEST_CASE("Requests the venue does not take are refused and book nothing") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    auto request = limit_order("p-1", aapl, Side::buy, 5, "205");
    SECTION("paper request on the live account") {
        request.account_id = live;
    }
    SECTION("live request on the paper account") {
        request.environment = events::Environment::live;
    }
    SECTION("unknown account") {
        request.account_id = events::AccountId("DU0000000");
    }
    SECTION("no client order id") {
        request.client_order_id = {};
    }
    SECTION("too long a client order id") {
        request.client_order_id = events::ClientOrderId(std::string(51, 'x'));
    }
    SECTION("unlisted contract") {
        request.terms.contract.contract_id = events::ContractId("1");
    }
    SECTION("option") {
        request.terms.contract.contract_id = events::ContractId("700001");
    }
    SECTION("no quantity") {
        request.terms.quantity = {};
    }
    SECTION("negative quantity") {
        request.terms.quantity = events::Quantity::whole(-5);
    }
    SECTION("fraction") {
        request.terms.quantity = events::Quantity(decimal("0.5"));
    }
    SECTION("too many") {
        request.terms.quantity = events::Quantity::whole(1'000'001);
    }
    SECTION("off the tick") {
        request.terms.limit_price = price("199.555");
    }
    SECTION("negative price") {
        request.terms.limit_price = price("-1");
    }
    SECTION("huge price") {
        request.terms.limit_price = price("1000000.01");
    }
    SECTION("limit missing") {
        request.terms.limit_price.reset();
    }
    SECTION("price that the type does not take") {
        request.terms.stop_price = price("199");
    }
    SECTION("trailing stop with both values") {
        request.terms.order_type = events::OrderType::trailing_stop;
        request.terms.limit_price.reset();
        request.terms.trailing_amount = decimal("1");
        request.terms.trailing_percent = decimal("1");
    }
    SECTION("trailing percentage of 100") {
        request.terms.order_type = events::OrderType::trailing_stop;
        request.terms.limit_price.reset();
        request.terms.trailing_percent = decimal("100");
    }
    const auto answer = venue->submit(request);
    CHECK(answer.outcome == Outcome::refused);
    CHECK_FALSE(answer.message.empty());
    CHECK(answer.broker_order_id.empty());
    CHECK_FALSE(answer.status.has_value());
    CHECK(venue->orders(paper).value().empty());
    CHECK(venue->orders(live).value().empty());
}

TEST_CASE("Rejected orders are booked as rejected, with the reason") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    auto request = limit_order("p-1", "900013", Side::buy, 5, "20");
    std::string reason = "the venue takes no orders in this contract";
    SECTION("symbol REJ") {}
    SECTION("buying power") {
        request = limit_order("p-1", aapl, Side::buy, 1'100, "199.60");
        reason = "insufficient buying power";
    }
    SECTION("short sale beyond buying power") {
        request = limit_order("p-1", aapl, Side::sell, 1'100, "190");
        reason = "insufficient buying power";
    }
    const auto answer = venue->submit(request);
    CHECK(answer.outcome == Outcome::refused);
    CHECK(answer.message == reason);
    CHECK(answer.broker_order_id.text() == "1001");
    CHECK(answer.status == BrokerOrderStatus::rejected);
    const auto order = order_of(*venue, "p-1");
    CHECK(order.status == BrokerOrderStatus::rejected);
    CHECK(order.reason == reason);
    CHECK(venue->executions(paper).value().empty());
    CHECK(venue->submit(request).message == "duplicate client order id");
}

TEST_CASE("Open orders count against buying power") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    const auto before = venue->portfolio(paper).value().available_funds;
    CHECK(venue->submit(limit_order("p-1", intc, Side::buy, 1'000, "20")).outcome == Outcome::confirmed);
    CHECK(venue->portfolio(paper).value().available_funds == before.minus(decimal("10000")).value());
    CHECK(venue->submit(limit_order("p-2", intc, Side::buy, 9'200, "20")).message ==
          "insufficient buying power");
    CHECK(venue->cancel(cancel_of(events::BrokerOrderId("1001"), "p-1")).outcome == Outcome::confirmed);
    CHECK(venue->portfolio(paper).value().available_funds == before);
    CHECK(venue->submit(limit_order("p-3", intc, Side::buy, 9'200, "20")).outcome == Outcome::confirmed);
}

TEST_CASE("An order beyond the displayed size fills partly now and the rest later") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    const auto answer = venue->submit(limit_order("p-1", intc, Side::buy, 1'200, "40"));
    CHECK(answer.outcome == Outcome::confirmed);
    CHECK(answer.status == BrokerOrderStatus::partially_filled);
    CHECK(order_of(*venue, "p-1").filled_quantity == events::Quantity::whole(500));
    clock.advance_ms(10'000);
    CHECK(order_of(*venue, "p-1").filled_quantity == events::Quantity::whole(1'000));
    clock.advance_ms(10'000);
    CHECK(order_of(*venue, "p-1").status == BrokerOrderStatus::filled);
    const auto fills = venue->executions(paper).value();
    REQUIRE(fills.size() == 3);
    CHECK(fills[2].execution_id.text() == "1001.3");
    CHECK(fills[2].quantity == events::Quantity::whole(200));
    CHECK(fills[2].executed_at == start.plus_seconds(20));
}

TEST_CASE("The executions of one order are those of the whole list that name it") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    CHECK(venue->submit(limit_order("p-1", intc, Side::buy, 1'200, "40")).outcome == Outcome::confirmed);
    CHECK(venue->submit(limit_order("p-2", aapl, Side::buy, 5, "205")).outcome == Outcome::confirmed);
    clock.advance_ms(20'000);
    const auto all = venue->executions(paper).value();
    REQUIRE(all.size() == 4);
    for (const char* const id : {"1001", "1002", "1003", "x", ""}) {
        const events::BrokerOrderId order{std::string(id)};
        auto own = all;
        std::erase_if(own, [&](const auto& fill) { return fill.broker_order_id != order; });
        CHECK(venue->executions_of_order(paper, order).value() == own);
        CHECK(venue->Broker::executions_of_order(paper, order).value() == own);
        CHECK(venue->executions_of_order(live, order).value().empty());
    }
    clock.advance_ms(io::SimulatedVenue::executions_kept + 1);
    CHECK(venue->executions_of_order(paper, events::BrokerOrderId("1001")).value().empty());
}

TEST_CASE("Rehearsal symbols: later, never, half") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    CHECK(venue->submit(limit_order("slow", "900011", Side::buy, 5, "30")).status ==
          BrokerOrderStatus::working);
    CHECK(venue->submit(limit_order("halt", "900012", Side::buy, 5, "30")).status ==
          BrokerOrderStatus::working);
    CHECK(venue->submit(limit_order("part", "900014", Side::buy, 5, "30")).status ==
          BrokerOrderStatus::partially_filled);
    clock.advance_ms(4'999);
    CHECK(order_of(*venue, "slow").status == BrokerOrderStatus::working);
    clock.advance_ms(1);
    CHECK(order_of(*venue, "slow").status == BrokerOrderStatus::filled);
    clock.advance_ms(3'600'000);
    CHECK(order_of(*venue, "halt").status == BrokerOrderStatus::working);
    CHECK(order_of(*venue, "part").filled_quantity == events::Quantity::whole(2));
    clock.advance_ms(21'600'000);
    CHECK(order_of(*venue, "halt").status == BrokerOrderStatus::expired);
    CHECK(order_of(*venue, "halt").updated_at == start.plus_seconds(21'600));
}

TEST_CASE("Cancel: a working order once, never a terminal, unknown or foreign one") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    const auto working = venue->submit(limit_order("p-1", aapl, Side::buy, 5, "150")).broker_order_id;
    const auto filled = venue->submit(limit_order("p-2", aapl, Side::buy, 5, "205")).broker_order_id;
    auto elsewhere = cancel_of(working, "p-1");
    elsewhere.environment = events::Environment::live;
    CHECK(venue->cancel(elsewhere).outcome == Outcome::refused);
    elsewhere.account_id = live;
    CHECK(venue->cancel(elsewhere).message == "unknown order id");
    const auto done = venue->cancel(cancel_of(working, "p-1"));
    CHECK(done.outcome == Outcome::confirmed);
    CHECK(done.status == BrokerOrderStatus::cancelled);
    CHECK(done.broker_order_id == working);
    CHECK(venue->cancel(cancel_of(working, "p-1")).message == "the order is already cancelled");
    CHECK(venue->cancel(cancel_of(filled, "p-2")).message == "the order is already filled");
    const auto open = venue->submit(limit_order("p-3", aapl, Side::buy, 5, "150")).broker_order_id;
    CHECK(venue->cancel(cancel_of(open, "p-1")).message ==
          "the order with this id has another client order id");
    CHECK(venue->modify(modify_of(open, "p-1")).message ==
          "the order with this id has another client order id");
    CHECK(order_of(*venue, "p-3").status == BrokerOrderStatus::working);
    for (const char* id : {"", "999", "x", "1001x", "99999999999999999999"})
        CHECK(venue->cancel(cancel_of(events::BrokerOrderId(id), "p-1")).message == "unknown order id");
}

TEST_CASE("Cancel keeps what is filled") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    const auto id = venue->submit(limit_order("p-1", intc, Side::buy, 600, "40")).broker_order_id;
    CHECK(venue->cancel(cancel_of(id, "p-1")).status == BrokerOrderStatus::cancelled);
    clock.advance_ms(60'000);
    CHECK(order_of(*venue, "p-1").filled_quantity == events::Quantity::whole(500));
    CHECK(venue->executions(paper).value().size() == 1);
}

TEST_CASE("Modify changes a working order and looks at the market at once") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    const auto id = venue->submit(limit_order("p-1", aapl, Side::buy, 5, "150")).broker_order_id;
    auto request = modify_of(id);
    CHECK(venue->modify(request).message == "nothing to change");
    request.quantity = events::Quantity::whole(7);
    request.time_in_force = events::TimeInForce::good_till_cancelled;
    CHECK(venue->modify(request).status == BrokerOrderStatus::working);
    CHECK(order_of(*venue, "p-1").terms.quantity == events::Quantity::whole(7));
    clock.advance_ms(86'400'000);
    CHECK(order_of(*venue, "p-1").status == BrokerOrderStatus::working);
    auto stop = modify_of(id);
    stop.stop_price = price("150");
    CHECK(venue->modify(stop).message == "this order type takes no stop price");
    auto dear = modify_of(id);
    dear.quantity = events::Quantity::whole(100'000);
    CHECK(venue->modify(dear).message == "insufficient buying power");
    auto crossing = modify_of(id);
    crossing.limit_price = price("300");
    CHECK(venue->modify(crossing).status == BrokerOrderStatus::filled);
    CHECK(venue->modify(crossing).message == "the order is already filled");
    CHECK(venue->executions(paper).value().size() == 1);
}

TEST_CASE("Modify never goes below what is filled; down to it, the order is complete") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    const auto id = venue->submit(limit_order("p-1", intc, Side::buy, 600, "40")).broker_order_id;
    auto request = modify_of(id);
    request.quantity = events::Quantity::whole(499);
    CHECK(venue->modify(request).outcome == Outcome::refused);
    CHECK(order_of(*venue, "p-1").terms.quantity == events::Quantity::whole(600));
    request.quantity = events::Quantity::whole(500);
    CHECK(venue->modify(request).status == BrokerOrderStatus::filled);
}

TEST_CASE("A trailing stop's amount can become a percentage") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    auto request = limit_order("p-1", aapl, Side::sell, 5, "1");
    request.terms.order_type = events::OrderType::trailing_stop;
    request.terms.limit_price.reset();
    request.terms.trailing_amount = decimal("20");
    const auto id = venue->submit(request).broker_order_id;
    auto change = modify_of(id);
    change.trailing_percent = decimal("9.5");
    CHECK(venue->modify(change).status == BrokerOrderStatus::working);
    const auto order = order_of(*venue, "p-1");
    CHECK_FALSE(order.terms.trailing_amount.has_value());
    CHECK(order.terms.trailing_percent == decimal("9.5"));
}

TEST_CASE("The venue's orders are those of its day; older ones are found by client order id") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    CHECK(venue->submit(limit_order("p-1", aapl, Side::buy, 5, "205")).outcome == Outcome::confirmed);
    auto lasting = limit_order("p-2", aapl, Side::buy, 5, "100");
    lasting.terms.time_in_force = events::TimeInForce::good_till_cancelled;
    CHECK(venue->submit(lasting).outcome == Outcome::confirmed);
    CHECK(venue->orders(paper).value().size() == 2);
    clock.advance_ms(86'400'000);
    const auto orders = venue->orders(paper).value();
    REQUIRE(orders.size() == 1);
    CHECK(orders.front().client_order_id.text() == "p-2");
    CHECK(order_of(*venue, "p-1").status == BrokerOrderStatus::filled);
    CHECK(venue->executions(paper).value().size() == 1);
    CHECK_FALSE(venue->find_by_client_order_id(paper, events::ClientOrderId("p-9")).value().has_value());
}

TEST_CASE("Venue time never goes back, whatever the clock does") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    clock.advance_ms(3'600'000);
    const auto later = venue->quote(events::ContractId(aapl)).value();
    clock.advance_ms(-1'800'000);
    const auto back = venue->quote(events::ContractId(aapl)).value();
    CHECK(back.source_timestamp == later.source_timestamp);
    CHECK(back.last == later.last);
}

/// One random request or wait of a script.
struct Act {
    int kind;
    int contract;
    int quantity;
    int cents_off;
    int wait_ms;
};

constexpr const char* contracts[] = {"265598", "270639", "900011", "900012", "900013", "900014", "756733"};

std::vector<Act> random_script() {
    return *rc::gen::container<std::vector<Act>>(rc::gen::map(
        rc::gen::tuple(rc::gen::inRange(0, 8), rc::gen::inRange(0, 7), rc::gen::inRange(1, 900),
                       rc::gen::inRange(-60, 60), rc::gen::inRange(0, 200'000)),
        [](const std::tuple<int, int, int, int, int>& t) {
            return Act{std::get<0>(t), std::get<1>(t), std::get<2>(t), std::get<3>(t), std::get<4>(t)};
        }));
}

engine::SubmitRequest request_of(const Act& act, std::size_t index, const events::Price& last) {
    const Side side = act.kind % 2 == 0 ? Side::buy : Side::sell;
    auto request =
        limit_order("p-" + std::to_string(index), contracts[act.contract], side, act.quantity, "1");
    const auto near = events::Price(last.value().plus(events::Decimal::of(act.cents_off, 2)).value());
    request.terms.limit_price.reset();
    request.terms.order_type = static_cast<events::OrderType>(act.kind % 5);
    if (act.wait_ms % 2 == 0) request.terms.time_in_force = events::TimeInForce::good_till_cancelled;
    using enum events::OrderType;
    const auto type = request.terms.order_type;
    if (type == limit || type == stop_limit) request.terms.limit_price = near;
    if (type == stop || type == stop_limit) request.terms.stop_price = near;
    if (type == trailing_stop) request.terms.trailing_amount = decimal("0.30");
    return request;
}

/// Runs a script and gives every answer and the book after a day; `touch` reads the book at every pause.
std::string run(const std::vector<Act>& script, std::uint64_t seed, bool touch) {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock, ":memory:", seed);
    std::string text;
    std::map<events::BrokerOrderId, std::string> client_ids;
    const auto wait = [&](std::int64_t ms) {
        for (int part = 0; part < 4; ++part) {
            clock.advance_ms(ms / 4);
            if (touch) (void)venue->orders(paper).value();
        }
    };
    for (std::size_t i = 0; i < script.size(); ++i) {
        const Act& act = script[i];
        wait(act.wait_ms - act.wait_ms % 4);
        engine::BrokerAnswer answer;
        const events::BrokerOrderId id(std::to_string(1'001 + act.contract));
        if (act.kind == 6) {
            answer = venue->cancel(cancel_of(id, client_ids[id]));
        } else if (act.kind == 7) {
            auto change = modify_of(id, client_ids[id]);
            change.quantity = events::Quantity::whole(act.quantity);
            answer = venue->modify(change);
        } else {
            const auto last = venue->quote(events::ContractId(contracts[act.contract])).value().last;
            const auto request = request_of(act, i, *last);
            answer = venue->submit(request);
            client_ids[answer.broker_order_id] = request.client_order_id.text();
        }
        RC_ASSERT(answer.outcome == Outcome::confirmed || answer.outcome == Outcome::refused);
        text += answer.raw_answer + "\n";
    }
    wait(14'400'000);
    return text + book_text(*venue);
}

TEST_CASE("The same seed and script give the same answers and book, however often the book is read") {
    venue_test::check_property("deterministic", [](std::uint64_t seed) {
        const auto script = random_script();
        const auto first = run(script, seed, false);
        RC_ASSERT(first == run(script, seed, false));
        RC_ASSERT(first == run(script, seed, true));
    });
}

TEST_CASE("Cash and positions are the opening ones plus the executions") {
    venue_test::check_property("conserved", [](std::uint64_t seed) {
        const auto script = random_script();
        engine::VirtualClock clock(start);
        const auto venue = open_venue(clock, ":memory:", seed);
        for (std::size_t i = 0; i < script.size(); ++i) {
            clock.advance_ms(script[i].wait_ms);
            const auto last = venue->quote(events::ContractId(contracts[script[i].contract])).value().last;
            (void)venue->submit(request_of(script[i], i, *last));
        }
        clock.advance_ms(600'000);
        events::Decimal cash = decimal("100000");
        std::map<std::string, events::Decimal> held{{aapl, decimal("10")}};
        std::map<std::string, events::Decimal> filled;
        std::set<std::string> ids;
        for (const auto& fill : value_of(venue->executions(paper))) {
            RC_ASSERT(ids.insert(fill.execution_id.text()).second);
            const auto signed_quantity =
                fill.side == Side::buy ? fill.quantity.value() : fill.quantity.value().negated();
            auto& position = held[fill.contract_id.text()];
            position = position.plus(signed_quantity).value();
            auto& total = filled[fill.broker_order_id.text()];
            total = total.plus(fill.quantity.value()).value();
            cash = cash.minus(signed_quantity.times(fill.price.value()).value()).value();
        }
        const auto portfolio = venue->portfolio(paper).value();
        RC_ASSERT(portfolio.cash_balances.front().amount == cash);
        events::Decimal basis;
        for (const auto& position : value_of(venue->positions(paper))) {
            RC_ASSERT(held[position.contract.contract_id.text()] == position.quantity.value());
            held.erase(position.contract.contract_id.text());
            basis = basis.plus(position.market_value.minus(position.unrealized_pnl).value()).value();
        }
        for (const auto& [contract, quantity] : held)
            RC_ASSERT(quantity.is_zero());
        RC_ASSERT(cash.plus(basis).value().minus(portfolio.realized_pnl).value() == decimal("101800"));
        for (const auto& order : value_of(venue->orders(paper)))
            RC_ASSERT(order.filled_quantity.value() == filled[order.broker_order_id.text()]);
    });
}

}  // namespace
}  // namespace ibkr::io
