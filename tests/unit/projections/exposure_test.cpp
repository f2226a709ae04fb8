#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "projections/workflow_tables.hpp"
#include "tests/unit/projections/facts.hpp"

using namespace ibkr::events;
using namespace ibkr::projections;
using namespace ibkr::unit;

namespace {

const ContractId aapl("265598");

Exposure exposure(const ProjectionStore& store, const AccountHash& account = account_a) {
    return store.exposure(account, aapl).value();
}

Quantity quantity(std::string_view text) {
    return Quantity(decimal(text));
}

}  // namespace

TEST_CASE("a position is its recorded base plus what was executed after it") {
    auto store = memory_store();
    Feed feed;
    CHECK(exposure(store) == Exposure{});
    fold(store, {feed.execution("x", "e1", Side::buy, "10", start_ms),
                 feed.execution("x", "e2", Side::sell, "4", start_ms + 10)});
    CHECK(exposure(store).position == quantity("6"));
    CHECK(exposure(store).as_of == std::nullopt);
    fold(store, {feed.position("100", start_ms)});
    CHECK(exposure(store).position == quantity("96"));
    CHECK(exposure(store).as_of == Timestamp(start_ms));
    fold(store, {feed.position("90", start_ms + 10)});
    CHECK(exposure(store).position == quantity("90"));
    // Late news: an execution from before the base is in it already, an older base says nothing new.
    fold(store, {feed.execution("x", "e3", Side::buy, "7", start_ms + 9), feed.position("1", start_ms + 9)});
    CHECK(exposure(store).position == quantity("90"));
    // One of the base's own millisecond that is recorded after it counts (decision 6).
    fold(store, {feed.execution("x", "e3a", Side::sell, "2", start_ms + 10)});
    CHECK(exposure(store).position == quantity("88"));
    fold(store, {feed.position("90", start_ms + 10)});
    CHECK(exposure(store).position == quantity("90"));
    fold(store, {feed.execution("x", "e4", Side::buy, "0.5", start_ms + 11)});
    CHECK(exposure(store).position == quantity("90.5"));
    CHECK(exposure(store, account_b) == Exposure{});
}

TEST_CASE("an execution counts once per account and id, as first recorded") {
    auto store = memory_store();
    Feed feed;
    fold(store, {feed.execution("x", "e1", Side::buy, "10", start_ms),
                 feed.execution("x", "e1", Side::sell, "99", start_ms + 1),
                 feed.execution("x", "e1", Side::buy, "3", start_ms, account_b)});
    CHECK(exposure(store).position == quantity("10"));
    CHECK(exposure(store, account_b).position == quantity("3"));
    const std::vector<ExecutionId> asked{ExecutionId("e0"), ExecutionId("e1"), ExecutionId("e2")};
    CHECK(store.known_executions(account_a, asked).value() == std::set{ExecutionId("e1")});
    CHECK(store.known_executions(account_a, {}).value().empty());
}

TEST_CASE("executions are listed by account since a moment, newest first") {
    auto store = memory_store();
    Feed feed;
    const auto e1 = feed.execution("o1", "e1", Side::buy, "1", start_ms);
    const auto e2 = feed.execution("o2", "e2", Side::sell, "2", start_ms + 1);
    const auto e3 = feed.execution("o3", "e3", Side::sell, "3", start_ms + 2, account_b);
    fold(store, {e1, e2, e3});
    const auto of_a = store.executions(account_a, Timestamp(start_ms), 10).value();
    REQUIRE(of_a.size() == 2);
    CHECK(of_a[0] == RecordedExecution{e2.sequence_id, account_a, WorkflowId("o2"),
                                       std::get<OrderExecutionRecorded>(e2.body).execution});
    CHECK(of_a[1].execution.execution_id == ExecutionId("e1"));
    CHECK(store.executions(account_a, Timestamp(start_ms + 1), 10).value().size() == 1);
    CHECK(store.executions({}, Timestamp(0), 10).value().size() == 3);
    CHECK(store.executions({}, Timestamp(0), 2).value().size() == 2);
}

TEST_CASE("open orders count with what they leave unfilled, on their side") {
    auto store = memory_store();
    auto& db = store.database();
    auto buy = order_record("o1", "partially_filled", terms_of("265598", Side::buy, 10));
    buy.filled_quantity = quantity("3.5");
    auto sell = order_record("o2", "unknown", terms_of("265598", Side::sell, 4));
    auto overfilled = order_record("o3", "working", terms_of("265598", Side::sell, 4));
    overfilled.filled_quantity = quantity("5");
    auto other_contract = order_record("o4", "working", terms_of("1", Side::buy, 100));
    auto closed = order_record("o5", "cancelled", terms_of("265598", Side::buy, 100));
    for (const auto& open : {buy, sell, overfilled, other_contract})
        REQUIRE(put_order(db, open, true));
    REQUIRE(put_order(db, closed, false));
    CHECK(exposure(store) == Exposure{quantity("0"), quantity("6.5"), quantity("4"), std::nullopt});
    REQUIRE(put_order(db, buy, false));
    CHECK(exposure(store).open_buys == quantity("0"));
}

TEST_CASE("under a modify an order counts with the larger quantity until the answer is known") {
    auto store = memory_store();
    auto& db = store.database();
    auto order = order_record("o1", "modify_pending", terms_of("265598", Side::buy, 10));
    order.pending = PendingIntent{"m1", Operation::modify, {}, false, {}, {}};
    order.pending->changes.quantity = quantity("25");
    REQUIRE(put_order(db, order, true));
    CHECK(exposure(store).open_buys == quantity("25"));
    order.pending->changes.quantity = quantity("2");
    order.state = "working";
    REQUIRE(put_order(db, order, true));
    CHECK(exposure(store).open_buys == quantity("10"));

    // Its answer was lost: either quantity may be in the book.
    order.pending->changes.quantity = quantity("25");
    REQUIRE(put_order(db, order, true));
    order.pending.reset();
    order.modify_unknown = true;
    REQUIRE(put_order(db, order, true));
    REQUIRE(put_order(db, order, true));
    CHECK(exposure(store).open_buys == quantity("25"));
    order.modify_unknown = false;
    REQUIRE(put_order(db, order, true));
    CHECK(exposure(store).open_buys == quantity("10"));
}

// The definition of design 5.6 over the whole list, without running sums; ties by decision 6.
TEST_CASE("random executions and recorded positions add up") {
    CHECK(rc::check("a position equals base plus executions after it", [] {
        auto store = memory_store();
        Feed feed;
        struct Fill {
            Decimal quantity;
            std::int64_t at;
            int step;
        };
        std::map<std::string, Fill> fills;
        std::optional<std::pair<std::int64_t, Decimal>> base;
        int base_step = 0;
        std::vector<Event> list;
        const int steps = *rc::gen::inRange(1, 40);
        for (int i = 0; i < steps; ++i) {
            const std::int64_t at = start_ms + *rc::gen::inRange(0, 30);
            const auto amount = Decimal::of(*rc::gen::inRange(1, 100'000), 2);
            if (*rc::gen::inRange(0, 4) == 0) {
                const auto held = *rc::gen::arbitrary<bool>() ? amount : amount.negated();
                list.push_back(feed.position(held.to_string(), at));
                if (!base || base->first <= at) {
                    base = {at, held};
                    base_step = i;
                }
                continue;
            }
            const auto id = "e" + std::to_string(*rc::gen::inRange(0, 30));
            const Side side = *rc::gen::element(Side::buy, Side::sell);
            list.push_back(feed.execution("x", id, side, amount.to_string(), at));
            fills.try_emplace(id, Fill{side == Side::buy ? amount : amount.negated(), at, i});
        }
        fold(store, list);
        Decimal expected = base ? base->second : Decimal{};
        for (const auto& [id, fill] : fills)
            if (!base || fill.at > base->first || (fill.at == base->first && fill.step > base_step))
                expected = expected.plus(fill.quantity).value();
        RC_ASSERT(exposure(store).position.value() == expected);
    }));
}
