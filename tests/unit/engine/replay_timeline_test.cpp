#include <algorithm>

#include <catch2/catch.hpp>

#include "engine/replay/timeline.hpp"
#include "engine/replay/why.hpp"
#include "tests/support/engine_rig.hpp"
#include "tests/support/resumed_log.hpp"

using namespace ibkr;
using namespace ibkr::engine;
using ibkr::testing::EngineRig;
using ibkr::testing::member;

namespace {

struct Flow {
    events::WorkflowId preview, approval, order;
};

Flow filled(EngineRig& rig, const std::string& key) {
    rig.broker.fill_buys_at_or_above(events::Price(events::Decimal::whole(195)));
    Flow flow;
    flow.preview = events::WorkflowId(member(rig.preview("5", "200")->payload, "preview_id"));
    rig.clock.advance_ms(1500);
    flow.approval = events::WorkflowId(member(rig.approve(flow.preview)->payload, "approval_id"));
    rig.clock.advance_ms(2500);
    REQUIRE(rig.submit(flow.approval, key));
    flow.order = rig.runtime().store().orders({}, 1)->front().order_id;
    return flow;
}

Timeline shown(const EngineRig& rig, const events::WorkflowId& id) {
    auto found = timeline(rig.log, id);
    REQUIRE(found);
    return std::move(*found);
}

std::vector<std::uint64_t> sequences(const Timeline& timeline) {
    std::vector<std::uint64_t> all;
    for (const TimelineRow& row : timeline.events)
        all.push_back(row.line.sequence_id.value());
    return all;
}

const TimelineRow& row_of(const Timeline& timeline, const std::string& type) {
    const auto found = std::ranges::find_if(
        timeline.events, [&](const TimelineRow& row) { return row.line.event_type == type; });
    REQUIRE(found != timeline.events.end());
    return *found;
}

}  // namespace

TEST_CASE("an order, its approval and its preview have one timeline, whichever is asked for", "[timeline]") {
    EngineRig rig;
    const Flow other = filled(rig, "other");
    const Flow flow = filled(rig, "first");
    const Timeline found = shown(rig, flow.order);
    CHECK(found.workflows.size() == 3);
    CHECK(sequences(found) == sequences(shown(rig, flow.approval)));
    CHECK(sequences(found) == sequences(shown(rig, flow.preview)));
    CHECK(std::ranges::is_sorted(sequences(found)));
    for (const TimelineRow& row : found.events) {
        CHECK(row.line.workflow_id != other.order);
        CHECK(row.line.workflow_id != other.preview);
    }
    CHECK(found.events.front().line.event_type == "order_intent_received");
    CHECK(found.events.back().line.event_type == "order_execution_recorded");
    CHECK_FALSE(found.workflows_left_off);
    CHECK(found.events_left_off == 0);
}

TEST_CASE("a timeline tells ours from the broker's and counts from its first event", "[timeline]") {
    EngineRig rig;
    const Timeline found = shown(rig, filled(rig, "first").order);
    CHECK(row_of(found, "order_intent_received").since_ms == 0);
    CHECK(row_of(found, "paper_approval_recorded").since_ms == 1500);
    CHECK(row_of(found, "order_submit_intended").since_ms == 4000);
    CHECK(row_of(found, "order_submit_intended").from == "ours");
    CHECK(row_of(found, "paper_order_submitted").from == "broker");
    CHECK(row_of(found, "order_execution_recorded").from == "broker");
    CHECK(row_of(found, "approval_consumed").from == "ours");
}

TEST_CASE("that no answer came is not the broker's word, and the fill found later is", "[timeline]") {
    EngineRig rig;
    rig.broker.next_write(ibkr::testing::WriteFault::lose_answer);
    const Flow flow = filled(rig, "lost");
    REQUIRE(rig.runtime().reconcile());
    const Timeline found = shown(rig, flow.order);
    CHECK(row_of(found, "paper_order_submitted").from == "ours");
    CHECK(row_of(found, "order_execution_recorded").from == "broker");
}

TEST_CASE("a refused use of an approval stands in its timeline", "[timeline]") {
    EngineRig rig;
    const Flow flow = filled(rig, "first");
    REQUIRE_FALSE(rig.submit(flow.approval, "second"));
    const Timeline found = shown(rig, flow.order);
    CHECK(found.events.back().line.event_type == "tool_refused");
    CHECK(found.events.back().line.error_code == "APPROVAL_CONSUMED");
}

TEST_CASE("a timeline beyond its limit says how much is left off", "[timeline]") {
    EngineRig rig;
    const Flow flow = filled(rig, "first");
    for (std::size_t i = 0; i < timeline_rows_max; ++i)
        REQUIRE_FALSE(rig.submit(flow.approval, "again-" + std::to_string(i)));
    const Timeline found = shown(rig, flow.order);
    CHECK(found.events.size() == timeline_rows_max);
    CHECK(found.events_left_off > 0);
}

TEST_CASE("a workflow that no event names has no timeline", "[timeline]") {
    const EngineRig rig;
    const auto found = timeline(rig.log, events::WorkflowId("nobody"));
    REQUIRE_FALSE(found);
    CHECK(found.error().code == events::ErrorCode::order_validation_failed);
    CHECK_FALSE(found.error().user_action.empty());
}

TEST_CASE("a word that stands in another member is no workflow", "[timeline]") {
    EngineRig rig;
    const Flow flow = filled(rig, "first");
    for (const char* word : {"paper", "limit", "AAPL", "local-user", "first", "request-test"}) {
        INFO(word);
        const auto found = timeline(rig.log, events::WorkflowId(word));
        REQUIRE_FALSE(found);
        CHECK(found.error().code == events::ErrorCode::order_validation_failed);
    }
    CHECK(shown(rig, flow.order).workflows.size() == 3);
}

TEST_CASE("a call that was answered from its key stands in the order's timeline", "[timeline]") {
    EngineRig rig;
    const Flow flow = filled(rig, "first");
    const std::size_t before = shown(rig, flow.order).events.size();
    REQUIRE(rig.submit(flow.approval, "first"));
    const Timeline after = shown(rig, flow.order);
    CHECK(after.events.size() == before + 1);
    CHECK(after.events.back().line.event_type == "tool_completed");
}

TEST_CASE("a call that was refused because its key is an order's stands in that order's timeline",
          "[timeline]") {
    EngineRig rig;
    const Flow flow = filled(rig, "first");
    const std::size_t before = shown(rig, flow.order).events.size();
    const events::WorkflowId other_preview(member(rig.preview("6", "200")->payload, "preview_id"));
    const events::WorkflowId other(member(rig.approve(other_preview)->payload, "approval_id"));
    REQUIRE_FALSE(rig.submit(other, "first"));
    const Timeline after = shown(rig, flow.order);
    CHECK(after.events.size() == before + 1);
    CHECK(after.events.back().line.error_code == "PAPER_IDEMPOTENCY_CONFLICT");
    CHECK(after.workflows.size() == 3);
    CHECK(shown(rig, other).events.back().line.error_code == "PAPER_IDEMPOTENCY_CONFLICT");
}

TEST_CASE("a timeline and a chain of reasons say how much of the history was lost", "[timeline][why]") {
    EngineRig rig;
    const Flow flow = filled(rig, "first");
    const auto why_it_was = [&] { return why(rig.log, {events::SequenceId(4), {}}); };
    CHECK(shown(rig, flow.order).events_lost == 0);
    CHECK(timeline_payload(shown(rig, flow.order)).find("events_lost") == std::string::npos);
    CHECK(why_it_was()->events_lost == 0);
    events::LogResumed body;
    body.to = events::SequenceId(rig.log.head().sequence.value() + 3);
    testing::append_resumption(rig, body);
    REQUIRE(rig.log.gaps().size() == 1);
    CHECK(shown(rig, flow.order).events_lost == 3);
    CHECK(timeline_payload(shown(rig, flow.order)).find("\"events_lost\":3") != std::string::npos);
    CHECK(why_it_was()->events_lost == 3);
}
