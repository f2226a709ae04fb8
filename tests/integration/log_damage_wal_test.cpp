#include <filesystem>

#include "tests/integration/log_damage_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
namespace fs = std::filesystem;

// The damage table, write-ahead log: every kind of damage beyond what the anchors say and below it. Records 1
// to 20 are acknowledged and in one write-ahead file of `rocksdb_store()`.

namespace {

constexpr std::uint64_t acknowledged = 20;
constexpr std::uint64_t middle = 12;
constexpr std::uint64_t remembered = 10;

enum class Expected { opens, discards, held };

struct Row {
    const char* name;
    std::function<void(LogUnderTest&)> damage;
    Expected below;          ///< the anchors stand at record 20
    Expected above;          ///< the anchors stand at record 10, as if 11 to 20 had not been acknowledged
    std::uint64_t readable;  ///< the newest record before the damage
};

std::function<void(LogUnderTest&)> cut_by(std::uint64_t bytes) {
    return [bytes](LogUnderTest& log) { cut_file(log.wal_path(), bytes); };
}
std::function<void(LogUnderTest&)> add(std::string bytes) {
    return [bytes = std::move(bytes)](LogUnderTest& log) { append_bytes(log.wal_path(), bytes); };
}
/// To where a record ended.
void cut_to(LogUnderTest& log, std::uint64_t sequence) {
    fs::resize_file(log.wal_path(), log.end_of(sequence).bytes);
}
void zero_body_of_last(LogUnderTest& log) {
    const std::uint64_t begin = log.end_of(acknowledged - 1).bytes + 7;  // after the header of the record
    zero_bytes(log.wal_path(), begin, log.end_of(acknowledged).bytes - begin);
}
/// The beginning of a batch as RocksDB would go on, as far as it was written.
void part_of_a_record(LogUnderTest& log) {
    const std::string wal = file_content(log.wal_path());
    const std::uint64_t from = log.end_of(acknowledged - 1).bytes;
    append_bytes(log.wal_path(), wal.substr(from, (log.end_of(acknowledged).bytes - from) / 2));
}

const std::vector<Row>& rows() {
    static const std::vector<Row> table{
        {"cut by 1 byte", cut_by(1), Expected::held, Expected::discards, acknowledged - 1},
        {"cut by 7 bytes", cut_by(7), Expected::held, Expected::discards, acknowledged - 1},
        {"cut by 100 bytes", cut_by(100), Expected::held, Expected::discards, acknowledged - 1},
        {"cut at a record boundary", [](LogUnderTest& log) { cut_to(log, acknowledged - 1); }, Expected::held,
         Expected::opens, acknowledged - 1},
        {"cut at an earlier record boundary", [](LogUnderTest& log) { cut_to(log, middle); }, Expected::held,
         Expected::opens, middle},
        {"3 stray bytes after it", add("abc"), Expected::discards, Expected::discards, acknowledged},
        {"5 stray bytes after it", add(random_bytes(5, 1)), Expected::discards, Expected::discards,
         acknowledged},
        {"200 stray bytes after it", add(random_bytes(200, 2)), Expected::discards, Expected::discards,
         acknowledged},
        {"40,000 stray bytes after it", add(random_bytes(40'000, 3)), Expected::discards, Expected::discards,
         acknowledged},
        {"part of a record after it", part_of_a_record, Expected::discards, Expected::discards, acknowledged},
        {"70,000 zeros after it", add(std::string(70'000, '\0')), Expected::opens, Expected::opens,
         acknowledged},
        {"a full-length record with a zeroed body", zero_body_of_last, Expected::held, Expected::discards,
         acknowledged - 1},
        {"one bit flipped in the last record",
         [](LogUnderTest& log) { flip_bit(log.wal_path(), log.end_of(acknowledged).bytes - 20); },
         Expected::held, Expected::discards, acknowledged - 1},
        {"one bit flipped in the middle",
         [](LogUnderTest& log) { flip_bit(log.wal_path(), log.end_of(middle).bytes + 30); }, Expected::held,
         Expected::held, middle},
        {"one bit flipped in the middle, in a length",
         [](LogUnderTest& log) { flip_bit(log.wal_path(), log.end_of(middle).bytes + 5); }, Expected::held,
         Expected::held, middle},
    };
    return table;
}

void check_opens(LogUnderTest& log, const Row& row) {
    auto owned = log.open();
    CHECK(owned.notes.empty());
    CHECK(head_of(owned) == row.readable);
    check_holds(owned, row.readable);
    CHECK_FALSE(fs::exists(log.path("quarantine")));
}

void check_discards(LogUnderTest& log, const Row& row) {
    const std::uint64_t offset = log.end_of(row.readable).bytes;
    const std::string damaged = file_content(log.wal_path()).substr(offset);
    const std::string number = fs::path(log.wal_path()).stem().string();
    {
        auto owned = log.open();
        CHECK(owned.notes.size() == 1);
        CHECK(head_of(owned) == row.readable + 1);
        check_holds(owned, row.readable);
        const Event newest = newest_event(*owned.log);
        const auto* const tail = std::get_if<LogTailDiscarded>(&newest.body);
        REQUIRE(tail != nullptr);
        CHECK(*tail == LogTailDiscarded{std::stoull(number), offset, damaged.size(), hex(sha256(damaged))});
    }
    // Recorded once; the log goes on.
    auto again = log.open();
    CHECK(again.notes.empty());
    CHECK(head_of(again) == row.readable + 1);
    REQUIRE(again.log->append(batch(99, 1), SequenceId(row.readable + 2)));
    CHECK(events_of<LogTailDiscarded>(*again.log).size() == 1);
}

void check_held(LogUnderTest& log, const Row& row, std::uint64_t anchor) {
    const Hold hold = log.held();
    CHECK(hold.readable_head.value() == row.readable);
    CHECK(hold.highest_anchor.value() == anchor);
    CHECK(hold.can_resume);
    // Held again and again, and no second copy.
    const Hold again = log.held();
    CHECK(again.reason == hold.reason);
    CHECK(again.quarantine == hold.quarantine);
}

/// The evidence stands byte for byte in the quarantine.
void check_quarantined(const LogUnderTest& log, const std::string& damaged_wal, const std::string& name) {
    std::size_t copies = 0;
    for (const auto& entry : fs::directory_iterator(log.path("quarantine"))) {
        ++copies;
        CHECK(file_content(entry.path().string() + "/" + name) == damaged_wal);
        CHECK(fs::exists(entry.path() / "CURRENT"));
        CHECK(fs::exists(entry.path() / "finding.json"));
    }
    CHECK(copies == 1);
}

enum class AnchorsAt {
    head,        ///< record 20
    same_file,   ///< record 10, in the write-ahead file that is damaged
    older_file,  ///< record 10, in an older one
};

void check_row(const Row& row, AnchorsAt anchors) {
    LogUnderTest log(anchors == AnchorsAt::older_file ? remembered : acknowledged, remembered);
    if (anchors == AnchorsAt::older_file) log.append_to(acknowledged);
    if (anchors != AnchorsAt::head) log.restore_anchor();
    row.damage(log);
    const std::string damaged_wal = file_content(log.wal_path());
    const std::string wal_name = fs::path(log.wal_path()).filename().string();
    switch (anchors == AnchorsAt::head ? row.below : row.above) {
        case Expected::opens:
            check_opens(log, row);
            return;
        case Expected::discards:
            check_discards(log, row);
            break;
        case Expected::held:
            check_held(log, row, anchors == AnchorsAt::head ? acknowledged : remembered);
            break;
    }
    if (fs::exists(log.path("quarantine"))) check_quarantined(log, damaged_wal, wal_name);
}

}  // namespace

TEST_CASE("damage to the write-ahead log below the anchors", "[log_damage]") {
    for (const Row& row : rows())
        DYNAMIC_SECTION(row.name) {
            check_row(row, AnchorsAt::head);
            CHECK(row.readable <= acknowledged);
        }
}

TEST_CASE("damage to the write-ahead log beyond the anchors", "[log_damage]") {
    for (const Row& row : rows())
        DYNAMIC_SECTION(row.name) {
            check_row(row, AnchorsAt::same_file);
            CHECK(row.readable >= remembered);
        }
}

TEST_CASE("damage to the write-ahead log, the anchors in an older file", "[log_damage]") {
    for (const Row& row : rows())
        DYNAMIC_SECTION(row.name) {
            check_row(row, AnchorsAt::older_file);
            CHECK(row.readable >= remembered);
        }
}
