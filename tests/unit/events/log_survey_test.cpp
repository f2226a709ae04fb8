#include "events/log/chain/log_survey.hpp"

#include "events/log/memory_log.hpp"
#include "tests/unit/events/log_conformance.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

constexpr std::uint64_t count = 100;

/// Records that cannot be read: the log finds something else in their place.
void hide(MemoryLog& log, std::uint64_t sequence) {
    log.tamper(SequenceId(sequence), [](Record& record) { record.sequence = SequenceId(9'999); });
}
void change_bytes(MemoryLog& log, std::uint64_t sequence) {
    log.tamper(SequenceId(sequence), [](Record& record) { record.bytes += " "; });
}
void change_mac(MemoryLog& log, std::uint64_t sequence) {
    log.tamper(SequenceId(sequence), [](Record& record) { record.mac[0] ^= 1U; });
}

struct Range {
    std::uint64_t from, to;
    friend bool operator==(const Range&, const Range&) = default;
};

std::vector<Range> ranges(const std::vector<AttestedGap>& gaps) {
    std::vector<Range> found;
    for (const AttestedGap& gap : gaps)
        found.push_back({gap.from.value(), gap.to.value()});
    return found;
}

/// Every range, whose stated mac must be the one the next record chains to.
std::vector<Range> lost_in(const MemoryLog& log, const std::vector<Record>& before) {
    const auto survey = survey_log(log, log.keys().ring());
    REQUIRE(survey);
    std::uint64_t lost = 0;
    for (const AttestedGap& gap : survey->gaps) {
        CHECK(gap.mac == before[gap.to.value() - 1].mac);
        lost += gap.to.value() - gap.from.value() + 1;
    }
    CHECK(survey->lost_records == lost);
    return ranges(survey->gaps);
}

}  // namespace

TEST_CASE("a survey lists every range that cannot be read or verified", "[log_survey]") {
    MemoryLog log(fixed_keys());
    fill(log, count);
    const auto before = read_from(log, 1);
    SECTION("none in a whole log") {
        CHECK(lost_in(log, before).empty());
    }
    SECTION("one record with other bytes: the next one chains to its stored mac") {
        change_bytes(log, 40);
        CHECK(lost_in(log, before) == std::vector<Range>{{40, 40}});
    }
    SECTION("one record with another mac: the next one does not chain to it either") {
        change_mac(log, 40);
        CHECK(lost_in(log, before) == std::vector<Range>{{40, 41}});
    }
    SECTION("records that cannot be read: it takes a readable one to chain to") {
        hide(log, 40);
        hide(log, 41);
        CHECK(lost_in(log, before) == std::vector<Range>{{40, 42}});
    }
    SECTION("the first record") {
        hide(log, 1);
        CHECK(lost_in(log, before) == std::vector<Range>{{1, 2}});
    }
    SECTION("right before the head") {
        change_bytes(log, count - 1);
        CHECK(lost_in(log, before) == std::vector<Range>{{count - 1, count - 1}});
    }
    SECTION("several; those that touch are one") {
        change_bytes(log, 10);
        change_bytes(log, 11);
        hide(log, 50);
        change_bytes(log, 90);
        CHECK(lost_in(log, before) == std::vector<Range>{{10, 11}, {50, 51}, {90, 90}});
    }
    SECTION("everything but the end") {
        for (std::uint64_t at = 1; at < count - 1; ++at)
            hide(log, at);
        CHECK(lost_in(log, before) == std::vector<Range>{{1, count - 1}});
    }
}

TEST_CASE("an empty log has lost nothing that a survey could list", "[log_survey]") {
    const MemoryLog log(fixed_keys());
    const auto survey = survey_log(log, log.keys().ring());
    REQUIRE(survey);
    CHECK(survey->gaps.empty());
}

TEST_CASE("records under a key that is not at hand are lost", "[log_survey]") {
    MemoryLog log(fixed_keys());
    fill(log, count);
    log.tamper(SequenceId(30), [](Record& record) { record.header.key_id[0] ^= 1U; });
    const auto survey = survey_log(log, log.keys().ring());
    REQUIRE(survey);
    CHECK(ranges(survey->gaps) == std::vector<Range>{{30, 30}});
}

TEST_CASE("beyond the limit the closest ranges are joined", "[log_survey]") {
    std::vector<AttestedGap> gaps;
    Mac mac{};
    const auto add = [&](std::uint64_t from, std::uint64_t to, std::size_t gaps_max) {
        mac[0] = static_cast<std::uint8_t>(to);
        add_lost_range(gaps, {SequenceId(from), SequenceId(to), mac, {}}, gaps_max);
    };
    add(10, 11, 3);
    add(20, 22, 3);
    add(25, 26, 3);
    CHECK(ranges(gaps) == std::vector<Range>{{10, 11}, {20, 22}, {25, 26}});
    add(40, 41, 3);
    CHECK(ranges(gaps) == std::vector<Range>{{10, 11}, {20, 26}, {40, 41}});
    CHECK(gaps[1].mac[0] == 26);
    add(42, 43, 3);  // touches
    CHECK(ranges(gaps) == std::vector<Range>{{10, 11}, {20, 26}, {40, 43}});
    CHECK(gaps[2].mac[0] == 43);

    // Whatever is damaged, the log can be resumed.
    MemoryLog log(fixed_keys());
    fill(log, 2'000);
    const auto before = read_from(log, 1);
    for (std::uint64_t at = 2; at < 2'000; at += 3)
        change_bytes(log, at);
    const auto survey = survey_log(log, log.keys().ring());
    REQUIRE(survey);
    CHECK(survey->gaps.size() == resumption_gaps_max);
    for (std::uint64_t at = 2; at < 2'000; at += 3)
        CHECK(gap_at(survey->gaps, SequenceId(at)) != nullptr);
    for (const AttestedGap& gap : survey->gaps)
        CHECK(gap.mac == before[gap.to.value() - 1].mac);
}
