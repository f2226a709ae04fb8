#include <algorithm>
#include <filesystem>

#include <rocksdb/db.h>

#include "tests/integration/log_damage_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
namespace fs = std::filesystem;
using State = AnchorStanding::State;

// Rule 4 on the files of `rocksdb_store()`: a log that is held goes on after an operator said so, on a new
// branch, and says for ever what is missing.

namespace {

constexpr std::uint64_t acknowledged = 20;
constexpr std::uint64_t middle = 12;

void cut_to(LogUnderTest& log, std::uint64_t sequence) {
    fs::resize_file(log.wal_path(), log.end_of(sequence).bytes);
}
void flip_after(LogUnderTest& log, std::uint64_t sequence) {
    flip_bit(log.wal_path(), log.end_of(sequence).bytes + 30);
}

void check_anchors(const LogUnderTest& log, const OwnedLog& owned) {
    const auto standings = compare_anchors(log.data(), *owned.log, owned.keys.ring(), log.options);
    REQUIRE(standings);
    for (const AnchorStanding& standing : *standings)
        if (standing.name != "projection") CHECK(standing.state == State::equal);
}

/// After a resumption: the next start opens and has nothing to add, the log takes appends on its new branch,
/// and all of it verifies but the gaps that it attests.
void check_goes_on(LogUnderTest& log, const LogResumed& record, std::uint32_t branch) {
    const std::uint64_t at = record.to.value() + 1;
    {
        const auto owned = log.open();
        CHECK(owned.notes.empty());
        CHECK(head_of(owned) == at);
        CHECK(owned.log->identity().branch == branch);
        CHECK(owned.keys.identity().branch == branch);
        CHECK(owned.keys.resumptions().back().value() == at);
        const Event newest = newest_event(*owned.log);
        REQUIRE(std::holds_alternative<LogResumed>(newest.body));
        CHECK(std::get<LogResumed>(newest.body) == record);
        REQUIRE(owned.log->append(batch(at + 1, 3), SequenceId(at + 1)));
    }
    const auto owned = log.open();
    CHECK(head_of(owned) == at + 3);
    for (const Record& later : read_from(*owned.log, at))
        CHECK(later.header.branch == branch);
    const auto report = verify_chain(*owned.log, owned.keys.ring());
    REQUIRE(report);
    INFO(report->reason);
    CHECK(report->chain_valid);
    CHECK(report->head == owned.log->head());
    CHECK_FALSE(fs::exists(log.path("quarantine/resuming")));
}

}  // namespace

TEST_CASE("a log that lost its end goes on beyond the highest anchor", "[log_resume]") {
    LogUnderTest log(acknowledged);
    log.options.anchors.external_path = log.outside("external");
    log.append_to(acknowledged + 5);
    const Head end = log.open().log->head();
    log.append_to(acknowledged + 10);
    cut_file(log.wal_path(), fs::file_size(log.wal_path()));
    const Hold hold = log.held();
    CHECK(hold.readable_head == end.sequence);
    CHECK(hold.highest_anchor == SequenceId(acknowledged + 10));

    LogResumed record;
    {
        const auto resumed = log.resume();
        record = resumed.record;
        CHECK(record.from == end.sequence);
        CHECK(record.to == hold.highest_anchor);
        CHECK(record.last_mac == hex(end.mac));
        CHECK(record.anchor_mac.size() == 64);
        CHECK(record.gaps.empty());
        CHECK(record.actor == "operator");
        CHECK(record.reason == "a test of the loss");
        CHECK(resumed.quarantine.empty());  // the store was whole: nothing in it was given up
        CHECK_FALSE(resumed.owned.projections_disagree);
        CHECK(resumed.owned.log->gaps() ==
              std::vector<AttestedGap>{{end.sequence.next(), record.to, end.mac, record.to.next()}});
        check_anchors(log, resumed.owned);
        CHECK(resumed.owned.keys.identity().branch == 2);
    }
    check_goes_on(log, record, 2);
}

TEST_CASE("whatever befell the write-ahead log, it can be resumed", "[log_resume]") {
    LogUnderTest log(acknowledged, 10);
    std::uint64_t readable = middle;
    bool store_damaged = true;
    SECTION("a bit flipped in the middle, below the anchors") {
        flip_after(log, middle);
    }
    SECTION("a bit flipped in the middle, beyond the anchors") {
        log.restore_anchor();
        flip_after(log, middle);
    }
    SECTION("the end cut off") {
        cut_file(log.wal_path(), 7);
        readable = acknowledged - 1;
    }
    SECTION("cut at a record boundary") {
        cut_to(log, middle);
        store_damaged = false;
    }
    SECTION("deleted") {
        fs::remove(log.wal_path());
        readable = 1;
        store_damaged = false;
    }
    const Hold hold = log.held();
    CHECK(hold.readable_head.value() == readable);
    CHECK(hold.quarantine.empty() != store_damaged);
    LogResumed record;
    {
        const auto resumed = log.resume();
        record = resumed.record;
        CHECK(resumed.quarantine == hold.quarantine);  // the same copy
        check_anchors(log, resumed.owned);
    }
    CHECK(record.from.value() == readable);
    CHECK(record.to == std::max(hold.highest_anchor, hold.readable_head));
    check_goes_on(log, record, 2);
}

TEST_CASE("a log in order without anchors is resumed without a gap", "[log_resume]") {
    LogUnderTest log(acknowledged);
    fs::remove(log.path("anchors"));
    CHECK(log.held().readable_head == SequenceId(acknowledged));
    LogResumed record;
    {
        const auto resumed = log.resume();
        record = resumed.record;
        check_anchors(log, resumed.owned);
        CHECK(resumed.owned.log->gaps().empty());
    }
    CHECK(record.from == record.to);
    CHECK(record.anchor_mac.empty());
    check_goes_on(log, record, 2);
}

TEST_CASE("projections that are ahead say where to go on", "[log_resume]") {
    LogUnderTest log(acknowledged);
    log.options.projection = Head{SequenceId(33), {}};
    CHECK(log.held().highest_anchor == SequenceId(33));
    {
        const auto resumed = log.resume();
        CHECK(resumed.record.to == SequenceId(33));
        CHECK(resumed.record.anchor_mac == hex(Mac{}));
        CHECK(resumed.owned.projections_disagree);
    }
    // They stay behind until they are rebuilt; nothing is held over it.
    CHECK(log.open().projections_disagree);
}

TEST_CASE("an anchor that has another record is answered by the resumption", "[log_resume]") {
    LogUnderTest log(acknowledged);
    log.options.projection = Head{SequenceId(acknowledged), {}};
    fs::remove(log.path("anchors"));
    CHECK(log.held().highest_anchor == SequenceId(acknowledged));
    {
        const auto resumed = log.resume();
        CHECK(resumed.record.to == SequenceId(acknowledged));
        CHECK(resumed.owned.projections_disagree);
    }
    CHECK(log.open().projections_disagree);
}

TEST_CASE("a log in order is resumed only when someone else knows better", "[log_resume]") {
    LogUnderTest log(acknowledged);
    const auto before = directory_snapshot(log.data());
    const auto refused = log.try_resume();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::config_invalid);
    CHECK(directory_snapshot(log.data()) == before);
    LogResumed record;
    {
        const auto resumed = log.try_resume(true);
        REQUIRE(resumed);
        record = resumed->record;
        CHECK(record.from == SequenceId(acknowledged));
        CHECK(record.to == SequenceId(acknowledged));
    }
    check_goes_on(log, record, 2);
}

TEST_CASE("a torn tail is no reason to resume", "[log_resume]") {
    LogUnderTest log(acknowledged);
    append_bytes(log.wal_path(), "abc");
    CHECK(log.try_resume().error().code == ErrorCode::config_invalid);
    CHECK(head_of(log.open()) == acknowledged + 1);
}

TEST_CASE("a log that is not there is not resumed", "[log_resume]") {
    LogUnderTest log(acknowledged);
    SECTION("only traces of it") {
        fs::remove_all(log.path("log"));
    }
    SECTION("nothing at all") {
        fs::remove_all(log.data());
        REQUIRE(prepare_data_directory(log.data()));
    }
    const auto before = directory_snapshot(log.data());
    CHECK(log.try_resume().error().code == ErrorCode::engine_held);
    CHECK(directory_snapshot(log.data()) == before);
}

TEST_CASE("a log is resumed again and again", "[log_resume]") {
    LogUnderTest log(acknowledged);
    for (std::uint32_t branch = 2; branch <= 5; ++branch) {
        const std::uint64_t head = head_of(log.open());
        log.append_to(head + 6);
        cut_to(log, head + 2);
        CHECK(log.held().readable_head == SequenceId(head + 2));
        LogResumed record;
        {
            record = log.resume().record;
            CHECK(record.from == SequenceId(head + 2));
            CHECK(record.to == SequenceId(head + 6));
        }
        check_goes_on(log, record, branch);
    }
    CHECK(log.open().log->gaps().size() == 4);
}

TEST_CASE("a copy from before a resumption put back is held, and resumed beyond it", "[log_resume]") {
    LogUnderTest log(acknowledged);
    log.options.anchors.external_path = log.outside("external");
    log.append_to(acknowledged + 2);
    log.remember_directory();
    cut_file(log.wal_path(), 7);
    const std::uint64_t first = log.resume().record.to.value() + 1;
    log.append_to(first + 5);
    log.restore_directory();
    const Hold hold = log.held();
    CHECK(hold.highest_anchor == SequenceId(first + 5));
    const LogResumed record = log.resume().record;
    CHECK(record.to == SequenceId(first + 5));
    check_goes_on(log, record, 2);
}

TEST_CASE("damage in the middle of the tables is listed, and the store goes on over it", "[log_resume]") {
    LogUnderTest log(1);
    log.append_in_batches_to(1'000);
    log.append_in_batches_to(2'000);
    log.append_in_batches_to(2'010);
    const auto tables = table_files(log.path("log"));
    REQUIRE(tables.size() == 3);
    flip_bit(tables[1], 200);
    flip_bit(tables[1], fs::file_size(tables[1]) / 2);
    flip_bit(tables[2], fs::file_size(tables[2]) / 2);
    const auto whole_records = [](const OwnedLog& owned) {
        const auto report = verify_chain(*owned.log, owned.keys.ring());
        REQUIRE(report);
        INFO(report->reason);
        CHECK(report->chain_valid);
        return report->events_scanned;
    };
    const Hold hold = log.held();
    CHECK(hold.readable_head < SequenceId(2'000));
    std::uint64_t lost = 0;
    {
        const auto resumed = log.resume();
        CHECK(resumed.record.from == SequenceId(2'010));
        CHECK(resumed.record.to == SequenceId(2'010));
        CHECK(resumed.record.gaps.size() == 3);
        CHECK(resumed.owned.log->gaps().size() == 3);
        for (const LostRange& gap : resumed.record.gaps)
            lost += gap.to.value() - gap.from.value() + 1;
        CHECK(lost < 600);
        CHECK(whole_records(resumed.owned) == 2'011 - lost);
    }

    // Several memtables, and RocksDB compacts by itself: it moves the damaged tables, it never reads them.
    constexpr std::uint64_t large_records = 2'500;
    {
        const auto owned = log.open();
        const std::vector<PendingRecord> large(50, {20, std::string(60'000, 'x')});
        for (std::uint64_t i = 0; i < large_records / large.size(); ++i)
            REQUIRE(owned.log->append(large, owned.log->head().sequence.next()));
        REQUIRE(owned.log->append(batch(1, 1'000), owned.log->head().sequence.next()));
    }
    const auto owned = log.open();
    CHECK(head_of(owned) == 2'011 + large_records + 1'000);
    CHECK(whole_records(owned) == 2'011 - lost + large_records + 1'000);
    for (const std::string& table : tables)
        CHECK(fs::exists(table));
    rocksdb::DB* raw = nullptr;
    REQUIRE(rocksdb::DB::OpenForReadOnly({}, log.path("log"), &raw).ok());
    const std::unique_ptr<rocksdb::DB> store(raw);
    std::vector<rocksdb::LiveFileMetaData> files;
    store->GetLiveFilesMetaData(&files);
    CHECK(std::ranges::any_of(files, [](const auto& file) { return file.level > 0; }));
}

TEST_CASE("damage right at the log's end is lost with the tail", "[log_resume]") {
    LogUnderTest log(1);
    log.append_in_batches_to(1'000);
    CHECK(head_of(log.open()) == 1'000);  // all in tables now
    const auto tables = table_files(log.path("log"));
    // The last data block, before the index and the footer.
    flip_bit(tables.back(), fs::file_size(tables.back()) - 1'500);
    const Hold hold = log.held();
    CHECK(hold.readable_head > SequenceId(500));
    CHECK(hold.readable_head < SequenceId(1'000));
    LogResumed record;
    {
        const auto resumed = log.resume();
        record = resumed.record;
        CHECK(record.from == hold.readable_head);
        CHECK(record.to == SequenceId(1'000));
    }
    check_goes_on(log, record, 2);
}

TEST_CASE("a store that cannot be opened for writing any more is resumed in a new one", "[log_resume]") {
    LogUnderTest log(1);
    log.append_in_batches_to(1'000);
    log.append_in_batches_to(2'000);
    log.append_in_batches_to(2'010);
    const auto tables = table_files(log.path("log"));
    REQUIRE(tables.size() == 3);
    std::uint64_t lost_from = 2, readable = 2'010, last = 2'010;
    SECTION("a table without its footer") {
        cut_file(tables[1], 20);
    }
    SECTION("a table deleted") {
        fs::remove(tables[1]);
    }
    SECTION("the newest table without its footer, everything after it and the anchors gone") {
        CHECK(head_of(log.open()) == 2'010);
        cut_file(table_files(log.path("log")).back(), 20);
        fs::remove(log.wal_path());
        fs::remove(log.path("anchors"));
        readable = 2'000;
    }
    const std::string old_current = file_content(log.path("log/CURRENT"));
    CHECK(log.held().can_resume);
    LogResumed record;
    {
        const auto resumed = log.resume();
        record = resumed.record;
        CHECK(record.from == SequenceId(readable));
        CHECK(record.to == SequenceId(last));  // what stood in the store counts, readable or not
        if (readable == 2'010) {
            REQUIRE(record.gaps.size() == 1);
            CHECK(record.gaps.front().from == SequenceId(lost_from));
        }
        CHECK(file_content(log.path("quarantine/" + resumed.quarantine + "/log/CURRENT")) == old_current);
        check_anchors(log, resumed.owned);
    }
    CHECK_FALSE(fs::exists(log.path("resuming")));
    {
        const auto owned = log.open();
        const std::vector<PendingRecord> large(50, {20, std::string(60'000, 'x')});
        for (int i = 0; i < 20; ++i)
            REQUIRE(owned.log->append(large, owned.log->head().sequence.next()));
    }
    const auto owned = log.open();
    CHECK(head_of(owned) == last + 1 + 1'000);
    const auto report = verify_chain(*owned.log, owned.keys.ring());
    REQUIRE(report);
    INFO(report->reason);
    CHECK(report->chain_valid);
}
