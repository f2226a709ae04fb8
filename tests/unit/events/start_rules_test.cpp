#include "events/log/start/start_rules.hpp"

#include <functional>

#include <catch2/catch.hpp>

using namespace ibkr::events;
using Start = StartVerdict::Start;

// The starting rules as a table: what was found, and what follows from it. No file, no log.

namespace {

Mac mac_of(std::uint64_t sequence) {
    Mac mac{};
    mac.fill(static_cast<std::uint8_t>(sequence));
    return mac;
}

constexpr std::uint64_t log_head = 100;

/// An anchor that says the log's own record.
AnchorFinding anchor(AnchorName name, std::uint64_t sequence, std::uint64_t synced = 0) {
    AnchorFinding finding{name, {SequenceId(sequence), mac_of(sequence)}, {}, SequenceId(synced), {}, false};
    if (sequence >= 1 && sequence <= log_head) finding.log_mac = mac_of(sequence);
    return finding;
}
AnchorFinding other_record(AnchorName name, std::uint64_t sequence) {
    AnchorFinding finding = anchor(name, sequence);
    finding.head.mac = mac_of(250);
    return finding;
}
AnchorFinding unreadable_record(AnchorName name, std::uint64_t sequence) {
    AnchorFinding finding = anchor(name, sequence);
    finding.log_mac.reset();
    return finding;
}
AnchorFinding attested_lost(AnchorName name, std::uint64_t sequence) {
    AnchorFinding finding = unreadable_record(name, sequence);
    finding.attested_lost = true;
    return finding;
}

constexpr auto file = AnchorName::file;
constexpr auto projection = AnchorName::projection;
constexpr auto external = AnchorName::external;

StartFindings with(std::vector<AnchorFinding> anchors, bool external_configured = false) {
    StartFindings findings;
    findings.head = SequenceId(log_head);
    findings.anchors = std::move(anchors);
    findings.external_configured = external_configured;
    return findings;
}

struct Row {
    const char* name;
    StartFindings findings;
    Start start = Start::open;
    const char* reason = "";  ///< a part of it, when held
    bool projections_disagree = false;
    std::vector<AnchorRewrite> rewrites = {};
};

void check(const Row& row) {
    const StartVerdict verdict = judge_start(row.findings);
    CHECK(verdict.start == row.start);
    CHECK(verdict.reason.find(row.reason) != std::string::npos);
    CHECK(verdict.reason.empty() == (row.start == Start::open));
    CHECK(verdict.projections_disagree == row.projections_disagree);
    CHECK(verdict.rewrites == row.rewrites);
}

StartFindings changed(StartFindings findings, const std::function<void(StartFindings&)>& change) {
    change(findings);
    return findings;
}

constexpr std::uint64_t wal_number = 12;

WalScan scan(std::uint64_t number, std::uint64_t good, std::uint64_t damaged, bool decodable = false) {
    return {number, good + damaged, good, decodable, damaged > 0 ? "aa" : ""};
}
AnchorFinding at_wal(AnchorFinding finding, std::uint64_t number, std::uint64_t bytes) {
    finding.wal = {number, bytes};
    return finding;
}

}  // namespace

TEST_CASE("rule 1: an empty or absent log is held, never a new one", "[start_rules]") {
    const StartFindings good = with({anchor(file, log_head)});
    const std::vector<Row> table{
        {"absent", changed(good, [](auto& f) { f.store_exists = false; }), Start::hold, "missing"},
        {"empty", changed(good, [](auto& f) { f.head = SequenceId(); }), Start::hold, "empty"},
        {"not readable", changed(good, [](auto& f) { f.unreadable = "the store is damaged"; }), Start::hold,
         "the store is damaged"},
    };
    for (const Row& row : table)
        DYNAMIC_SECTION(row.name) {
            check(row);
            CHECK_FALSE(judge_start(row.findings).can_resume);
            CHECK(judge_refused_start(row.findings, {scan(wal_number, 10, 5)}) == judge_start(row.findings));
        }
    CHECK(judge_start(good).start == Start::open);
}

TEST_CASE("rule 2: every anchor agrees", "[start_rules]") {
    const std::vector<Row> table{
        {"both slots agree", with({anchor(file, 100), anchor(file, 99)})},
        {"one slot is left", with({anchor(file, 99)})},
        {"all agree", with({anchor(file, 100), anchor(external, 98), anchor(projection, 97)}, true)},
        {"a slot is ahead", with({anchor(file, 101), anchor(file, 100)}), Start::hold, "record 101"},
        {"only the older slot is wrong", with({anchor(file, 100), other_record(file, 99)}), Start::hold,
         "another record 99"},
        {"the record it names cannot be read", with({anchor(file, 100), unreadable_record(file, 99)}),
         Start::hold, "cannot be read"},
        {"the external anchor is ahead", with({anchor(file, 100), anchor(external, 140)}, true), Start::hold,
         "the external anchor"},
        {"the external anchor has another record",
         with({anchor(file, 100), other_record(external, 50)}, true), Start::hold, "another record 50"},
        {"in an attested gap", with({anchor(file, 100), attested_lost(external, 50)}, true)},
        {"both slots in an attested gap: a crash came before they were written anew",
         with({attested_lost(file, 90), attested_lost(file, 89)})},
    };
    for (const Row& row : table)
        DYNAMIC_SECTION(row.name) {
            check(row);
            CHECK(judge_start(row.findings).can_resume);
        }
}

TEST_CASE("rule 2: checkpoints of the projections", "[start_rules]") {
    const std::vector<Row> table{
        {"of nothing", with({anchor(file, 100), anchor(projection, 0)})},
        {"behind", with({anchor(file, 100), anchor(projection, 3)})},
        {"ahead of the log", with({anchor(file, 100), anchor(projection, 101)}), Start::hold,
         "the projections' checkpoint"},
        {"another record, the anchor file agrees beyond",
         with({anchor(file, 100), other_record(projection, 99)}), Start::open, "", true},
        {"another record, the anchor file agrees right there",
         with({anchor(file, 99), other_record(projection, 99)}), Start::open, "", true},
        {"another record, the anchor file agrees before it only",
         with({anchor(file, 98), other_record(projection, 99)}), Start::hold, "another record 99"},
        {"another record, the external anchor agrees beyond",
         with({anchor(file, 98), anchor(external, 100), other_record(projection, 99)}, true), Start::open, "",
         true},
        {"another record, and so has the anchor file",
         with({other_record(file, 100), other_record(projection, 99)}), Start::hold, "another record"},
        {"another record, and the anchors are attested lost",
         with({attested_lost(file, 99), other_record(projection, 98)}), Start::hold, "another record 98"},
        {"its record cannot be read, the anchor file agrees beyond",
         with({anchor(file, 100), unreadable_record(projection, 50)}), Start::open, "", true},
        {"in an attested gap", with({anchor(file, 100), attested_lost(projection, 50)}), Start::open, "",
         true},
    };
    for (const Row& row : table)
        DYNAMIC_SECTION(row.name) {
            check(row);
            CHECK(judge_start(row.findings).can_resume);
        }
}

TEST_CASE("rule 2: anchors without a usable slot are written anew when another confirms", "[start_rules]") {
    const AnchorRewrite by_projection{file, projection, SequenceId(97)};
    const std::vector<Row> table{
        {"none at all", with({}), Start::hold, "no usable anchor"},
        {"a checkpoint of nothing confirms nothing", with({anchor(projection, 0)}), Start::hold,
         "no usable anchor"},
        {"the projections confirm", with({anchor(projection, 97)}), Start::open, "", false, {by_projection}},
        {"a damaged projection confirms nothing", with({other_record(projection, 97)}), Start::hold,
         "another"},
        {"what is attested lost confirms nothing", with({attested_lost(projection, 97)}), Start::hold,
         "no usable anchor"},
        {"the external anchor confirms",
         with({anchor(external, 98)}, true),
         Start::open,
         "",
         false,
         {{file, external, SequenceId(98)}}},
        {"the highest confirms",
         with({anchor(external, 98), anchor(projection, 99)}, true),
         Start::open,
         "",
         false,
         {{file, projection, SequenceId(99)}}},
        {"the external anchor disagrees", with({other_record(external, 98), anchor(projection, 99)}, true),
         Start::hold, "the external anchor"},
        {"the external anchor confirms against a damaged projection",
         with({anchor(external, 98), other_record(projection, 97)}, true),
         Start::open,
         "",
         true,
         {{file, external, SequenceId(98)}}},
        {"the external anchor is missing",
         with({anchor(file, 100)}, true),
         Start::open,
         "",
         false,
         {{external, file, SequenceId(100)}}},
        {"the external anchor is missing and not configured", with({anchor(file, 100)})},
        {"both files are missing, the projections confirm",
         with({anchor(projection, 97)}, true),
         Start::open,
         "",
         false,
         {by_projection, {external, projection, SequenceId(97)}}},
        {"both files are missing", with({}, true), Start::hold, "no usable anchor"},
    };
    for (const Row& row : table)
        DYNAMIC_SECTION(row.name) {
            check(row);
            CHECK(judge_start(row.findings).can_resume);
        }
}

TEST_CASE("rule 2: the chain holds back to the last synced anchor, 1,000 records at least", "[start_rules]") {
    CHECK(judge_start(changed(with({anchor(file, 100)}), [](auto& f) {
              f.tail_break = "record 70 is bad";
          })).reason == "record 70 is bad");
    const auto from = [](std::uint64_t head, std::vector<AnchorFinding> anchors) {
        StartFindings findings = with(std::move(anchors));
        findings.head = SequenceId(head);
        return verify_tail_from(findings).value();
    };
    CHECK(from(5'000, {anchor(file, 5'000, 4'990)}) == 4'000);
    CHECK(from(5'000, {anchor(file, 5'000, 2'500)}) == 2'500);
    CHECK(from(5'000, {anchor(file, 5'000, 4'999), anchor(file, 4'999, 10)}) == 4'000);
    CHECK(from(5'000, {anchor(file, 4'000, 3'000), anchor(external, 5'000, 3'500)}) == 3'500);
    CHECK(from(5'000, {anchor(file, 5'000, 0)}) == 1);
    CHECK(from(5'000, {anchor(projection, 5'000)}) == 1);
    CHECK(from(700, {anchor(file, 700, 690)}) == 1);
    CHECK(from(1, {anchor(file, 1, 1)}) == 1);
}

TEST_CASE("rule 3: a torn tail is told apart from a lost one", "[start_rules]") {
    const StartFindings good = with({at_wal(anchor(file, 100), wal_number, 8'000)});
    struct TornRow {
        const char* name;
        StartFindings findings;
        std::vector<WalScan> wals;
        const char* reason;  ///< empty: a torn tail
    };
    const auto newest = [](std::uint64_t good_bytes, std::uint64_t damaged, bool decodable = false) {
        return std::vector<WalScan>{scan(wal_number, good_bytes, damaged, decodable)};
    };
    const auto anchored_at = [](std::uint64_t number, std::uint64_t bytes) {
        return with({at_wal(anchor(file, 100), number, bytes)});
    };
    const std::vector<TornRow> table{
        {"right at the anchored bytes", good, newest(8'000, 50), ""},
        {"beyond the anchored bytes", good, newest(9'000, 50), ""},
        {"the anchor is in an older file", anchored_at(wal_number - 1, 99'999), newest(0, 50), ""},
        {"older files are whole", good, {scan(wal_number - 1, 500, 0), scan(wal_number, 8'000, 50)}, ""},
        {"exactly one batch", good, newest(8'000, batch_wal_bytes_max), ""},
        {"longer than a batch", good, newest(8'000, batch_wal_bytes_max + 1), "longer than any batch"},
        {"before the anchored bytes", good, newest(7'999, 50), "before the end of record 100"},
        {"the anchor is in a newer file than there is", anchored_at(wal_number + 1, 10), newest(8'000, 50),
         "newer write-ahead file"},
        {"something follows the damage", good, newest(8'000, 50, true), "had been acknowledged"},
        {"an older file is damaged",
         good,
         {scan(wal_number - 1, 500, 1), scan(wal_number, 8'000, 50)},
         "not the newest"},
        {"only an older file is damaged",
         good,
         {scan(wal_number - 1, 500, 1), scan(wal_number, 8'000, 0)},
         "is whole"},
        {"nothing is damaged", good, newest(8'000, 0), "is whole"},
        {"there is no file", good, {}, "is whole"},
        {"an anchor is ahead", with({anchor(file, 101)}), newest(9'000, 50), "record 101"},
        {"the external anchor was further in the file",
         with({at_wal(anchor(file, 99), wal_number, 7'000), at_wal(anchor(external, 100), wal_number, 8'000)},
              true),
         newest(7'500, 50), "the external anchor"},
        {"an attested anchor names a file that is gone",
         with({at_wal(attested_lost(file, 90), wal_number + 5, 10), anchor(file, 100)}), newest(8'000, 50),
         ""},
        {"no anchor slot is usable, a checkpoint agrees", with({anchor(projection, 100)}), newest(8'000, 50),
         "no usable anchor slot"},
        {"the only usable slot was attested lost", with({attested_lost(file, 90), anchor(projection, 100)}),
         newest(8'000, 50), "no usable anchor slot"},
        {"the only usable slot names nothing", with({anchor(file, 0), anchor(projection, 100)}),
         newest(8'000, 50), "no usable anchor slot"},
        {"the external anchor alone confirms", with({at_wal(anchor(external, 100), wal_number, 8'000)}, true),
         newest(8'000, 50), ""},
        {"an attested slot beside one that agrees",
         with({attested_lost(file, 90), at_wal(anchor(file, 100), wal_number, 8'000)}), newest(8'000, 50),
         ""},
        {"the chain does not hold", changed(good, [](auto& f) { f.tail_break = "record 70 is bad"; }),
         newest(8'000, 50), "record 70"},
    };
    for (const TornRow& row : table)
        DYNAMIC_SECTION(row.name) {
            const StartVerdict verdict = judge_refused_start(row.findings, row.wals);
            const bool torn = std::string(row.reason).empty();
            CHECK(verdict.start == (torn ? Start::discard_tail : Start::hold));
            CHECK(verdict.reason.find(row.reason) != std::string::npos);
            CHECK(verdict.reason.empty() == torn);
            CHECK(verdict.can_resume);
        }
    // What else rule 2 found is not forgotten over the tail.
    const StartVerdict verdict = judge_refused_start(
        with({anchor(external, 100), other_record(projection, 99)}, true), newest(8'000, 50));
    CHECK(verdict.start == Start::discard_tail);
    CHECK(verdict.projections_disagree);
    CHECK(verdict.rewrites.size() == 1);
}

TEST_CASE("rule 4: a resumption that was cut off stays held", "[start_rules]") {
    const StartFindings cut =
        changed(with({anchor(file, 100)}), [](auto& f) { f.resumption_cut_off = true; });
    CHECK(judge_start(cut).start == Start::hold);
    CHECK(judge_start(cut).can_resume);
    CHECK(judge_refused_start(cut, {scan(wal_number, 8'000, 50)}).start == Start::hold);
}

TEST_CASE("a batch at its limits fits the longest torn tail", "[start_rules]") {
    // Value prefix 48, key 8, lengths and tag 7 at most; a record header per block.
    constexpr std::uint64_t payload = append_bytes_max + append_records_max * (48 + 8 + 7) + 12;
    constexpr std::uint64_t blocks = payload / (32'768 - 7) + 2;
    CHECK(batch_wal_bytes_max >= payload + blocks * 7);
    CHECK(batch_wal_bytes_max < payload + blocks * 7 + 400'000);
    CHECK(highest_anchor({}) == SequenceId());
    CHECK(highest_anchor({anchor(file, 3), anchor(projection, 9)}) == SequenceId(9));
}
