#include "projections/store.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "projections/read_store.hpp"
#include "tests/unit/projections/facts.hpp"
#include "tests/unit/projections/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::projections;
using namespace ibkr::unit;

namespace {

ProjectionStore open_store(const std::string& path) {
    auto store = ProjectionStore::open(path, projections_of_test());
    REQUIRE(store);
    return std::move(*store);
}

StoreCondition condition_of(const std::string& path) {
    const auto store = ProjectionStore::open(path, projections_of_test());
    return store ? StoreCondition::ready : store.error().condition;
}

std::vector<Event> some_life(Feed& feed, int orders) {
    std::vector<Event> list;
    for (int i = 0; i < orders; ++i) {
        const auto order = "o" + std::to_string(i);
        list.push_back(feed.submit(order, "10.5", "key-" + std::to_string(i)));
        list.push_back(feed.outcome<PaperOrderSubmitted>(order, order, Outcome::confirmed, "working"));
        list.push_back(feed.execution(order, "e" + std::to_string(i), Side::buy, "1", feed.now_ms));
        feed.now_ms += 1'000;
    }
    return list;
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// A file that is another list of projections' than the test's.
class Other final : public Projection {
public:
    std::string_view name() const override { return "audit_index"; }
    std::uint32_t version() const override { return 2; }
    Result<void> create_tables(Database& database) override {
        return database.exec("CREATE TABLE other (a INTEGER)");
    }
    Result<void> apply(Database& database, const Event& event) override {
        if (event.sequence_id == SequenceId(3))
            return failure(ErrorCode::audit_write_failed, "cannot fold three");
        return database.run("INSERT INTO other VALUES (?1)", event.sequence_id.value());
    }
};

ProjectionList other_list() {
    ProjectionList list;
    list.push_back(std::make_unique<Other>());
    return list;
}

}  // namespace

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

TEST_CASE("what a store cannot use is told apart") {
    const TemporaryDirectory directory;
    const auto path = directory.file("p.sqlite3");
    CHECK(ReadStore::open(path).error().condition == StoreCondition::absent);
    CHECK(condition_of(directory.file("no/folder/p")) == StoreCondition::absent);

    directory.write("text", std::string(9'000, 'x'));
    CHECK(condition_of(directory.file("text")) == StoreCondition::damaged);
    CHECK(read_file(directory.file("text")) == std::string(9'000, 'x'));

    {
        auto db = Database::open(directory.file("venue")).value();
        REQUIRE(db.exec("CREATE TABLE book (a INTEGER)"));
    }
    CHECK(condition_of(directory.file("venue")) == StoreCondition::foreign);

    {
        auto other = ProjectionStore::open(path, other_list()).value();
    }
    CHECK(condition_of(path) == StoreCondition::version_changed);
    CHECK(ReadStore::open(path, projections_of_test()).error().condition == StoreCondition::version_changed);
    CHECK(ReadStore::open(path));

    {
        auto db = Database::open(path).value();
        REQUIRE(db.exec("PRAGMA user_version=99"));
    }
    CHECK(condition_of(path) == StoreCondition::foreign);
    CHECK(needs_rebuild(StoreCondition::foreign));
    CHECK_FALSE(needs_rebuild(StoreCondition::unavailable));
    CHECK_FALSE(needs_rebuild(StoreCondition::absent));
}

TEST_CASE("a checkpoint that was tampered with is seen") {
    const char* edit = GENERATE("UPDATE store_checkpoint SET sequence = sequence + 1",
                                "UPDATE store_checkpoint SET mac = zeroblob(32)",
                                "UPDATE store_checkpoint SET mac = zeroblob(31)",
                                "UPDATE store_checkpoint SET check_value = zeroblob(32)",
                                "UPDATE store_checkpoint SET sequence = -1", "DELETE FROM store_checkpoint");
    CAPTURE(edit);
    const TemporaryDirectory directory;
    const auto path = directory.file("p.sqlite3");
    Feed feed;
    {
        auto store = open_store(path);
        fold(store, some_life(feed, 1));
    }
    {
        auto db = Database::open(path).value();
        REQUIRE(db.exec(edit));
    }
    const auto found = ProjectionStore::open(path, projections_of_test());
    REQUIRE_FALSE(found);
    CHECK(found.error().condition == StoreCondition::checkpoint_damaged);
    CHECK(found.error().error.user_action == rebuild_advice);
    CHECK(ReadStore::open(path).error().condition == StoreCondition::checkpoint_damaged);
}

// What is flipped may go unnoticed at open, since no page is read that is not needed; it must never crash,
// and where it is noticed the answer is an error.
TEST_CASE("flipped and cut bytes never crash") {
    const TemporaryDirectory directory;
    const auto path = directory.file("p.sqlite3");
    Feed feed;
    {
        auto store = open_store(path);
        fold(store, some_life(feed, 40));
    }
    const std::string whole = read_file(path);
    REQUIRE(whole.size() > 50'000);
    int told_at_open = 0;
    std::uint32_t random = 12'345;
    const auto next = [&random](std::size_t below) {
        random = random * 1'664'525U + 1'013'904'223U;
        return (random >> 4U) % below;
    };
    for (int round = 0; round < 300; ++round) {
        std::string bytes = whole;
        const bool in_header = round % 3 == 0;
        const int flips = in_header ? 1 : 40;
        for (int i = 0; i < flips; ++i)
            bytes[next(in_header ? 100 : bytes.size())] ^= static_cast<char>(1U << next(8));
        if (round % 7 == 6) bytes.resize(next(bytes.size()));
        std::filesystem::remove(path + "-wal");
        std::filesystem::remove(path + "-shm");
        directory.write("p.sqlite3", bytes);
        auto store = ProjectionStore::open(path, projections_of_test());
        if (!store) {
            ++told_at_open;
            CHECK((needs_rebuild(store.error().condition) ||
                   store.error().condition == StoreCondition::unavailable));
            continue;
        }
        Feed later = feed;
        static_cast<void>(store->begin());
        static_cast<void>(store->apply(later.submit("late", "1", "late-key")));
        static_cast<void>(store->apply(later.execution("o3", "e-late", Side::sell, "1", later.now_ms)));
        static_cast<void>(store->commit(checkpoint_at(later.last())));
        static_cast<void>(store->orders({}, 1'000));
        static_cast<void>(store->open_orders());
        static_cast<void>(store->order_by_broker_id(account_a, BrokerOrderId("B-o3")));
        static_cast<void>(store->exposure(account_a, ContractId("265598")));
        static_cast<void>(store->executions({}, Timestamp(0), 1'000));
        static_cast<void>(store->counts(Timestamp(start_ms + 1)));
        static_cast<void>(store->idempotency(Environment::paper, account_a, IdempotencyKey("key-3")));
        static_cast<void>(store->find_events({}));
        static_cast<void>(store->due_timers(Timestamp(start_ms), 10));
        static_cast<void>(store->policies());
    }
    CHECK(told_at_open > 20);
}

TEST_CASE("a full disk fails the commit, and what was committed stays") {
    const TemporaryDirectory directory;
    auto store = open_store(directory.file("p.sqlite3"));
    Feed feed;
    fold(store, some_life(feed, 1));
    REQUIRE(store.database().exec("PRAGMA max_page_count=60"));
    REQUIRE(store.begin());
    Result<void> done;
    for (const auto& event : some_life(feed, 400)) {
        done = store.apply(event);
        if (!done) break;
    }
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::audit_write_failed);
    CHECK(done.error().message.find("database or disk is full") != std::string::npos);
    CHECK_FALSE(store.commit(checkpoint_at(store.applied())));
    CHECK(store.checkpoint() == checkpoint_at(SequenceId(3)));
    CHECK(store.orders({}, 10).value().size() == 1);
}

namespace {

/// Root may write everywhere: as root, somebody else for a while, who owns the directory.
class OrdinaryUser {
public:
    explicit OrdinaryUser(const std::string& directory) {
        if (::geteuid() != 0) return;
        for (const auto& entry : std::filesystem::directory_iterator(directory))
            REQUIRE(::chown(entry.path().c_str(), nobody, nobody) == 0);
        REQUIRE(::chown(directory.c_str(), nobody, nobody) == 0);
        REQUIRE(::seteuid(nobody) == 0);
        was_root_ = true;
    }
    ~OrdinaryUser() {
        if (was_root_) static_cast<void>(::seteuid(0));
    }
    OrdinaryUser(const OrdinaryUser&) = delete;
    OrdinaryUser& operator=(const OrdinaryUser&) = delete;

private:
    static constexpr ::uid_t nobody = 65'534;
    bool was_root_ = false;
};

}  // namespace

TEST_CASE("a directory that may not be written is unavailable, not damaged, and can be read") {
    const TemporaryDirectory directory;
    const auto path = directory.file("p 100%?#.sqlite3");
    Feed feed;
    {
        auto store = open_store(path);
        fold(store, some_life(feed, 1));
    }
    const OrdinaryUser user(directory.path());
    using std::filesystem::perms;
    std::filesystem::permissions(path, perms::owner_read);
    std::filesystem::permissions(directory.path(), perms::owner_read | perms::owner_exec);
    CHECK(condition_of(path) == StoreCondition::unavailable);
    CHECK(condition_of(directory.file("new.sqlite3")) != StoreCondition::ready);
    auto reader = ReadStore::open(path);
    REQUIRE(reader);
    CHECK(reader->checkpoint().value() == checkpoint_at(SequenceId(3)));
}
