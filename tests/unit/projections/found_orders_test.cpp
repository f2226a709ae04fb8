#include <catch2/catch.hpp>

#include "projections/workflow_tables.hpp"
#include "tests/unit/projections/facts.hpp"

// What read models say of orders that a lossy log has to learn again, and what they make of such orders.

using namespace ibkr::events;
using namespace ibkr::projections;
using namespace ibkr::unit;

namespace {

template <class Page>
std::vector<std::string> walk(const Page& page, std::uint32_t limit) {
    TablePosition position;
    std::vector<std::string> seen;
    for (;;) {
        const auto some = page(position, limit);
        REQUIRE(some);
        REQUIRE(some->size() <= limit);
        if (some->empty()) return seen;
        for (const auto& one : *some)
            seen.push_back(one);
    }
}

}  // namespace

TEST_CASE("whole tables are walked in pieces, in the order of the log") {
    auto store = memory_store();
    Feed feed;
    fold(store, {feed.submit("o3", "1", "k3"), feed.submit("o1", "1", "k1"), feed.cancel("o1", "c1", "k9"),
                 feed.submit("o2", "1", "k2", "default", account_b), feed.submit("o4", "1")});
    const auto orders = [&](TablePosition& position, std::uint32_t limit) {
        return store.orders_after(position, limit).map([](const std::vector<WorkflowId>& ids) {
            std::vector<std::string> texts;
            for (const auto& id : ids)
                texts.push_back(id.text());
            return texts;
        });
    };
    const auto keys = [&](TablePosition& position, std::uint32_t limit) {
        return store.keys_after(position, limit).map([](const std::vector<IdempotencyRecord>& records) {
            std::vector<std::string> texts;
            for (const auto& record : records)
                texts.push_back(record.key.text() + " of " + record.order_id.text());
            return texts;
        });
    };
    for (const std::uint32_t limit : {1U, 2U, 3U, 100U}) {
        CHECK(walk(orders, limit) == std::vector<std::string>{"o3", "o1", "o2", "o4"});
        CHECK(walk(keys, limit) == std::vector<std::string>{"k3 of o3", "k1 of o1", "k9 of o1", "k2 of o2"});
    }
    CHECK(store.has_order(WorkflowId("o4")).value());
    CHECK_FALSE(store.has_order(WorkflowId("o5")).value());
}

TEST_CASE("a walk through keys reads them as a question for one does") {
    auto store = memory_store();
    Feed feed;
    fold(store, {feed.submit("o1", "1", "k1"),
                 feed.outcome<PaperOrderSubmitted>("o1", "o1", Outcome::unknown, "unknown")});
    TablePosition position;
    const auto keys = store.keys_after(position);
    REQUIRE(keys);
    REQUIRE(keys->size() == 1);
    CHECK(keys->front() ==
          store.idempotency(Environment::paper, account_a, IdempotencyKey("k1")).value().value());
}

TEST_CASE("what one intent counted can be asked for") {
    auto store = memory_store();
    Feed feed;
    fold(store, {feed.submit("o1", "750.5", "k1"), feed.modify("o1", "m1", "20")});
    CHECK(store.counted_notional(WorkflowId("o1"), "o1").value().value().amount == decimal("750.5"));
    CHECK(store.counted_notional(WorkflowId("o1"), "m1").value().value().amount == decimal("20"));
    CHECK(store.counted_notional(WorkflowId("o1"), "m2").value() == std::nullopt);
}

TEST_CASE("an order of another account under the same client order id is another order") {
    auto store = memory_store();
    auto first = order_record("o1", "working", terms_of("265598", Side::buy, 5));
    first.client_order_id = ClientOrderId("p0123abcd-k");
    auto second = first;
    second.order_id = WorkflowId("o2");
    second.account = account_b;
    REQUIRE(put_order(store.database(), first, true));
    REQUIRE(put_order(store.database(), second, true));
    CHECK(store.order_by_client_id(account_a, first.client_order_id).value() == first);
    CHECK(store.order_by_client_id(account_b, first.client_order_id).value() == second);
    CHECK(store.order_by_client_id(AccountHash(std::string(64, 'c')), first.client_order_id).value() ==
          std::nullopt);
    CHECK(store.order_by_client_id(account_a, ClientOrderId{}).value() == std::nullopt);
}

TEST_CASE("a found order of unknown outcome counts in full and keeps its key") {
    auto store = memory_store();
    Feed feed;
    auto found = feed.submit("o1", "750", "k1");
    std::get<OrderSubmitIntended>(found.body).request_hash.clear();
    fold(store, {found, feed.outcome<PaperOrderSubmitted>("o1", "o1", Outcome::unknown, "unknown")});
    const auto counted = store.count(account_a, Environment::paper, "default", Timestamp(start_ms)).value();
    CHECK(counted.orders == 1);
    CHECK(counted.notional == decimal("750"));
    const auto bound = store.idempotency(Environment::paper, account_a, IdempotencyKey("k1")).value();
    REQUIRE(bound);
    CHECK(bound->request_hash.empty());
    CHECK(bound->outcome == Outcome::unknown);

    // Proved absent later: all of it is given back.
    fold(store, {feed.lifecycle("o1", "not_placed")});
    CHECK(store.count(account_a, Environment::paper, "default", Timestamp(start_ms)).value().orders == 0);
}
