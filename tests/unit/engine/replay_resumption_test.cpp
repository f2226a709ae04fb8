#include <catch2/catch.hpp>

#include "engine/replay/incident/incident_report.hpp"
#include "engine/replay/replay.hpp"
#include "engine/replay/state_at.hpp"
#include "tests/support/engine_rig.hpp"
#include "tests/support/resumed_log.hpp"

// A history that went on after a loss says so, whatever is asked of it.

using namespace ibkr;
using namespace ibkr::engine;
using events::SequenceId;
using ibkr::testing::EngineRig;
using ibkr::testing::member;

namespace {

struct Replayed {
    Replay replay = std::move(*Replay::start());
    ReplayReport report;

    explicit Replayed(const events::LogReader& log, std::optional<SequenceId> until = std::nullopt) {
        auto cursor = log.read(SequenceId(1));
        auto found = replay.run(**cursor, {until, std::nullopt});
        REQUIRE(found);
        report = std::move(*found);
    }
    [[nodiscard]] std::string state() const { return *state_payload(replay.state(), report); }
};

}  // namespace

TEST_CASE("a replay names the resumptions it went past, with what they attest", "[replay][lost]") {
    EngineRig rig;
    const auto preview = rig.preview("5", "200");
    REQUIRE(preview);
    const events::WorkflowId id(member(preview->payload, "preview_id"));
    const SequenceId before = rig.log.head().sequence;
    CHECK(replay_payload(Replayed(rig.log).report).find("resumptions") == std::string::npos);

    events::LogResumed tail;
    tail.to = SequenceId(before.value() + 3);
    tail.reason = "a copy was put back";
    ibkr::testing::append_resumption(rig, tail);
    const SequenceId resumed_at = rig.log.head().sequence;
    events::LogResumed nothing_known;
    nothing_known.reason = "the broker knew more";
    ibkr::testing::append_resumption(rig, nothing_known);

    const Replayed whole(rig.log);
    REQUIRE(whole.report.history.resumptions.size() == 2);
    const Resumption& first = whole.report.history.resumptions[0];
    CHECK(first.sequence_id == resumed_at);
    CHECK(first.events_lost == 3);
    CHECK(first.first_lost == before.next());
    CHECK(whole.report.history.resumptions[1].events_lost == 0);
    CHECK_FALSE(whole.report.history.resumptions[1].first_lost);
    CHECK(replay_payload(whole.report).find(R"("events_lost":3)") != std::string::npos);
    CHECK(whole.state().find(R"("events_lost":3)") != std::string::npos);
    CHECK(workflow_payload(whole.replay.state(), whole.report, id)->find(R"("events_lost":3)") !=
          std::string::npos);
    const auto report = incident_report(rig.log, id, std::nullopt);
    REQUIRE(report);
    CHECK(report->history.resumptions.size() == 2);

    CHECK(Replayed(rig.log, before).report.history.resumptions.empty());
    CHECK(Replayed(rig.log, before).state().find("resumptions") == std::string::npos);
}

TEST_CASE("resumptions beyond the limit of a report are counted", "[replay][lost]") {
    EngineRig rig;
    for (std::size_t i = 0; i < resumptions_max + 2; ++i)
        ibkr::testing::append_resumption(rig, {});
    const Replayed whole(rig.log);
    CHECK(whole.report.history.resumptions.size() == resumptions_max);
    CHECK(whole.report.history.resumptions_left_off == 2);
}
