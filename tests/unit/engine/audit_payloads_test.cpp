#include "engine/payloads/audit_payloads.hpp"

#include <sstream>

#include <nlohmann/json.hpp>

#include "events/log/export/export.hpp"
#include "events/log/memory_log.hpp"
#include "tests/unit/events/chain_support.hpp"

// Answers about a log that was rotated, damaged and resumed.

using namespace ibkr::engine;
using namespace ibkr::events;
using namespace ibkr::events::test;
using Json = nlohmann::json;

namespace {

/// Events 1 to 20 of two epochs and two branches: 6 and 7 rotate the key, 9 can no longer be read, 12 to 15
/// are lost, 16 resumes the log.
struct LongStory {
    MemoryLog log{fixed_keys()};
    LongStory() {
        put_to(5);
        (void)rotate(log, log.keys(), second_secret());
        put_to(11);
        resume(log, 16, {{SequenceId(9), SequenceId(9), stored_mac(log, 9)}});
        put_to(20);
    }
    void put_to(std::uint64_t last) {
        while (log.head().sequence < SequenceId(last)) {
            const SequenceId at = log.head().sequence.next();
            const std::vector<PendingRecord> records{log_record(at, 2, LogTailDiscarded{})};
            REQUIRE(log.append(records, at));
        }
    }
    [[nodiscard]] Json tail(std::uint32_t limit, bool full = false) const {
        return Json::parse(must(audit_tail_payload(log, log.keys(), limit, full)));
    }
    [[nodiscard]] Json exported(const AuditExportRequest& request) const {
        return Json::parse(must(audit_export_payload(log, log.keys(), request, "id", Timestamp())));
    }
};

std::vector<std::uint64_t> sequences(const Json& tail) {
    std::vector<std::uint64_t> all;
    for (const Json& entry : tail.at("events"))
        all.push_back(entry.at("sequence_id").get<std::uint64_t>());
    return all;
}

AnchorStanding anchor(std::string name, std::uint64_t at, AnchorStanding::State state) {
    return {std::move(name), Head{SequenceId(at), {}}, state};
}

}  // namespace

TEST_CASE("the tail shows so many events, whatever gaps lie between them", "[audit]") {
    const LongStory story;
    CHECK(sequences(story.tail(3)) == std::vector<std::uint64_t>{20, 19, 18});
    CHECK(sequences(story.tail(7)) == std::vector<std::uint64_t>{20, 19, 18, 17, 16, 11, 10});
    CHECK(sequences(story.tail(8)) == std::vector<std::uint64_t>{20, 19, 18, 17, 16, 11, 10, 8});
    for (std::uint32_t limit = 1; limit <= 30; ++limit) {
        const Json tail = story.tail(limit);
        CHECK(tail.at("events").size() == std::min<std::size_t>(limit, 15));
        CHECK(tail.at("verified_from_sequence") == tail.at("events").back().at("sequence_id"));
        CHECK(story.tail(limit, true).at("events") == tail.at("events"));
    }
    CHECK(story.tail(1, true).at("verified_from_sequence") == 1);
}

TEST_CASE("a tail over a rotation notices what was changed", "[audit]") {
    LongStory story;
    story.log.tamper(SequenceId(6), [](Record& record) { record.mac[0] ^= 1; });
    CHECK(audit_tail_payload(story.log, story.log.keys(), 8, false).has_value());
    for (const std::uint32_t limit : {9U, 15U})
        CHECK(audit_tail_payload(story.log, story.log.keys(), limit, false).error().code ==
              ErrorCode::audit_write_failed);
    CHECK_FALSE(audit_tail_payload(story.log, story.log.keys(), 1, true));
}

TEST_CASE("an export counts records, whatever gaps lie between them", "[audit]") {
    const LongStory story;
    for (std::uint32_t limit = 1; limit <= 20; ++limit) {
        const Json exported = story.exported({limit, {}, {}});
        const std::size_t expected = std::min<std::size_t>(limit, 15);
        CHECK(exported.at("range").at("exported_count") == expected);
        std::istringstream stream(exported.at("payload_jsonl").get<std::string>());
        const VerifyReport report = must(verify_export(stream, ring_from_keys(story.log.keys().ring())));
        CHECK(report.chain_valid);
        CHECK(report.events_scanned == expected);
    }
    const Json cut = story.exported({500, 13, 17});
    CHECK(cut.at("range") ==
          Json{{"exported_count", 2}, {"from_sequence", 16}, {"requested_limit", 500}, {"to_sequence", 17}});
    for (const auto& [from, to] : {std::pair{9, 9}, {12, 15}, {13, 14}})
        CHECK(audit_export_range(story.log, {500, from, to}).error().code ==
              ErrorCode::input_invalid_time_range);
}

TEST_CASE("a verify report names gaps, anchors and what is not verified", "[audit]") {
    const LongStory story;
    const LogKeys& keys = story.log.keys();
    const auto report_of = [&](const KeyRing& ring, const std::vector<AnchorStanding>& anchors = {}) {
        return Json::parse(
            verify_payload(must(verify_chain(story.log, ring)), story.log.head(), key_supplied, anchors));
    };
    using State = AnchorStanding::State;
    const Json whole =
        report_of(keys.ring(), {anchor("file", 20, State::equal), anchor("projection", 19, State::behind),
                                anchor("external", 0, State::missing)});
    CHECK(whole.at("chain_valid") == true);
    CHECK(whole.at("events_scanned") == 15);
    CHECK(whole.at("attested_gaps") == Json::parse(R"([{"attested_by":16,"from_sequence":9,"to_sequence":9},
                          {"attested_by":16,"from_sequence":12,"to_sequence":15}])"));
    CHECK(whole.at("resumptions") == Json::parse(R"([{"branch":2,"sequence_id":16}])"));
    CHECK_FALSE(whole.contains("not_verified"));
    REQUIRE(whole.at("anchors").size() == 3);
    CHECK(whole.at("anchors").at(1) == Json{{"name", "projection"},
                                            {"sequence_id", 19},
                                            {"mac", std::string(64, '0')},
                                            {"state", "behind"}});

    KeyRing newest(keys.ring().log_id());
    newest.add(keys.ring().names().back(), keys.chain_key().copy());
    const Json part = report_of(newest);
    CHECK(part.at("chain_valid") == false);
    CHECK_FALSE(part.contains("first_break_at_sequence"));
    CHECK(part.at("not_verified") == Json::array({{{"from_sequence", 1},
                                                   {"to_sequence", 6},
                                                   {"key_id", hex(keys.ring().names().front().key_id)}}}));
}

TEST_CASE("a log that does not reach an anchor is broken where it ends", "[audit]") {
    const LongStory story;
    const VerifyReport valid = must(verify_chain(story.log, story.log.keys().ring()));
    REQUIRE(valid.chain_valid);
    using State = AnchorStanding::State;
    const auto report_of = [&](const VerifyReport& report, const std::vector<AnchorStanding>& anchors) {
        return Json::parse(verify_payload(report, story.log.head(), key_stored, anchors));
    };
    const Json shorter = report_of(valid, {anchor("file", 25, State::ahead)});
    CHECK(shorter.at("chain_valid") == false);
    CHECK(shorter.at("first_break_at_sequence") == 21);
    CHECK(shorter.at("events_scanned") == 15);
    CHECK(shorter.at("reason").get<std::string>().find("file anchor") != std::string::npos);
    const Json other =
        report_of(valid, {anchor("external", 25, State::ahead), anchor("file", 18, State::ahead)});
    CHECK(other.at("first_break_at_sequence") == 18);

    VerifyReport broken = valid;
    broken.chain_valid = false;
    broken.first_break_at_sequence = SequenceId(4);
    broken.reason = "its mac";
    const Json both = report_of(broken, {anchor("file", 25, State::ahead)});
    CHECK(both.at("first_break_at_sequence") == 4);
    CHECK(both.at("reason") == "its mac");
}
