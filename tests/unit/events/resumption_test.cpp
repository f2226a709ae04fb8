#include "events/log/chain/resumption.hpp"

#include "events/log/memory_log.hpp"
#include "tests/unit/events/chain_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

AttestedGap gap(std::uint64_t from, std::uint64_t to, std::uint64_t by = 100, std::uint8_t mark = 0) {
    AttestedGap made{SequenceId(from), SequenceId(to), {}, SequenceId(by)};
    made.mac[0] = mark;
    return made;
}

/// A log_resumed record at 20 over a log of ten records, whatever it says, with a mac that holds.
Record resumed_record(const LogResumed& body) {
    Mac last_mac{};
    static_cast<void>(from_hex(body.last_mac, last_mac));
    Head head{SequenceId(19), last_mac};
    LogIdentity identity = fixed_keys().identity();
    identity.branch = 2;
    return ChainMac(fixed_keys()).extend(head, identity, log_record(SequenceId(20), log_resumed_type, body));
}

LogResumed good_body() {
    Head last{SequenceId(10), {}};
    last.mac[5] = 7;
    return resumption(SequenceId(20), last, {{SequenceId(2), SequenceId(3), std::string(64, 'a')}});
}

std::optional<std::vector<AttestedGap>> attested(const Record& record) {
    auto gaps = read_resumption(record, fixed_keys().ring());
    if (gaps) return std::move(*gaps);
    CHECK(gaps.error().code == ErrorCode::audit_chain_invalid);
    return {};
}

RawRecords raw_of(const MemoryLog& log, std::size_t& looked_at) {
    using Found = Result<std::optional<Record>>;
    const auto at = [&](SequenceId sequence) -> Found {
        ++looked_at;
        for (const Record& record : read_from(log, 1))
            if (record.sequence == sequence) return std::optional(record);
        return std::optional<Record>();
    };
    return {at, [at](SequenceId sequence) -> Found {
                for (; sequence >= SequenceId(1); sequence = SequenceId(sequence.value() - 1))
                    if (auto found = at(sequence); !found || *found) return found;
                return std::optional<Record>();
            }};
}

}  // namespace

TEST_CASE("a resumption attests the gaps it lists and the range before it", "[resumption]") {
    const auto gaps = attested(resumed_record(good_body()));
    REQUIRE(gaps);
    REQUIRE(gaps->size() == 2);
    CHECK(gaps->front().from == SequenceId(2));
    CHECK(gaps->front().to == SequenceId(3));
    CHECK(hex(gaps->front().mac) == std::string(64, 'a'));
    CHECK(gaps->back().from == SequenceId(11));
    CHECK(gaps->back().to == SequenceId(19));
    CHECK(hex(gaps->back().mac) == good_body().last_mac);
    CHECK(gaps->back().attested_by == SequenceId(20));

    LogResumed adjacent = good_body();
    adjacent.from = adjacent.to;
    CHECK(attested(resumed_record(adjacent))->size() == 1);
}

TEST_CASE("a resumption that does not hold attests nothing", "[resumption]") {
    const Record record = resumed_record(good_body());
    const auto changed = GENERATE(
        as<void (*)(Record&)>{}, [](Record& r) { r.mac[0] ^= 1; }, [](Record& r) { r.header.branch = 3; },
        [](Record& r) { r.header.type_number = 2; }, [](Record& r) { r.header.key_id[0] ^= 1; },
        [](Record& r) { r.bytes[r.bytes.find("reason") + 10] ^= 1; }, [](Record& r) { r.bytes = "{}"; },
        [](Record& r) { r.bytes.clear(); }, [](Record& r) { r.sequence = r.sequence.next(); });
    Record damaged = record;
    changed(damaged);
    CHECK_FALSE(attested(damaged));
    CHECK(attested(record));
}

TEST_CASE("the ranges of a resumption ascend before it", "[resumption]") {
    const auto changed = GENERATE(
        as<void (*)(LogResumed&)>{}, [](LogResumed& b) { b.from = SequenceId(); },
        [](LogResumed& b) { b.from = SequenceId(20); }, [](LogResumed& b) { b.to = SequenceId(18); },
        [](LogResumed& b) { b.to = SequenceId(20); }, [](LogResumed& b) { b.last_mac = "aa"; },
        [](LogResumed& b) { b.gaps[0].from = SequenceId(); },
        [](LogResumed& b) { b.gaps[0].from = SequenceId(4); },
        [](LogResumed& b) { b.gaps[0].to = SequenceId(10); },
        [](LogResumed& b) { b.gaps[0].mac = std::string(64, 'X'); },
        [](LogResumed& b) { b.gaps.push_back({SequenceId(3), SequenceId(4), std::string(64, 'a')}); },
        [](LogResumed& b) { b.gaps.resize(resumption_gaps_max + 1, b.gaps[0]); });
    LogResumed body = good_body();
    changed(body);
    CHECK_FALSE(attested(resumed_record(body)));
}

TEST_CASE("gaps that touch are one, and the later record stands for it", "[resumption]") {
    std::vector<AttestedGap> gaps;
    add_gap(gaps, gap(10, 20, 50, 1));
    add_gap(gaps, gap(30, 40, 60, 2));
    add_gap(gaps, gap(1, 2, 60, 3));
    CHECK(gaps == std::vector<AttestedGap>{gap(1, 2, 60, 3), gap(10, 20, 50, 1), gap(30, 40, 60, 2)});
    CHECK(gap_at(gaps, SequenceId(10)) == &gaps[1]);
    CHECK(gap_at(gaps, SequenceId(20)) == &gaps[1]);
    CHECK(gap_at(gaps, SequenceId(21)) == nullptr);
    CHECK(gap_at(gaps, SequenceId(9)) == nullptr);
    CHECK(gap_at({}, SequenceId(9)) == nullptr);

    add_gap(gaps, gap(21, 25, 70, 4));
    CHECK(gaps == std::vector<AttestedGap>{gap(1, 2, 60, 3), gap(10, 25, 70, 4), gap(30, 40, 60, 2)});
    add_gap(gaps, gap(26, 35, 80, 5));
    CHECK(gaps == std::vector<AttestedGap>{gap(1, 2, 60, 3), gap(10, 40, 80, 2)});
    add_gap(gaps, gap(12, 15, 90, 6));
    CHECK(gaps == std::vector<AttestedGap>{gap(1, 2, 60, 3), gap(10, 40, 90, 2)});
}

TEST_CASE("a walk jumps over gaps both ways", "[resumption]") {
    const auto walked = [](std::uint64_t at, std::uint64_t last, bool forward) {
        std::vector<std::uint64_t> visited;
        GapWalk walk({gap(1, 2), gap(5, 6), gap(9, 12)}, SequenceId(at), SequenceId(last), forward);
        for (; !walk.ended(); walk.step())
            visited.push_back(walk.at().value());
        return visited;
    };
    using Visited = std::vector<std::uint64_t>;
    CHECK(walked(1, 14, true) == Visited{3, 4, 7, 8, 13, 14});
    CHECK(walked(5, 8, true) == Visited{7, 8});
    CHECK(walked(7, 9, true) == Visited{7, 8});
    CHECK(walked(10, 12, true).empty());
    CHECK(walked(15, 14, true).empty());
    CHECK(walked(14, 1, false) == Visited{14, 13, 8, 7, 4, 3});
    CHECK(walked(11, 1, false) == Visited{8, 7, 4, 3});
    CHECK(walked(0, 1, false).empty());
}

TEST_CASE("gaps are found whatever the keys file says of them", "[resumption]") {
    MemoryLog log(fixed_keys());
    fill(log, 10);
    resume(log, 20);
    fill(log, 30);
    resume(log, 31, {{SequenceId(4), SequenceId(5), stored_mac(log, 5)}});
    fill(log, 40);
    const auto expected = log.gaps();
    REQUIRE(expected.size() == 2);
    const Record newest = read_from(log, 40).front();
    const auto hints = GENERATE(
        std::vector<SequenceId>{SequenceId(20), SequenceId(31)}, std::vector<SequenceId>{SequenceId(20)},
        std::vector<SequenceId>{SequenceId(31)}, std::vector<SequenceId>{},
        std::vector<SequenceId>{SequenceId(15), SequenceId(30), SequenceId(31), SequenceId(50)});
    std::size_t looked_at = 0;
    CHECK(must(find_gaps(raw_of(log, looked_at), newest, hints, log.keys().ring())) == expected);
    // Each look of `at_or_before` may pass over a gap of nine; none walks through the log.
    if (hints.size() == 2) CHECK(looked_at < 6);
    CHECK(looked_at < 60);
}

TEST_CASE("a gap whose record is given up later must be attested again", "[resumption]") {
    MemoryLog log(fixed_keys());
    fill(log, 10);
    resume(log, 20);
    fill(log, 30);
    const std::string mac = stored_mac(log, 22);
    const bool again = GENERATE(true, false);
    std::vector<LostRange> gaps{{SequenceId(20), SequenceId(22), mac}};
    if (again) gaps[0].from = SequenceId(11);
    resume(log, 31, gaps);
    fill(log, 40);
    const auto expected = log.gaps();
    CHECK(expected.size() == 1);
    CHECK(verify(log, log.keys().ring()).chain_valid == again);
    log.reopen();
    CHECK(log.gaps() == expected);
}

TEST_CASE("a log opens with its gaps when a crash came before the keys file", "[resumption]") {
    MemoryLog log(fixed_keys());
    fill(log, 10);
    log.fail_append(1, AppendFault::stored_unknown);
    const auto record = log_record(SequenceId(20), log_resumed_type, resumption(SequenceId(20), log.head()));
    CHECK_FALSE(log.append_resumed(record, SequenceId(20)));
    CHECK(log.gaps().empty());
    log.reopen();
    CHECK(log.head().sequence == SequenceId(20));
    CHECK(log.identity().branch == 2);
    CHECK(log.gaps().size() == 1);
    fill(log, 25);
    CHECK(verify(log, log.keys().ring()).chain_valid);
}

TEST_CASE("branches lost with their records are not used again", "[resumption]") {
    MemoryLog log(fixed_keys());
    fill(log, 10);
    resume(log, 20);
    fill(log, 30);
    log.truncate(SequenceId(10));  // the keys file still knows of branch 2
    CHECK(log.identity().branch == 1);
    SECTION("beyond the lost resumption") {
        resume(log, 31);
        CHECK(log.identity().branch == 3);
    }
    SECTION("right after the head") {
        resume(log, 11);
        CHECK(log.identity().branch == 2);
    }
    CHECK(log.identity() == log.keys().identity());
    fill(log, 40);
    log.reopen();
    CHECK(log.identity() == log.keys().identity());
    CHECK(verify(log, log.keys().ring()).chain_valid);
}
