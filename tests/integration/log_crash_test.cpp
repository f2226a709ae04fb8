#include <csignal>
#include <filesystem>
#include <sys/resource.h>

#include "tests/integration/crashing_store.hpp"
#include "tests/integration/log_damage_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
namespace fs = std::filesystem;

// Creation, the dropping of a torn tail and a resumption, each cut at every step of `rocksdb_store()` by the
// end of the process.

namespace {

constexpr std::uint64_t acknowledged = 20;
constexpr std::uint64_t middle = 12;

/// Runs `work`, which gets a store that ends the process at some step, until no step is left; `check` after
/// each. The number of steps.
template <class Work, class Check>
std::uint64_t cut_at_every_step(const Work& work, const Check& check) {
    for (std::uint64_t step = 1;; ++step) {
        INFO("cut at step " << step);
        const int code = in_child([&] { return work(crashing_store(step)) ? 0 : 1; });
        check();
        if (code == crashed) continue;
        CHECK(code == 0);
        return step - 1;
    }
}

/// What the log says of the tail it lost: once, and everything acknowledged is there.
void check_discarded_once(LogUnderTest& log) {
    {
        const auto owned = log.open();
        CHECK(head_of(owned) == acknowledged + 1);
        check_holds(owned, acknowledged);
        const auto tails = events_of<LogTailDiscarded>(*owned.log);
        REQUIRE(tails.size() == 1);
        CHECK(tails.front().bytes == 300);
        CHECK(tails.front().sha256 == hex(sha256(random_bytes(300, 9))));
    }
    const auto again = log.open();
    CHECK(again.notes.empty());
    CHECK(head_of(again) == acknowledged + 1);
    CHECK_FALSE(fs::exists(log.path("quarantine/pending")));
}

}  // namespace

TEST_CASE("a creation cut at any step is finished or made anew", "[log_crash]") {
    const TemporaryDirectory temporary;
    const std::string data = temporary / "data";
    const auto begin = [&](const LogStore& store) -> Result<OwnedLog> {
        auto lock = OwnerLock::acquire(data, std::chrono::milliseconds(0));
        if (!lock) return failure(lock.error());
        return open_or_create_log(*lock, audit_secret(), store, make_log_record);
    };
    const std::uint64_t steps = cut_at_every_step(
        [&](const LogStore& store) {
            fs::remove_all(data);
            return prepare_data_directory(data) && begin(store);
        },
        [&] {
            const auto owned = begin(rocksdb_store());
            REQUIRE(owned);
            CHECK_FALSE(owned->held);
            CHECK(head_of(*owned) == 1);
            check_holds(*owned, 1);
            CHECK_FALSE(fs::exists(data + "/creating"));
        });
    CHECK(steps == 6);  // around making the store, record 1, and the opening
}

TEST_CASE("a torn tail whose dropping is cut at any step is recorded once", "[log_crash]") {
    LogUnderTest log(acknowledged);
    append_bytes(log.wal_path(), random_bytes(300, 9));
    log.remember_directory("torn");
    const std::uint64_t steps = cut_at_every_step(
        [&](const LogStore& store) {
            log.restore_directory("torn");
            return log.try_open(audit_secret(), store).has_value();
        },
        [&] { check_discarded_once(log); });
    CHECK(steps == 4);  // around the opening that drops it, and the record
}

TEST_CASE("a dropping that is cut twice, and in the start after it", "[log_crash]") {
    LogUnderTest log(acknowledged);
    append_bytes(log.wal_path(), random_bytes(300, 9));
    log.remember_directory("torn");
    for (std::uint64_t first = 1; first <= 4; ++first) {
        const std::uint64_t steps = cut_at_every_step(
            [&](const LogStore& store) {
                log.restore_directory("torn");
                const int code = in_child(
                    [&] { return log.try_open(audit_secret(), crashing_store(first)).has_value() ? 0 : 1; });
                return code == crashed && log.try_open(audit_secret(), store).has_value();
            },
            [&] { check_discarded_once(log); });
        CHECK(steps >= 2);
    }
}

TEST_CASE("a resumption cut at any step leaves the log held as before, or resumed", "[log_crash]") {
    LogUnderTest log(acknowledged, 10);
    const bool anchors_notice = GENERATE(true, false);
    if (!anchors_notice) log.restore_anchor();  // only the whole batches after the damage tell
    flip_bit(log.wal_path(), log.end_of(middle).bytes + 30);
    const Hold hold = log.held();
    log.remember_directory("held");
    std::size_t still_held = 0, resumed = 0;
    const std::uint64_t steps = cut_at_every_step(
        [&](const LogStore& store) {
            log.restore_directory("held");
            return log.try_resume(false, audit_secret(), store).has_value();
        },
        [&] {
            auto owned = log.try_open();
            REQUIRE(owned);
            if (owned->held) {
                ++still_held;
                CHECK(owned->held->readable_head == hold.readable_head);
                owned->log.reset();
                owned->held.reset();
                REQUIRE(log.try_resume());
                owned = log.try_open();
                REQUIRE(owned);
            } else {
                ++resumed;
            }
            CHECK_FALSE(owned->held);
            CHECK(owned->keys.identity().branch == 2);
            const auto resumptions = events_of<LogResumed>(*owned->log);
            REQUIRE(resumptions.size() == 1);
            CHECK(resumptions.front().from.value() == middle);
            CHECK(verify_chain(*owned->log, owned->keys.ring())->chain_valid);
            CHECK_FALSE(fs::exists(log.path("quarantine/resuming")));
        });
    CHECK(steps == 4);  // around the opening that drops, and the record
    CHECK(still_held == 3);
    CHECK(resumed == 2);
}

TEST_CASE("a resumption in a new store cut at any step leaves the log held, or resumed", "[log_crash]") {
    LogUnderTest log(1);
    log.append_in_batches_to(500);
    log.append_in_batches_to(1'000);
    log.append_to(1'010);
    const auto tables = table_files(log.path("log"));
    cut_file(tables[1], 20);  // its footer: the table cannot be opened
    const Hold hold = log.held();
    CHECK(hold.can_resume);
    log.remember_directory("held");
    const auto check_resumed = [&] {
        auto owned = log.try_open();
        REQUIRE(owned);
        INFO((owned->held ? owned->held->reason : ""));
        CHECK_FALSE(owned->held);
        const auto resumptions = events_of<LogResumed>(*owned->log);
        REQUIRE(resumptions.size() == 1);
        CHECK(resumptions.front().from == SequenceId(1'010));
        CHECK(resumptions.front().to == SequenceId(1'010));
        CHECK(resumptions.front().gaps.size() == 1);
        CHECK(verify_chain(*owned->log, owned->keys.ring())->chain_valid);
        const std::uint64_t next = head_of(*owned) + 1;
        REQUIRE(owned->log->append(batch(next, 5), SequenceId(next)));
        CHECK_FALSE(fs::exists(log.path("resuming")));
        CHECK_FALSE(fs::exists(log.path("quarantine/resuming")));
    };
    const std::uint64_t steps = cut_at_every_step(
        [&](const LogStore& store) {
            log.restore_directory("held");
            return log.try_resume(false, audit_secret(), store).has_value();
        },
        [&] {
            const bool held = log.try_open()->held.has_value();
            if (held) REQUIRE(log.try_resume());
            check_resumed();
        });
    CHECK(steps >= 8);

    SECTION("and between the two renames") {
        log.restore_directory("held");
        const std::string quarantine = log.resume().quarantine;
        CHECK_FALSE(quarantine.empty());
        CHECK(fs::exists(log.path("quarantine/" + quarantine + "/log/CURRENT")));
        fs::create_directory(log.path("resuming"));
        fs::rename(log.path("log"), log.path("resuming/log"));
        check_resumed();
    }
}

TEST_CASE("a resumption cut after its record", "[log_crash]") {
    LogUnderTest log(acknowledged);
    log.options.anchors.external_path = log.outside("external");
    log.append_to(acknowledged + 5);
    const std::string external = file_content(log.options.anchors.external_path);
    flip_bit(log.wal_path(), log.end_of(acknowledged + 3).bytes + 30);
    log.remember_directory("held");
    const LogResumed record = log.resume().record;
    CHECK(record.to == SequenceId(acknowledged + 5));
    const auto put_back = [&](const char* name) {
        fs::copy_file(log.outside("held/") + name, log.path(name), fs::copy_options::overwrite_existing);
    };
    SECTION("before any anchor was written anew") {
        put_back("anchors");
        write_file(log.options.anchors.external_path, external);
        put_back("keys");
    }
    SECTION("between the anchors") {
        write_file(log.options.anchors.external_path, external);
        put_back("keys");
    }
    SECTION("before the keys file") {
        put_back("keys");
    }
    const auto owned = log.open();
    CHECK(head_of(owned) == record.to.value() + 1);
    CHECK(owned.keys.identity().branch == 2);
    CHECK(owned.keys.resumptions().size() == 1);
    REQUIRE(owned.log->append(batch(1, 1), owned.log->head().sequence.next()));
    CHECK(verify_chain(*owned.log, owned.keys.ring())->chain_valid);
}

TEST_CASE("a disk too full for the copy in quarantine drops nothing", "[log_crash]") {
    LogUnderTest log(acknowledged);
    {
        const auto owned = log.open();
        const std::vector<PendingRecord> large(60, {20, std::string(60'000, 'x')});
        REQUIRE(owned.log->append(large, SequenceId(acknowledged + 1)));
    }
    append_bytes(log.wal_path(), random_bytes(300, 9));
    const auto before = directory_snapshot(log.data());
    const int code = in_child([&] {
        // A limit on file size plays the full disk: the copy is 3.6 MB long.
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{2'000'000, 2'000'000};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
        const auto refused = log.try_open();
        return !refused && refused.error().code == ErrorCode::audit_write_failed ? 0 : 2;
    });
    CHECK(code == 0);
    CHECK(directory_snapshot(log.data()) == before);
    CHECK(fs::is_empty(log.path("quarantine")));
    const auto owned = log.open();
    CHECK(head_of(owned) == acknowledged + 61);
    CHECK(events_of<LogTailDiscarded>(*owned.log).size() == 1);
}

TEST_CASE("what is recorded of the log itself is not before what the log holds", "[log_crash]") {
    LogUnderTest log(1);
    const Timestamp late(4'000'000'000'000);
    {
        const auto owned = log.open();
        const PendingRecord record =
            make_log_record(SequenceId(2), AnchorRewritten{"file", "external", SequenceId(1)}, late);
        REQUIRE(owned.log->append({&record, 1}, SequenceId(2)));
    }
    append_bytes(log.wal_path(), "abc");
    CHECK(newest_event(*log.open().log).timestamp >= late);
    flip_bit(log.path("anchors"), 40);
    flip_bit(log.path("anchors"), anchor_slot_stride_bytes + 40);
    CHECK(log.held().can_resume);
    const auto resumed = log.resume();
    CHECK(newest_event(*resumed.owned.log).timestamp >= late);
}
