#include <catch2/catch.hpp>

#include "tests/unit/projections/facts.hpp"

using namespace ibkr::events;
using namespace ibkr::unit;

TEST_CASE("a key is bound by its intent and answered by the first outcome") {
    auto store = memory_store();
    Feed feed;
    const IdempotencyKey key("key-1");
    fold(store, {feed.submit("o1", "100", "key-1")});
    auto bound = store.idempotency(Environment::paper, account_a, key).value();
    REQUIRE(bound);
    CHECK(bound->operation == Operation::submit);
    CHECK(bound->order_id == WorkflowId("o1"));
    CHECK(bound->intent_id == "o1");
    CHECK(bound->request_hash == "request of o1");
    CHECK(bound->bound_at == Timestamp(start_ms));
    CHECK(bound->outcome == std::nullopt);
    CHECK(bound->answered_at == std::nullopt);

    feed.now_ms += 5;
    fold(store, {feed.outcome<PaperOrderSubmitted>("o1", "o1", Outcome::unknown, "unknown")});
    feed.now_ms += 5;
    fold(store, {feed.outcome<PaperOrderSubmitted>("o1", "o1", Outcome::confirmed, "working"),
                 feed.lifecycle("o1", "filled")});
    bound = store.idempotency(Environment::paper, account_a, key).value();
    REQUIRE(bound);
    CHECK(bound->outcome == Outcome::unknown);
    CHECK(bound->answer_state == "unknown");
    CHECK(bound->answer_broker_order_id == BrokerOrderId("B-o1"));
    CHECK(bound->outcome_event_id == EventId("event-2"));
    CHECK(bound->answered_at == Timestamp(start_ms + 5));
}

TEST_CASE("a key belongs to one account and environment, and its first binding stays") {
    auto store = memory_store();
    Feed feed;
    const IdempotencyKey key("key-1");
    fold(store, {feed.submit("o1", "1", "key-1"), feed.submit("o2", "1", "key-1", "default", account_b),
                 feed.submit("o3", "1", "key-1")});
    CHECK(store.idempotency(Environment::paper, account_a, key).value()->order_id == WorkflowId("o1"));
    CHECK(store.idempotency(Environment::paper, account_b, key).value()->order_id == WorkflowId("o2"));
    CHECK(store.idempotency(Environment::live, account_a, key).value() == std::nullopt);
    CHECK(store.idempotency(Environment::paper, account_a, IdempotencyKey("key-2")).value() == std::nullopt);
}

TEST_CASE("cancels and modifies bind their own keys and get their own outcomes") {
    auto store = memory_store();
    Feed feed;
    auto modify = feed.modify("o1", "m1", "5");
    std::get<OrderModifyIntended>(modify.body).idempotency_key = IdempotencyKey("key-m");
    fold(store, {modify, feed.submit("o1", "1", "key-s"), feed.cancel("o1", "c1", "key-c"),
                 feed.outcome<PaperOrderModified>("o1", "m1", Outcome::refused, "working"),
                 feed.outcome<PaperOrderCancelled>("o1", "c1", Outcome::confirmed, "cancelled")});
    const auto find = [&](const char* key) {
        return store.idempotency(Environment::paper, account_a, IdempotencyKey(key)).value().value();
    };
    CHECK(find("key-m").operation == Operation::modify);
    CHECK(find("key-m").outcome == Outcome::refused);
    CHECK(find("key-c").operation == Operation::cancel);
    CHECK(find("key-c").answer_state == "cancelled");
    CHECK(find("key-s").outcome == std::nullopt);
}

TEST_CASE("an intent of the engine without a key binds nothing") {
    auto store = memory_store();
    Feed feed;
    fold(store, {feed.cancel("o1", "c1", ""), feed.submit("o2", "1")});
    CHECK(store.idempotency(Environment::paper, account_a, IdempotencyKey{}).value() == std::nullopt);
}
