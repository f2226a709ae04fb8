#include "tests/simulation/fixture_scenarios.hpp"

#include <array>

#include <catch2/catch.hpp>

#include "engine/log_records.hpp"
#include "engine/ports/suspension.hpp"
#include "tests/simulation/rule_scenarios.hpp"

namespace ibkr::testing {
namespace {

events::WorkflowId previewed(EngineRig& rig) {
    const auto preview = rig.preview("5", "200");
    REQUIRE(preview);
    return events::WorkflowId(member(preview->payload, "preview_id"));
}

/// A preview and, 1.5 s later, its approval.
events::WorkflowId approved(EngineRig& rig) {
    const auto preview = previewed(rig);
    rig.clock.advance_ms(1500);
    const auto approval = rig.approve(preview);
    REQUIRE(approval);
    rig.clock.advance_ms(2500);
    return events::WorkflowId(member(approval->payload, "approval_id"));
}

void fill_at_once(EngineRig& rig) {
    rig.broker.fill_buys_at_or_above(events::Price(events::Decimal::whole(195)));
}

std::string newest_order_state(EngineRig& rig) {
    const auto orders = rig.runtime().store().orders({}, 1);
    REQUIRE(orders);
    REQUIRE_FALSE(orders->empty());
    return orders->front().state;
}

std::string approval_state(EngineRig& rig, const events::WorkflowId& id) {
    const auto approval = rig.runtime().store().approval(id);
    REQUIRE(approval);
    REQUIRE(*approval);
    return (*approval)->state;
}

void clean_fill(EngineRig& rig) {
    fill_at_once(rig);
    const auto filled = rig.submit(approved(rig), "clean-fill-1");
    REQUIRE(member(filled->payload, "order_state") == "filled");
}

void refused_preview(EngineRig& rig) {
    const auto refused = rig.preview("400", "199.5");
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().error.code == events::ErrorCode::order_policy_refused);
    REQUIRE(refused.error().error.reasons.size() >= 3);
}

void expired_approval(EngineRig& rig) {
    const auto preview = previewed(rig);
    const auto approval = rig.gateway().approval_create(rig.context("ibkr_approval_create"),
                                                        {ScriptedBroker::account(), preview, 10});
    REQUIRE(approval);
    const events::WorkflowId id(member(approval->payload, "approval_id"));
    rig.clock.advance_ms(10'001);
    const auto late = rig.submit(id, "expired-approval-1");
    REQUIRE_FALSE(late);
    REQUIRE(late.error().error.code == events::ErrorCode::paper_approval_required);
    REQUIRE(approval_state(rig, id) == "expired");
    REQUIRE(rig.runtime().store().orders({}, 1)->empty());
    REQUIRE(rig.broker.writes_begun() == 0);
}

void approval_reuse(EngineRig& rig) {
    fill_at_once(rig);
    const auto approval = approved(rig);
    REQUIRE(member(rig.submit(approval, "approval-reuse-1")->payload, "order_state") == "filled");
    rig.clock.advance_ms(1000);
    const auto again = rig.submit(approval, "approval-reuse-2");
    REQUIRE_FALSE(again);
    REQUIRE(again.error().error.code == events::ErrorCode::approval_consumed);
    REQUIRE(rig.submit(approval, "approval-reuse-1"));
    REQUIRE(rig.broker.book().size() == 1);
    REQUIRE(rig.broker.writes_begun() == 1);
}

void lost_answer_filled(EngineRig& rig) {
    fill_at_once(rig);
    rig.broker.next_write(WriteFault::lose_answer);
    const auto approval = approved(rig);
    const auto lost = rig.submit(approval, "lost-answer-filled-1");
    REQUIRE(lost);
    REQUIRE(lost->unknown_outcome);
    REQUIRE(newest_order_state(rig) == "unknown");
    rig.clock.advance_ms(2000);
    REQUIRE(rig.runtime().reconcile());
    REQUIRE(newest_order_state(rig) == "filled");
    REQUIRE(approval_state(rig, approval) == "consumed");
    REQUIRE(rig.broker.writes_begun() == 1);
}

void lost_answer_not_placed(EngineRig& rig) {
    rig.broker.next_write(WriteFault::drop_request);
    const auto approval = approved(rig);
    REQUIRE(rig.submit(approval, "lost-answer-not-placed-1")->unknown_outcome);
    rig.clock.advance_ms(2000);
    REQUIRE(rig.runtime().reconcile());
    REQUIRE(newest_order_state(rig) == "not_placed");
    REQUIRE(approval_state(rig, approval) == "approved");
    REQUIRE(rig.broker.book().empty());
}

/// The number of the suspension point of a submit at which its write is about to begin.
std::uint64_t point_before_write() {
    for (std::uint64_t at = 1;; ++at) {
        EngineRig probe;
        const auto approval = approved(probe);
        probe.cut.arm(at);
        static_cast<void>(probe.submit(approval, "probe"));
        REQUIRE(probe.cut.fired());
        if (probe.cut.where() == engine::SuspensionPoint::before_write) return at;
    }
}

void crash_before_send(EngineRig& rig) {
    const auto approval = approved(rig);
    rig.cut.arm(point_before_write());
    REQUIRE_FALSE(rig.submit(approval, "crash-before-send-1"));
    REQUIRE(rig.broker.writes_begun() == 0);
    rig.cut.disarm();
    rig.clock.advance_ms(3000);
    REQUIRE(rig.restart());
    REQUIRE(newest_order_state(rig) == "not_placed");
    REQUIRE(approval_state(rig, approval) == "approved");
    REQUIRE(rig.submit(approval, "crash-before-send-1"));
    REQUIRE(rig.broker.writes_begun() == 0);
}

/// What a start records of 183 bytes that the crash left half written behind the last synced batch.
void append_tail_discarded(EngineRig& rig) {
    engine::SeededIdSource ids(183);
    const auto next = rig.log.head().sequence.next();
    const events::PendingRecord record = engine::log_record_maker(rig.clock, ids)(
        next, events::LogTailDiscarded{7, 4096, 183, std::string(64, 'a')}, rig.clock.now());
    REQUIRE(rig.log.append({&record, 1}, next));
}

void torn_tail(EngineRig& rig) {
    const auto approval = approved(rig);
    append_tail_discarded(rig);
    REQUIRE(rig.restart());
    fill_at_once(rig);
    const auto filled = rig.submit(approval, "torn-tail-1");
    REQUIRE(filled);
    REQUIRE(member(filled->payload, "order_state") == "filled");
    REQUIRE(rig.broker.book().size() == 1);
}

constexpr std::array scenarios{
    FixtureScenario{"clean-fill", clean_fill},
    FixtureScenario{"refused-preview", refused_preview},
    FixtureScenario{"expired-approval", expired_approval},
    FixtureScenario{"approval-reuse", approval_reuse},
    FixtureScenario{"lost-answer-filled", lost_answer_filled},
    FixtureScenario{"lost-answer-not-placed", lost_answer_not_placed},
    FixtureScenario{"crash-before-send", crash_before_send},
    FixtureScenario{"torn-tail", torn_tail},
};

}  // namespace

std::vector<FixtureScenario> fixture_scenarios() {
    std::vector<FixtureScenario> all(scenarios.begin(), scenarios.end());
    for (const auto& more : {limit_scenarios(), approval_scenarios(), change_scenarios()})
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace ibkr::testing
