#include <filesystem>

#include "tests/integration/log_damage_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
namespace fs = std::filesystem;

// The damage table, everything but the write-ahead log: tables, whole directories, anchors, older copies. On
// the files of `rocksdb_store()`.

namespace {

Mac other_mac() {
    Mac mac{};
    mac.fill(0x5a);
    return mac;
}

Head head_at(const LogReader& log, std::uint64_t sequence) {
    const Record record = read_from(log, sequence).front();
    return {record.sequence, record.mac};
}

/// Opens, and what was appended is there.
void check_opens(LogUnderTest& log, std::uint64_t last) {
    const auto owned = log.open();
    CHECK(owned.notes.empty());
    CHECK(head_of(owned) == last);
    check_holds(owned, last);
}

/// Opens after one anchor was written anew, which is recorded once.
void check_rewrites(LogUnderTest& log, std::uint64_t last, const AnchorRewritten& expected) {
    {
        const auto owned = log.open();
        CHECK(owned.notes.size() == 1);
        CHECK(head_of(owned) == last + 1);
        check_holds(owned, last);
        const Event newest = newest_event(*owned.log);
        REQUIRE(std::holds_alternative<AnchorRewritten>(newest.body));
        CHECK(std::get<AnchorRewritten>(newest.body) == expected);
        const auto standings = compare_anchors(log.data(), *owned.log, owned.keys.ring(), log.options);
        REQUIRE(standings);
        for (const AnchorStanding& standing : *standings)
            if (standing.name != "projection") CHECK(standing.state == AnchorStanding::State::equal);
    }
    const auto again = log.open();
    CHECK(again.notes.empty());
    CHECK(head_of(again) == last + 1);
}

/// Nothing was changed: with what was missing put back, all is there.
void check_whole_again(LogUnderTest& log, std::uint64_t last) {
    const auto owned = log.open();
    check_holds(owned, last);
}

}  // namespace

TEST_CASE("write-ahead files deleted", "[log_damage]") {
    LogUnderTest log(10);
    log.append_to(15);  // 1 to 10 are in a table now
    log.remember_anchor();
    log.append_to(20);  // 1 to 15 are
    log.remember_directory();
    SECTION("below the anchors") {
        fs::remove(log.wal_path());
        const Hold hold = log.held();
        CHECK(hold.readable_head == SequenceId(15));
        CHECK(hold.highest_anchor == SequenceId(20));
        CHECK(hold.quarantine.empty());
        log.restore_directory();
        check_whole_again(log, 20);
    }
    SECTION("beyond the anchors nothing can notice") {
        log.restore_anchor();
        fs::remove(log.wal_path());
        check_opens(log, 15);
    }
}

TEST_CASE("the only write-ahead file of a young log deleted", "[log_damage]") {
    LogUnderTest log(20);
    fs::remove(log.wal_path());
    // Record 1 is in a table from the start: creation closes the store before it is opened for use.
    const Hold hold = log.held();
    CHECK(hold.readable_head == SequenceId(1));
    CHECK(hold.highest_anchor == SequenceId(20));
    CHECK(hold.can_resume);
}

TEST_CASE("one bit of a table flipped", "[log_damage]") {
    LogUnderTest log(1);
    log.append_in_batches_to(300);
    log.append_in_batches_to(2'000);
    log.append_to(2'010);
    const auto tables = table_files(log.path("log"));
    REQUIRE(tables.size() == 3);  // record 1, up to 300, up to 2,000
    SECTION("among the newest 1,000 records, and below the anchors") {
        flip_bit(tables.back(), fs::file_size(tables.back()) / 5 * 4);
        const Hold hold = log.held();
        CHECK(hold.reason.find("does not verify") != std::string::npos);
        CHECK(hold.readable_head > SequenceId(1'000));
        CHECK(hold.readable_head < SequenceId(2'000));
        CHECK(hold.can_resume);
    }
    SECTION("far below: the log opens, and verifying all of it finds the place") {
        flip_bit(tables[1], 200);
        const auto owned = log.open();
        CHECK(head_of(owned) == 2'010);
        const auto report = verify_chain(*owned.log, owned.keys.ring());
        REQUIRE(report);
        CHECK_FALSE(report->chain_valid);
        REQUIRE(report->first_break_at_sequence);
        CHECK(*report->first_break_at_sequence < SequenceId(300));
        CHECK(read_from(*owned.log, 301).size() == 1'710);
    }
    SECTION("beyond the anchors") {
        // The anchor is one of record 300: the newest records are verified all the same.
        flip_bit(tables.back(), fs::file_size(tables.back()) / 5 * 4);
        CHECK(log.held().can_resume);
    }
}

TEST_CASE("a part of the store deleted or damaged", "[log_damage]") {
    LogUnderTest log(10);
    log.append_to(20);
    log.remember_directory();
    const std::string part =
        GENERATE(as<std::string>{}, "MANIFEST", "MANIFEST flipped", "CURRENT", "log", "all of log");
    INFO(part);
    const std::string store = log.path("log");
    if (part == "CURRENT") fs::remove(store + "/CURRENT");
    if (part == "log" || part == "all of log") fs::remove_all(store);
    if (part == "all of log") fs::create_directory(store);
    if (part.starts_with("MANIFEST"))
        for (const auto& entry : fs::directory_iterator(store)) {
            if (!entry.path().filename().string().starts_with("MANIFEST")) continue;
            if (part == "MANIFEST") fs::remove(entry.path());
            if (part == "MANIFEST flipped") flip_bit(entry.path().string(), 20);
            break;
        }
    SECTION("the anchors stand at its end") {
        const Hold hold = log.held();
        CHECK(hold.readable_head == SequenceId());
        CHECK(hold.highest_anchor == SequenceId(20));
        CHECK_FALSE(hold.can_resume);
        CHECK(log.try_resume().error().code == ErrorCode::engine_held);
    }
    SECTION("without anchors") {
        fs::remove(log.path("anchors"));
        CHECK_FALSE(log.held().can_resume);
    }
    log.restore_directory();
    check_whole_again(log, 20);
}

TEST_CASE("a table deleted", "[log_damage]") {
    LogUnderTest log(10);
    log.append_to(20);
    log.remember_directory();
    fs::remove(table_files(log.path("log")).back());
    const Hold hold = log.held();
    CHECK(hold.readable_head < SequenceId(20));
    CHECK(hold.highest_anchor == SequenceId(20));
    log.restore_directory();
    check_whole_again(log, 20);
}

TEST_CASE("a damaged anchor file", "[log_damage]") {
    LogUnderTest log(20);
    const std::string anchors = log.path("anchors");
    const std::string whole = file_content(anchors);
    const Head end = head_at(*log.open().log, 20);
    constexpr std::uint64_t second_slot = anchor_slot_stride_bytes;

    SECTION("one slot is left: it is enough") {
        const std::string how = GENERATE(as<std::string>{}, "cut", "first flipped", "second flipped");
        INFO(how);
        if (how == "cut") write_file(anchors, whole.substr(0, second_slot + 100));
        if (how == "first flipped") flip_bit(anchors, 40);
        if (how == "second flipped") flip_bit(anchors, second_slot + 40);
        check_opens(log, 20);
    }
    SECTION("no slot is left") {
        const std::string how = GENERATE(as<std::string>{}, "deleted", "empty", "cut", "both flipped");
        INFO(how);
        if (how == "deleted") fs::remove(anchors);
        if (how == "empty") write_file(anchors, "");
        if (how == "cut") write_file(anchors, whole.substr(0, 100));
        if (how == "both flipped") flip_bit(anchors, 40), flip_bit(anchors, second_slot + 40);
        SECTION("and nothing else says how far the log had come") {
            CHECK(log.held().reason.find("no usable anchor") != std::string::npos);
            write_file(anchors, whole);
            check_whole_again(log, 20);
        }
        SECTION("a checkpoint of nothing says nothing") {
            log.options.projection = Head{};
            CHECK(log.held().can_resume);
        }
        SECTION("the projections agree") {
            log.options.projection = end;
            check_rewrites(log, 20, {"file", "projection", SequenceId(20)});
        }
        SECTION("the projections are ahead") {
            log.options.projection = Head{SequenceId(21), other_mac()};
            CHECK(log.held().highest_anchor == SequenceId(21));
        }
        SECTION("the projections have another record") {
            log.options.projection = Head{SequenceId(20), other_mac()};
            CHECK(log.held().readable_head == SequenceId(20));
        }
    }
}

TEST_CASE("an anchor file that was damaged while the external anchor was not", "[log_damage]") {
    LogUnderTest log(10);
    log.options.anchors.external_path = log.outside("external");
    {
        const auto owned = log.open();  // configured now: made and recorded
        CHECK(head_of(owned) == 11);
        CHECK(events_of<AnchorRewritten>(*owned.log) ==
              std::vector<AnchorRewritten>{{"external", "file", SequenceId(10)}});
    }
    log.append_to(20);
    SECTION("it confirms the log") {
        fs::remove(log.path("anchors"));
        check_rewrites(log, 20, {"file", "external", SequenceId(20)});
    }
    SECTION("its own file was deleted") {
        fs::remove(log.options.anchors.external_path);
        check_rewrites(log, 20, {"external", "file", SequenceId(20)});
    }
    SECTION("it is ahead of the log") {
        cut_file(log.wal_path(), 1);
        fs::remove(log.path("anchors"));
        CHECK(log.held().highest_anchor == SequenceId(20));
    }
    SECTION("both are gone") {
        fs::remove(log.path("anchors"));
        fs::remove(log.options.anchors.external_path);
        CHECK(log.held().reason.find("no usable anchor") != std::string::npos);
    }
    SECTION("it is another log's") {
        LogUnderTest other(5);
        write_file(log.options.anchors.external_path, file_content(other.path("anchors")));
        const auto before = directory_snapshot(log.data());
        CHECK(log.try_open().error().code == ErrorCode::config_invalid);
        CHECK(directory_snapshot(log.data()) == before);
        CHECK(file_content(log.options.anchors.external_path) == file_content(other.path("anchors")));
    }
    SECTION("its disk is not there") {
        log.options.anchors.external_path = log.outside("not/mounted/external");
        const auto refused = log.try_open();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("not/mounted") == std::string::npos);
    }
}

TEST_CASE("an older copy of the whole directory put back", "[log_damage]") {
    LogUnderTest log(10);
    const bool external = GENERATE(true, false);
    if (external) {
        log.options.anchors.external_path = log.outside("external");
        CHECK(head_of(log.open()) == 11);
    }
    log.append_to(12);
    log.remember_directory();
    log.append_to(20);
    log.restore_directory();
    if (external) {
        const Hold hold = log.held();
        CHECK(hold.readable_head == SequenceId(12));
        CHECK(hold.highest_anchor == SequenceId(20));
    } else {
        // Whoever can put back everything can only be noticed from outside: by the external anchor, or by
        // the broker's book (the engine asks it).
        check_opens(log, 12);
    }
}

TEST_CASE("an older copy that went on differently", "[log_damage]") {
    LogUnderTest log(10);
    log.options.anchors.external_path = log.outside("external");
    log.append_to(12);
    log.remember_directory();
    log.append_to(20);
    const std::string seen_outside = file_content(log.options.anchors.external_path);
    log.restore_directory();
    log.options.anchors.external_path.clear();
    {
        auto owned = log.open();
        for (std::uint64_t next = head_of(owned) + 1; next <= 30; ++next)
            REQUIRE(owned.log->append(batch(next + 1'000, 1), SequenceId(next)));
    }
    log.options.anchors.external_path = log.outside("external");
    write_file(log.options.anchors.external_path, seen_outside);
    const Hold hold = log.held();
    CHECK(hold.reason.find("another record") != std::string::npos);
    CHECK(hold.highest_anchor == SequenceId(30));
}

TEST_CASE("checkpoints of the projections beside a log in order", "[log_damage]") {
    LogUnderTest log(20, 10);
    const auto owned_head = [&](std::uint64_t at) {
        const auto owned = log.open();
        return head_at(*owned.log, at);
    };
    SECTION("agrees, or is behind") {
        for (const std::uint64_t at : {1, 7, 20}) {
            log.options.projection = owned_head(at);
            CHECK_FALSE(log.open().projections_disagree);
        }
        log.options.projection = Head{};
        CHECK_FALSE(log.open().projections_disagree);
    }
    SECTION("disagrees while the anchors vouch for the log: it is to be rebuilt") {
        log.options.projection = Head{SequenceId(15), other_mac()};
        CHECK(log.open().projections_disagree);
    }
    SECTION("disagrees beyond what the anchors vouch for") {
        log.restore_anchor();
        log.options.projection = Head{SequenceId(15), other_mac()};
        CHECK(log.held().readable_head == SequenceId(20));
    }
    SECTION("is ahead of the log") {
        log.options.projection = Head{SequenceId(21), other_mac()};
        const Hold hold = log.held();
        CHECK(hold.reason.find("projections") != std::string::npos);
        CHECK(hold.highest_anchor == SequenceId(21));
    }
}

TEST_CASE("an empty data directory beside an external anchor makes no new log", "[log_damage]") {
    LogUnderTest log(5);
    log.options.anchors.external_path = log.outside("external");
    CHECK(head_of(log.open()) == 6);
    fs::remove_all(log.data());
    REQUIRE(prepare_data_directory(log.data()));
    const auto refused = log.try_open();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::engine_held);
    CHECK_FALSE(has_log(log.data()));
}
