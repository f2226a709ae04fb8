#include <memory>

#include <catch2/catch.hpp>

#include "engine/replay/fixture.hpp"
#include "engine/replay/replay.hpp"
#include "events/event_codec.hpp"
#include "events/log/memory_log.hpp"
#include "statemachines/decide/decision.hpp"
#include "tests/support/engine_rig.hpp"

using namespace ibkr;
using namespace ibkr::engine;
using ibkr::testing::EngineRig;
using ibkr::testing::member;

namespace {

constexpr std::uint32_t other_version = statemachines::decider_version + 7;

/// The rig's log as another version of the deciders would have written it from event `from` on.
std::unique_ptr<events::MemoryLog> of_other_version(const EngineRig& rig, events::SequenceId from) {
    auto log = std::make_unique<events::MemoryLog>(rig.log.keys().copy());
    auto cursor = rig.log.read(events::SequenceId(1));
    events::Record record;
    while (*(*cursor)->next(record)) {
        auto event = events::decode_record(record);
        REQUIRE(event);
        if (event->decided_from && event->sequence_id >= from)
            event->decided_from->decider_version = other_version;
        const events::PendingRecord pending{record.header.type_number, *events::encode_event(*event)};
        REQUIRE(log->append({&pending, 1}, record.sequence));
    }
    return log;
}

struct Replayed {
    Replay replay = std::move(*Replay::start());
    ReplayReport report;

    explicit Replayed(const events::LogReader& log) {
        auto cursor = log.read(events::SequenceId(1));
        auto found = replay.run(**cursor, {}, true);
        REQUIRE(found);
        report = std::move(*found);
    }
};

void preview_and_approve(EngineRig& rig) {
    const auto preview = rig.preview("5", "200");
    REQUIRE(preview);
    REQUIRE(rig.approve(events::WorkflowId(member(preview->payload, "preview_id"))));
}

}  // namespace

TEST_CASE("decisions of another version are named with it, and are no divergence", "[replay]") {
    EngineRig rig;
    preview_and_approve(rig);
    const auto log = of_other_version(rig, events::SequenceId(4));
    const Replayed replayed(*log);
    const ReplayReport& report = replayed.report;
    CHECK(report.difference_count == 0);
    CHECK(report.decider_version == statemachines::decider_version);
    CHECK(report.decisions_replayed == 4);
    CHECK(report.decisions_of_other_versions == 2);
    REQUIRE(report.other_versions.size() == 1);
    CHECK(report.other_versions.front().decider_version == other_version);
    CHECK(report.other_versions.front().decisions == 2);
    CHECK(report.other_versions.front().first_sequence_id == events::SequenceId(4));
    CHECK(replayed.replay.decisions().size() == 2);
    CHECK(replayed.replay.passed_over().size() == 2);
    const auto approvals = replayed.replay.state().approvals({});
    REQUIRE(approvals);
    CHECK(approvals->size() == 1);
}

TEST_CASE("a fixture expects nothing of decisions that another version made", "[replay]") {
    EngineRig rig;
    preview_and_approve(rig);
    const auto expected = Replayed(rig.log).replay.decisions();
    REQUIRE(expected.size() == 4);
    const auto log = of_other_version(rig, events::SequenceId(4));
    Replayed replayed(*log);
    compare_expected(expected, replayed.replay, replayed.report);
    CHECK(replayed.report.difference_count == 0);

    auto changed = expected;
    changed.front().decision = "refuse";
    compare_expected(changed, replayed.replay, replayed.report);
    CHECK(replayed.report.difference_count == 1);
}
