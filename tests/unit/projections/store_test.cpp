#include "projections/store.hpp"

#include <catch2/catch.hpp>

#include "projections/read_store.hpp"
#include "tests/unit/projections/facts.hpp"
#include "tests/unit/projections/store_fixture.hpp"
#include "tests/unit/projections/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::projections;
using namespace ibkr::unit;

TEST_CASE("a new store stands before the first event and remembers its checkpoint") {
    const TemporaryDirectory directory;
    const auto path = directory.file("p.sqlite3");
    Feed feed;
    {
        auto store = open_store(path);
        CHECK(store.checkpoint() == Checkpoint{});
        fold(store, some_life(feed, 2));
        CHECK(store.checkpoint() == checkpoint_at(feed.last()));
    }
    auto again = open_store(path);
    CHECK(again.checkpoint() == checkpoint_at(feed.last()));
    CHECK(again.orders(account_a, 10).value().size() == 2);
}

TEST_CASE("the writer sees its open transaction, which is gone without commit") {
    const TemporaryDirectory directory;
    const auto path = directory.file("p.sqlite3");
    Feed feed;
    {
        auto store = open_store(path);
        fold(store, some_life(feed, 1));
        REQUIRE(store.begin());
        REQUIRE(store.apply(feed.submit("late", "1", "late-key")));
        CHECK(store.order(WorkflowId("late")).value());
        CHECK(store.count(account_a, Environment::paper, "default", Timestamp(0)).value().orders == 2);
        store.rollback();
        CHECK_FALSE(store.order(WorkflowId("late")).value());
        REQUIRE(store.begin());
        REQUIRE(store.apply(feed.submit("late", "1", "late-key")));
        // As if the process ended here.
    }
    auto again = open_store(path);
    CHECK(again.checkpoint() == checkpoint_at(SequenceId(3)));
    CHECK_FALSE(again.order(WorkflowId("late")).value());
    CHECK_FALSE(again.idempotency(Environment::paper, account_a, IdempotencyKey("late-key")).value());
}

TEST_CASE("events come in log order, and the checkpoint is the last event's") {
    auto store = memory_store();
    Feed feed;
    const auto first = feed.submit("o1", "1");
    const auto second = feed.submit("o2", "1");
    CHECK_FALSE(store.apply(first));
    REQUIRE(store.begin());
    REQUIRE(store.apply(second));
    CHECK_FALSE(store.apply(second));
    CHECK_FALSE(store.commit(checkpoint_at(second.sequence_id)));
    REQUIRE(store.begin());
    REQUIRE(store.apply(first));
    CHECK_FALSE(store.commit(checkpoint_at(second.sequence_id)));
    CHECK(store.checkpoint() == Checkpoint{});
    CHECK(store.orders({}, 10).value().empty());
    fold(store, {first, second});
    REQUIRE(store.begin());
    REQUIRE(store.commit(store.checkpoint()));
}

TEST_CASE("a projection that fails takes the whole transaction with it") {
    auto store = ProjectionStore::open(":memory:", other_list()).value();
    Feed feed;
    REQUIRE(store.begin());
    REQUIRE(store.apply(feed.event(ToolCompleted{})));
    REQUIRE(store.apply(feed.event(ToolCompleted{})));
    const auto failed = store.apply(feed.event(ToolCompleted{}));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message.find("projection audit_index, event 3: cannot fold three") == 0);
    CHECK_FALSE(store.commit(checkpoint_at(SequenceId(2))));
    CHECK(table_counts(store.database()).value().front() == TableCount{"other", 0});
}

TEST_CASE("a reader sees committed moments only and names them") {
    const TemporaryDirectory directory;
    const auto path = directory.file("p.sqlite3");
    auto store = open_store(path);
    Feed feed;
    fold(store, some_life(feed, 1));
    auto reader = ReadStore::open(path, projections_of_test());
    REQUIRE(reader);
    CHECK(reader->checkpoint().value() == checkpoint_at(SequenceId(3)));

    const auto late = feed.submit("late", "1");
    REQUIRE(store.begin());
    REQUIRE(store.apply(late));
    const auto orders_seen = [&] {
        return reader->read([](const Queries& queries, const Checkpoint&) { return queries.orders({}, 10); })
            .value()
            .size();
    };
    CHECK(orders_seen() == 1);
    const auto seen = reader->read([&](const Queries& queries, const Checkpoint& at) -> Result<bool> {
        CHECK(at == checkpoint_at(SequenceId(3)));
        REQUIRE(store.commit(checkpoint_at(late.sequence_id)));
        return queries.order(WorkflowId("late")).value().has_value();
    });
    CHECK_FALSE(seen.value());
    CHECK(orders_seen() == 2);
    CHECK(reader->checkpoint().value() == checkpoint_at(late.sequence_id));
}
