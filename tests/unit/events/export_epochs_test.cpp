#include <sstream>

#include "events/log/export/export.hpp"
#include "events/log/export/export_lines.hpp"
#include "events/log/memory_log.hpp"
#include "tests/unit/events/chain_support.hpp"
#include "tests/unit/events/export_text.hpp"

// Exports over rotations, resumptions and the gaps they attest.

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

/// Records 1 to 12 of two epochs and two branches: 3 and 4 rotate the key, 5 can no longer be read, 8 to 10
/// are lost, 11 resumes the log.
struct LongStory {
    MemoryLog log{fixed_keys()};
    LongStory() {
        fill(log, 2);
        (void)rotate(log, log.keys(), second_secret());
        fill(log, 7);
        const std::string mac = stored_mac(log, 5);
        resume(log, 11, {{SequenceId(5), SequenceId(5), mac}});
        fill(log, 12);
    }
    [[nodiscard]] const KeyRing& ring() const { return log.keys().ring(); }
    [[nodiscard]] KeyRing ring_of(std::uint32_t epoch) const {
        KeyRing one(ring().log_id());
        for (const EpochKey& name : ring().names())
            if (name.epoch == epoch) one.add(name, ring().find(name.key_id)->copy());
        return one;
    }
};

std::string exported(const MemoryLog& log, const ExportRange& range = {}) {
    std::string text;
    must(write_export(log, log.keys(), range, [&](std::string_view part) -> Result<void> {
        text += part;
        return {};
    }));
    return text;
}

Result<VerifyReport> checked(const std::string& text, const KeyRing& ring) {
    std::istringstream stream(text);
    return verify_export(stream, ring_from_keys(ring));
}

bool caught(const std::string& text, const KeyRing& ring) {
    const auto report = checked(text, ring);
    return !report || !report->chain_valid;
}

/// The lines under a last line that fits them: what only a holder of the key can write.
std::string sealed(std::vector<std::string> lines, const KeyRing& ring, const KeyId& newest) {
    lines.pop_back();
    const std::string text = joined(lines);
    return text + render_export_mac(export_mac(*ring.find(newest), sha256(text)), newest) + "\n";
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what);
    INFO(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("an export tells of every epoch, branch and gap and gives the records back", "[export]") {
    const LongStory story;
    const std::string text = exported(story.log);
    std::istringstream stream(text);
    const auto reader = must(ExportReader::open(stream, ring_from_keys(story.ring())));
    const ExportDescription& description = reader->description();
    const auto names = story.ring().names();
    CHECK(description.key_ids == std::vector<KeyId>{names[0].key_id, names[1].key_id});
    CHECK(description.branches == std::vector<std::uint32_t>{1, 2});
    CHECK(description.gaps == story.log.gaps());
    REQUIRE(description.gaps.size() == 2);
    CHECK(read_all(*reader) == read_from(story.log, 1));
    CHECK(reader->report().chain_valid);
    CHECK(reader->report().events_scanned == 8);
    CHECK(reader->report().keys_used == names);
    CHECK(reader->report().attested_gaps == story.log.gaps());
    CHECK(reader->report().head == story.log.head());
}

TEST_CASE("every part of a log with gaps verifies on its own", "[export]") {
    const LongStory story;
    const auto in_gap = [](std::uint64_t n) { return n == 5 || (n >= 8 && n <= 10); };
    for (std::uint64_t from = 1; from <= 12; ++from) {
        for (std::uint64_t to = from; to <= 12; ++to) {
            INFO(from << " to " << to);
            std::uint64_t records = 0;
            for (std::uint64_t n = from; n <= to; ++n)
                records += in_gap(n) ? 0 : 1;
            std::string text;
            const auto written = write_export(story.log, story.log.keys(), {SequenceId(from), SequenceId(to)},
                                              [&](std::string_view part) -> Result<void> {
                                                  text += part;
                                                  return {};
                                              });
            if (records == 0) {
                REQUIRE_FALSE(written);
                CHECK(written.error().code == ErrorCode::config_invalid);
                CHECK(text.empty());
                continue;
            }
            REQUIRE(written);
            const VerifyReport report = must(checked(text, story.ring()));
            CHECK(report.chain_valid);
            CHECK(report.events_scanned == records);
            CHECK(lines_of(text).size() == records + 2);
            CHECK(report.attested_gaps == written->gaps);
            CHECK_FALSE(in_gap(written->to.value()));
            const bool cut_gap = written->from != SequenceId(from);
            CHECK(cut_gap == (from > 8 && from <= 10));
        }
    }
}

TEST_CASE("every changed byte of an export with epochs, branches and gaps is caught", "[export]") {
    const LongStory story;
    const std::string text = exported(story.log, {SequenceId(3), SequenceId(11)});
    REQUIRE_FALSE(caught(text, story.ring()));
    REQUIRE(text.find("\"gaps\":[") != std::string::npos);
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const int change : {0x01, 0x20, 0x80}) {
            std::string damaged = text;
            damaged[i] = static_cast<char>(damaged[i] ^ change);
            if (!caught(damaged, story.ring())) FAIL("byte " << i << " changed by " << change);
        }
        std::string shorter = text;
        shorter.erase(i, 1);
        if (!caught(shorter, story.ring())) FAIL("byte " << i << " removed");
        if (!caught(text.substr(0, i), story.ring())) FAIL("cut to " << i << " bytes");
    }
}

TEST_CASE("dropped, doubled and swapped lines of such an export are caught", "[export]") {
    const LongStory story;
    const auto lines = lines_of(exported(story.log));
    REQUIRE(lines.size() == 10);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        auto changed = lines;
        changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(caught(joined(changed), story.ring()));
        changed = lines;
        changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
        CHECK(caught(joined(changed), story.ring()));
        for (std::size_t k = i + 1; k < lines.size(); ++k) {
            changed = lines;
            std::swap(changed[i], changed[k]);
            CHECK(caught(joined(changed), story.ring()));
        }
    }
}

TEST_CASE("without the newest key nothing of an export is verified", "[export]") {
    const LongStory story;
    const KeyRing old_key = story.ring_of(1);
    const std::string text = exported(story.log);
    const VerifyReport report = must(checked(text, old_key));
    CHECK_FALSE(report.chain_valid);
    CHECK_FALSE(report.broken());
    CHECK(report.events_scanned == 8);
    CHECK(report.keys_used.empty());
    const KeyId newest = story.ring().names().back().key_id;
    CHECK(report.not_verified == std::vector<UnverifiedRange>{{SequenceId(1), SequenceId(12), newest}});

    // A gap that only the last line could unmask: record 2 claimed to be lost.
    auto lines = lines_of(text);
    lines[0] = replaced(
        lines[0], "\"gaps\":[",
        "\"gaps\":[{\"attested_by\":11,\"from\":2,\"mac\":\"" + stored_mac(story.log, 2) + "\",\"to\":2},");
    lines.erase(lines.begin() + 2);
    const VerifyReport forged = must(checked(joined(lines), old_key));
    CHECK_FALSE(forged.chain_valid);
    CHECK(caught(joined(lines), story.ring()));

    // What breaks is broken all the same.
    auto damaged = lines_of(text);
    damaged[1] = replaced(damaged[1], "\"mac\":\"", "\"mac\":\"00");
    CHECK(must(checked(joined(damaged), old_key)).broken());
    damaged = lines_of(text);
    damaged.back() = replaced(damaged.back(), "{\"export_mac\":\"", "{\"export_mac\":\"0");
    CHECK(must(checked(joined(damaged), old_key)).broken());

    std::istringstream stream(text);
    const auto reader = must(ExportReader::open(stream, ring_from_keys(old_key)));
    Record record;
    CHECK(reader->next(record).error().code == ErrorCode::log_key_mismatch);
}

TEST_CASE("records under an older key that is not at hand are named, the others verify", "[export]") {
    const LongStory story;
    const KeyRing new_key = story.ring_of(2);
    const std::string text = exported(story.log);
    const VerifyReport report = must(checked(text, new_key));
    CHECK_FALSE(report.chain_valid);
    CHECK_FALSE(report.broken());
    const KeyId oldest = story.ring().names().front().key_id;
    CHECK(report.not_verified == std::vector<UnverifiedRange>{{SequenceId(1), SequenceId(3), oldest}});
    CHECK(report.keys_used == std::vector<EpochKey>{story.ring().names().back()});
    CHECK(must(checked(exported(story.log, {SequenceId(4), {}}), new_key)).chain_valid);

    std::istringstream stream(text);
    const auto reader = must(ExportReader::open(stream, ring_from_keys(new_key)));
    Record record;
    for (int i = 0; i < 2; ++i)
        CHECK(reader->next(record).error().code == ErrorCode::log_key_mismatch);

    // Changed content there is caught by the last line.
    auto lines = lines_of(text);
    lines[2] = replaced(replaced(lines[2], "\\\"n\\\":2}", "\\\"n\\\":3}"), "\"n\":2}", "\"n\":3}");
    CHECK(must(checked(joined(lines), new_key)).broken());
}

TEST_CASE("one secret opens the epoch it is of", "[export]") {
    const LongStory story;
    const auto with = [&](const Secret& secret, const ExportRange& range) {
        std::istringstream stream(exported(story.log, range));
        return verify_export(stream, ring_from_secret(secret));
    };
    CHECK(must(with(audit_secret(), {SequenceId(1), SequenceId(3)})).chain_valid);
    CHECK(must(with(second_secret(), {SequenceId(4), {}})).chain_valid);
    CHECK_FALSE(must(with(second_secret(), {})).chain_valid);
    CHECK_FALSE(must(with(audit_secret(), {})).broken());
    CHECK(with(audit_secret(), {SequenceId(4), {}}).error().code == ErrorCode::log_key_mismatch);
    CHECK(with(third_secret(), {}).error().code == ErrorCode::log_key_mismatch);
}

TEST_CASE("a description that its records contradict is caught under a fitting last line", "[export]") {
    const LongStory story;
    const KeyRing& ring = story.ring();
    const auto names = ring.names();
    const KeyId newest = names.back().key_id;
    const auto lines = lines_of(exported(story.log));
    const auto described = [&](const std::string& what, const std::string& with) {
        auto changed = lines;
        changed[0] = replaced(changed[0], what, with);
        return must(checked(sealed(changed, ring, newest), ring));
    };
    REQUIRE(must(checked(sealed(lines, ring, newest), ring)).chain_valid);
    const std::string gap_at_5 =
        "{\"attested_by\":11,\"from\":5,\"mac\":\"" + hex(story.log.gaps()[0].mac) + "\",\"to\":5}";
    const std::string both_keys = "\"" + hex(names[0].key_id) + "\",\"" + hex(newest) + "\"";

    CHECK(described(gap_at_5, replaced(gap_at_5, "11", "7")).first_break_at_sequence == SequenceId(7));
    CHECK(described(gap_at_5 + ",", "").first_break_at_sequence == SequenceId(5));
    for (const auto& [what, with] : std::vector<std::pair<std::string, std::string>>{
             {"\"branches\":[1,2]", "\"branches\":[2]"},
             {"\"branches\":[1,2]", "\"branches\":[1,2,3]"},
             {"\"branches\":[1,2]", "\"branches\":[1]"},
             {both_keys, "\"0000000000000000\"," + both_keys},
             {"\"key_ids\":[\"" + hex(names[0].key_id) + "\",", "\"key_ids\":["},
             {"\"head\":{\"mac\":\"" + hex(story.log.head().mac),
              "\"head\":{\"mac\":\"" + std::string(64, '0')}}) {
        INFO(with);
        const VerifyReport report = described(what, with);
        CHECK_FALSE(report.chain_valid);
        CHECK(report.broken());
        CHECK_FALSE(report.first_break_at_sequence);
        CHECK(report.events_scanned == 8);
    }
    for (const auto& [what, with] : std::vector<std::pair<std::string, std::string>>{
             {"\"branches\":[1,2]", "\"branches\":[2,1]"},
             {"\"branches\":[1,2]", "\"branches\":[]"},
             {"\"branches\":[1,2]", "\"branches\":[0,2]"},
             {both_keys, both_keys + ",\"" + hex(newest) + "\""},
             {"\"key_ids\":[" + both_keys + "]", "\"key_ids\":[]"},
             {gap_at_5, replaced(gap_at_5, "11", "13")},
             {gap_at_5, replaced(gap_at_5, "11", "5")},
             {gap_at_5, replaced(gap_at_5, "11", "4")},
             {"{\"branches\"", "{\"a\":1,\"branches\""},
             {"\"from\":1,", "\"from\": 1,"},
             {"\"previous_mac\":\"00", "\"previous_mac\":\"01"},
             {gap_at_5, replaced(gap_at_5, "11", "9")},
             {gap_at_5, replaced(gap_at_5, "\"to\":5", "\"to\":7")},
             {gap_at_5, replaced(gap_at_5, "\"to\":5", "\"to\":4")},
             {gap_at_5, gap_at_5 + "," + gap_at_5},
             {"\"to\":10}", "\"to\":12}"}}) {
        INFO(with);
        const VerifyReport report = described(what, with);
        CHECK_FALSE(report.chain_valid);
        CHECK(report.events_scanned == 0);
    }
}

TEST_CASE("a gap does not reach the end of an export", "[export]") {
    const LongStory story;
    auto lines = lines_of(exported(story.log, {SequenceId(1), SequenceId(7)}));
    lines[0] = replaced(lines[0], "\"to\":5}]", "\"to\":7}]");
    const KeyId newest = story.ring().names().back().key_id;
    const VerifyReport report = must(checked(sealed(lines, story.ring(), newest), story.ring()));
    CHECK_FALSE(report.chain_valid);
    CHECK(report.events_scanned == 0);
}

TEST_CASE("keys and branches that were left do not come back", "[export]") {
    std::vector<KeyId> key_ids;
    std::vector<std::uint32_t> branches;
    const auto noted = [&](std::uint8_t key, std::uint32_t branch) {
        return note_header({record_format, 7, branch, KeyId{key}}, key_ids, branches);
    };
    CHECK(noted(1, 1));
    CHECK(noted(2, 1));
    CHECK(noted(2, 4));
    CHECK(noted(2, 4));
    CHECK_FALSE(noted(1, 4));
    CHECK_FALSE(noted(2, 3));
    CHECK(key_ids == std::vector<KeyId>{KeyId{1}, KeyId{2}});
    CHECK(branches == std::vector<std::uint32_t>{1, 4});
}

TEST_CASE("a log does not end between the two records of a rotation", "[export]") {
    LongStory story;
    auto lines = lines_of(exported(story.log, {SequenceId(1), SequenceId(3)}));
    const KeyId oldest = story.ring().names().front().key_id;
    CHECK(must(checked(joined(lines), story.ring())).chain_valid);
    lines[0] = replaced(lines[0], hex(story.log.head().mac), stored_mac(story.log, 3));
    lines[0] = replaced(lines[0], "\"sequence_id\":12", "\"sequence_id\":3");
    const VerifyReport report = must(checked(sealed(lines, story.ring(), oldest), story.ring()));
    CHECK(report.first_break_at_sequence == SequenceId(4));
}

TEST_CASE("a leading gap is part of an export that begins with it", "[export]") {
    MemoryLog log(fixed_keys());
    fill(log, 4);
    resume(log, 5, {{SequenceId(1), SequenceId(2), stored_mac(log, 2)}});
    const std::string text = exported(log);
    const VerifyReport report = must(checked(text, log.keys().ring()));
    CHECK(report.chain_valid);
    CHECK(report.events_scanned == 3);
    CHECK(report.attested_gaps == log.gaps());
    CHECK(must(checked(exported(log, {SequenceId(3), {}}), log.keys().ring())).chain_valid);
}
