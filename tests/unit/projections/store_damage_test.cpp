#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "projections/read_store.hpp"
#include "tests/unit/projections/facts.hpp"
#include "tests/unit/projections/store_fixture.hpp"
#include "tests/unit/projections/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::projections;
using namespace ibkr::unit;

namespace {

StoreCondition condition_of(const std::string& path) {
    const auto store = ProjectionStore::open(path, projections_of_test());
    return store ? StoreCondition::ready : store.error().condition;
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

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
