#include <algorithm>
#include <filesystem>

#include "events/log/rocksdb/wal_cut.hpp"
#include "events/log/start/quarantine.hpp"
#include "tests/integration/crashing_store.hpp"
#include "tests/integration/log_damage_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
namespace fs = std::filesystem;

// A tail that was cut off stays cut off: start after start of `rocksdb_store()`, wherever in the write-ahead
// file the damage was, and whatever step was the last before a crash.

namespace {

constexpr std::uint64_t acknowledged = 20;
constexpr int starts = 3;

/// Torn ends, told by what is appended to an otherwise whole log.
struct Torn {
    const char* name;
    bool fresh_file;  ///< the write-ahead file holds nothing yet
    std::size_t bytes;
};
const std::vector<Torn>& torn_ends() {
    static const std::vector<Torn> rows{
        {"a few bytes after whole batches", false, 3},
        {"a block after whole batches", false, 40'000},
        {"a few bytes of the first batch", true, 3},
        {"many bytes of the first batch", true, 300},
        {"more than a block of the first batch", true, 40'000},
    };
    return rows;
}

std::vector<WalScan> scans(const LogUnderTest& log) {
    return scan_wals(log.path("log")).value();
}

void tear(LogUnderTest& log, const Torn& torn, std::uint64_t seed = 9) {
    if (torn.fresh_file) CHECK_FALSE(log.open().held);  // RocksDB begins a new file at each opening
    append_bytes(log.wal_path(), random_bytes(torn.bytes, seed));
    CHECK_FALSE(scans(log).back().whole());
    CHECK((scans(log).back().good_bytes == 0) == torn.fresh_file);
}

/// Start after start, each of which appends: never held, each discard recorded once.
void check_starts(LogUnderTest& log, std::size_t discards, std::uint64_t head) {
    for (int start = 1; start <= starts; ++start) {
        INFO("start " << start);
        {
            const auto owned = log.open();
            CHECK(owned.notes.size() == (start == 1 ? discards : 0));
            CHECK(head_of(owned) == head);
            check_holds(owned, acknowledged);
            CHECK(events_of<LogTailDiscarded>(*owned.log).size() == discards);
            CHECK_FALSE(fs::exists(log.path("quarantine/pending")));
            if (start == 1) log.remember_directory("discarded");
        }
        const auto wals = scans(log);
        CHECK(std::ranges::all_of(wals, [](const WalScan& wal) { return wal.whole(); }));
    }
    // The same while the log goes on between the starts.
    log.restore_directory("discarded");
    for (int start = 1; start <= starts; ++start) {
        const auto owned = log.open();
        const SequenceId next = owned.log->head().sequence.next();
        REQUIRE(owned.log->append(batch(next.value(), 1), next));
        CHECK(events_of<LogTailDiscarded>(*owned.log).size() == discards);
    }
}

std::string copy_and_note(const LogUnderTest& log, Unfinished what) {
    const DirectoryLayout layout(log.data());
    const WalScan newest = scans(log).back();
    const auto name = copy_to_quarantine(layout, {"a test",
                                                  SequenceId(acknowledged),
                                                  newest.number,
                                                  newest.good_bytes,
                                                  newest.damaged_bytes(),
                                                  newest.damaged_sha256,
                                                  {}});
    REQUIRE(name);
    REQUIRE(add_unfinished(layout, what, *name));
    return *name;
}

}  // namespace

TEST_CASE("a discarded tail stays discarded, start after start", "[log_cut]") {
    for (const Torn& torn : torn_ends())
        DYNAMIC_SECTION(torn.name) {
            LogUnderTest log(acknowledged);
            tear(log, torn);
            check_starts(log, 1, acknowledged + 1);
        }
}

TEST_CASE("a crash between any two steps of a discard", "[log_cut]") {
    for (const Torn& torn : torn_ends())
        DYNAMIC_SECTION(torn.name) {
            LogUnderTest log(acknowledged);
            tear(log, torn);
            const DirectoryLayout layout(log.data());
            SECTION("after the copy") {
                copy_and_note(log, Unfinished::tail_record);
                REQUIRE(clear_unfinished(layout, Unfinished::tail_record));
            }
            SECTION("after the note") {
                copy_and_note(log, Unfinished::tail_record);
            }
            SECTION("after the cut") {
                copy_and_note(log, Unfinished::tail_record);
                REQUIRE(cut_wals(log.path("log"), scans(log), SequenceId(acknowledged)));
            }
            SECTION("in the opening and the record, by the end of the process") {
                for (std::uint64_t step = 1; step <= 4; ++step) {
                    log.remember_directory("torn");
                    const int code = in_child([&] {
                        return log.try_open(audit_secret(), crashing_store(step)).has_value() ? 0 : 1;
                    });
                    CHECK(code == crashed);
                    check_starts(log, 1, acknowledged + 1);
                    log.restore_directory("torn");
                }
            }
            check_starts(log, 1, acknowledged + 1);
            std::size_t copies = 0;
            for (const auto& entry : fs::directory_iterator(log.path("quarantine")))
                copies += fs::exists(entry.path() / "finding.json") ? 1 : 0;
            CHECK(copies == 1);
        }
}

TEST_CASE("the record of a discarded tail is torn in its turn: both are recorded, once", "[log_cut]") {
    LogUnderTest log(acknowledged);
    tear(log, torn_ends().front());
    std::size_t discards = 1;
    for (const std::size_t bytes : {100U, 7U}) {
        // The end of the process before the record; a part of it is on disk.
        const int code =
            in_child([&] { return log.try_open(audit_secret(), crashing_store(3)).has_value() ? 0 : 1; });
        CHECK(code == crashed);
        append_bytes(log.wal_path(), random_bytes(bytes, bytes));
        ++discards;
    }
    const auto pending = read_unfinished(DirectoryLayout(log.data()), Unfinished::tail_record);
    REQUIRE(pending);
    CHECK(pending->size() == discards - 1);
    log.remember_directory("torn");
    SECTION("without another crash") {}
    SECTION("with the first recorded and the second not") {
        const int code =
            in_child([&] { return log.try_open(audit_secret(), crashing_store(5)).has_value() ? 0 : 1; });
        CHECK(code == crashed);
    }
    check_starts(log, discards, acknowledged + discards);
    const auto tails = events_of<LogTailDiscarded>(*log.open().log);
    REQUIRE(tails.size() == 3);
    CHECK(tails[0].bytes == 3);
    CHECK(tails[1].bytes == 100);
    CHECK(tails[2].bytes == 7);
}

TEST_CASE("a torn tail without a usable anchor slot is held", "[log_cut]") {
    LogUnderTest log(acknowledged);
    log.options.anchors.external_path = log.outside("external");
    CHECK_FALSE(log.open().held);
    log.options.projection = log.open().log->head();
    tear(log, torn_ends()[3]);
    fs::remove(log.path("anchors"));
    SECTION("the external anchor agrees: discarded, and the file written anew") {
        const auto owned = log.open();
        CHECK(events_of<LogTailDiscarded>(*owned.log).size() == 1);
        const auto rewritten = events_of<AnchorRewritten>(*owned.log);
        REQUIRE(rewritten.size() == 2);  // the first was the external one, when it was configured
        CHECK(rewritten.back().anchor == "file");
    }
    SECTION("a checkpoint alone licenses nothing") {
        fs::remove(log.options.anchors.external_path);
        CHECK(log.held().reason.find("no usable anchor slot") != std::string::npos);
        CHECK(log.resume().record.from.value() > 0);
        for (int start = 1; start <= starts; ++start)
            CHECK_FALSE(log.open().held);
    }
}

TEST_CASE("a resumed log stays resumed, start after start", "[log_cut]") {
    const bool first_batch = GENERATE(true, false);
    INFO("in the first batch: " << first_batch);
    LogUnderTest log(acknowledged);
    log.append_to(acknowledged + 6);  // in a file of their own
    const std::uint64_t readable = first_batch ? acknowledged : acknowledged + 3;
    flip_bit(log.wal_path(), first_batch ? 30 : log.end_of(readable).bytes + 30);
    const Hold hold = log.held();
    CHECK(hold.readable_head == SequenceId(readable));
    SECTION("without a crash") {
        CHECK(log.resume().record.from.value() > 0);
    }
    SECTION("after a crash between the note and the cut") {
        copy_and_note(log, Unfinished::resumption);
        CHECK(log.held().readable_head == SequenceId(readable));
        CHECK(log.resume().record.from.value() > 0);
    }
    SECTION("after a crash between the cut and the opening") {
        copy_and_note(log, Unfinished::resumption);
        if (first_batch) {
            REQUIRE(cut_wals(log.path("log"), scans(log), SequenceId(readable)));
            CHECK(log.held().readable_head == SequenceId(readable));
        }
        CHECK(log.resume().record.from.value() > 0);
    }
    for (int start = 1; start <= starts; ++start) {
        INFO("start " << start);
        const auto owned = log.open();
        const auto resumptions = events_of<LogResumed>(*owned.log);
        REQUIRE(resumptions.size() == 1);
        CHECK(resumptions.front().from == SequenceId(readable));
        CHECK(resumptions.front().to == SequenceId(acknowledged + 6));
        CHECK(verify_chain(*owned.log, owned.keys.ring())->chain_valid);
        if (start > 1) REQUIRE(owned.log->append(batch(1, 1), owned.log->head().sequence.next()));
    }
}
