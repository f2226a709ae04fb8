#include <thread>

#include "events/log/memory_log.hpp"
#include "tests/unit/events/chain_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

constexpr std::uint64_t segment = 128;

/// Many short records, quickly.
void fill_large(Log& log, std::uint64_t count) {
    for (std::uint64_t next = log.head().sequence.value() + 1; next <= count;) {
        const auto part = batch(next, std::min<std::uint64_t>(append_records_max, count - next + 1));
        must(log.append(part, SequenceId(next)));
        next += part.size();
    }
}

/// More than three segments: rotated in the first, resumed over a segment's border with a lost range that
/// covers another, rotated again.
struct LongLog {
    MemoryLog log{fixed_keys()};
    LongLog() {
        fill(log, 60);
        rotate(log, fixed_keys(), second_secret());
        fill(log, segment - 10);
        resume(log, segment + 20);
        fill(log, 2 * segment - 1);
        resume(log, 3 * segment + 7, {{SequenceId(5), SequenceId(7), stored_mac(log, 7)}});
        fill(log, 3 * segment + 9);
        rotate(log, log.keys().copy(), third_secret());
        fill(log, 4 * segment);
    }
    [[nodiscard]] const KeyRing& ring() const { return log.keys().ring(); }
};

/// The same report whatever the number of threads and the size of segments; it is returned.
VerifyReport same_for_all(const MemoryLog& log, const KeyRing& ring, std::uint64_t from = 1) {
    VerifyReport whole = must(verify_chain(log, ring, {SequenceId(from), 1, {}}));
    for (const unsigned threads : {1U, 2U, 7U})
        for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{10}, segment})
            CHECK(must(verify_chain(log, ring, {SequenceId(from), threads, {}, size})) == whole);
    return whole;
}

}  // namespace

TEST_CASE("a long log verifies alike on any number of threads", "[verify]") {
    const LongLog long_log;
    const MemoryLog& log = long_log.log;
    const KeyRing& ring = long_log.ring();
    const VerifyReport report = same_for_all(log, ring);
    INFO(report.reason);
    CHECK(report.chain_valid);
    CHECK(report.attested_gaps == log.gaps());
    CHECK(report.attested_gaps.size() == 3);
    CHECK(report.head == log.head());
    CHECK(report.events_scanned == 4 * segment - 3 - 29 - (segment + 7));
    CHECK(report.keys_used == ring.names());
    REQUIRE_FALSE(report.resumptions.empty());
    CHECK(report.resumptions.back().sequence == report.attested_gaps.back().attested_by);
}

TEST_CASE("a walk from the midst is verified against the record before it", "[verify]") {
    const LongLog long_log;
    const MemoryLog& log = long_log.log;
    const KeyRing& ring = long_log.ring();
    const auto from = GENERATE(2ULL, 5ULL, 7ULL, 8ULL, 61ULL, 62ULL, 63ULL, segment, segment + 19,
                               segment + 20, segment + 21, 2 * segment, 3 * segment, 4 * segment);
    const VerifyReport report = same_for_all(log, ring, from);
    INFO("from " << from << ": " << report.reason);
    CHECK(report.chain_valid);
    CHECK(report.head == log.head());
    CHECK(report.events_scanned == read_from(log, from).size());
}

TEST_CASE("nothing stands beyond the head", "[verify]") {
    MemoryLog log(fixed_keys());
    CHECK(same_for_all(log, log.keys().ring()) == VerifyReport{});
    fill(log, 3);
    const VerifyReport report = same_for_all(log, log.keys().ring(), 4);
    CHECK(report.chain_valid);
    CHECK(report.events_scanned == 0);
}

TEST_CASE("the lowest break counts, wherever others are", "[verify]") {
    LongLog long_log;
    MemoryLog& log = long_log.log;
    const KeyRing& ring = long_log.ring();
    const auto at = GENERATE(1ULL, 61ULL, 62ULL, segment - 10, segment + 20, segment + 30, 2 * segment - 1,
                             3 * segment + 7, 3 * segment + 11, 4 * segment);
    const auto flip = [&](std::uint64_t sequence) {
        log.tamper(SequenceId(sequence), [](Record& record) { record.bytes[2] ^= 1; });
    };
    flip(at);
    if (at != 4 * segment) flip(4 * segment);
    const VerifyReport report = same_for_all(log, ring);
    const VerifyReport later = same_for_all(log, ring, std::min<std::uint64_t>(at + 1, 4 * segment));
    INFO("at " << at);
    CHECK(report.broken());
    // The records that attest the gaps stand at segment + 20 and 3 segments + 7: without them there is no
    // gap.
    const std::uint64_t expected = at == segment + 20 ? segment - 9 : at == 3 * segment + 7 ? 5 : at;
    CHECK(report.first_break_at_sequence == SequenceId(expected));
    CHECK(report.head.sequence == SequenceId(expected - 1));
    CHECK(later.first_break_at_sequence.has_value());
}

TEST_CASE("a missing or unreadable record before the walk is a break", "[verify]") {
    MemoryLog log(fixed_keys());
    fill(log, 10);
    log.tamper(SequenceId(4), [](Record& record) { record.sequence = SequenceId(40); });
    const VerifyReport report = same_for_all(log, log.keys().ring(), 5);
    CHECK(report.broken());
    CHECK(report.first_break_at_sequence == SequenceId(4));
    CHECK(report.events_scanned == 1);
}

TEST_CASE("unverified ranges are joined over the borders of segments", "[verify]") {
    const LongLog long_log;
    const MemoryLog& log = long_log.log;
    KeyRing ring(log.keys().identity().log_id);
    const auto names = log.keys().ring().names();
    for (const std::size_t known : {0U, 2U})
        ring.add(names[known], log.keys().ring().find(names[known].key_id)->copy());
    const VerifyReport report = same_for_all(log, ring);
    CHECK_FALSE(report.chain_valid);
    CHECK_FALSE(report.broken());
    CHECK(report.keys_used == std::vector<EpochKey>{names[0], names[2]});
    const std::vector<UnverifiedRange> expected{
        {SequenceId(62), SequenceId(segment - 10), names[1].key_id},
        {SequenceId(segment + 20), SequenceId(2 * segment - 1), names[1].key_id},
        {SequenceId(3 * segment + 7), SequenceId(3 * segment + 10), names[1].key_id}};
    CHECK(report.not_verified == expected);
}

TEST_CASE("verification tells how far it is, from one thread at a time", "[verify]") {
    MemoryLog log(fixed_keys());
    fill_large(log, 150'000);
    for (const unsigned threads : {1U, 4U}) {
        std::uint64_t told = 0;  // not guarded: a data race here is a finding
        bool grew = true;
        VerifyOptions options{SequenceId(1), threads, {}};
        options.progress = [&](std::uint64_t scanned) {
            grew = grew && scanned > told;
            told = scanned;
        };
        const VerifyReport report = must(verify_chain(log, log.keys().ring(), options));
        CHECK(report.chain_valid);
        CHECK(grew);
        CHECK(told > 100'000);
        CHECK(told <= 150'000);
    }
}

TEST_CASE("a large log is verified while it grows", "[verify]") {
    MemoryLog log(fixed_keys());
    fill_large(log, 20'000);
    std::jthread writer([&log] {
        for (std::uint64_t i = 20'001; i <= 20'300; ++i) {
            const auto records = batch(i, 1);
            if (!log.append(records, SequenceId(i))) return;
        }
    });
    std::uint64_t seen = 20'000;
    while (seen < 20'300) {
        const auto report = verify_chain(log, log.keys().ring(), {SequenceId(1), 3, {}});
        if (!report || !report->chain_valid || report->events_scanned < seen) break;
        seen = report->events_scanned;
    }
    CHECK(seen == 20'300);
}
