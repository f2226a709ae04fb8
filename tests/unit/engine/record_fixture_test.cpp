#include "engine/replay/record/record_fixture.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "engine/replay/fixture.hpp"
#include "engine/replay/record/fixture_log.hpp"
#include "events/event_codec.hpp"
#include "tests/support/engine_rig.hpp"
#include "tests/support/recorded_fixture.hpp"
#include "tests/support/resumed_log.hpp"

using namespace ibkr;
using namespace ibkr::engine;
using ibkr::testing::EngineRig;
using ibkr::testing::events_of;
using ibkr::testing::member;
using ibkr::testing::recorded;

namespace {

constexpr std::int64_t day_ms = 86'400'000;

struct Order {
    events::WorkflowId preview, approval, id;
};

Order submitted(EngineRig& rig, const std::string& key, const std::string& limit = "200") {
    Order order;
    order.preview = events::WorkflowId(member(rig.preview("5", limit)->payload, "preview_id"));
    rig.clock.advance_ms(1500);
    order.approval = events::WorkflowId(member(rig.approve(order.preview)->payload, "approval_id"));
    rig.clock.advance_ms(2500);
    REQUIRE(rig.submit(order.approval, key));
    order.id = rig.runtime().store().orders({}, 1)->front().order_id;
    rig.clock.advance_ms(1000);
    return order;
}

/// Three days: one order filled, one left working below the market; a day on which nothing of interest
/// happens; the incident's day with an order before it, itself, and one after it.
struct Days {
    EngineRig rig;
    Order long_closed, working, before, incident, after;

    Days() {
        rig.broker.fill_buys_at_or_above(events::Price(events::Decimal::whole(195)));
        long_closed = submitted(rig, "long-closed");
        working = submitted(rig, "working", "150");
        rig.clock.advance_ms(2 * day_ms);
        before = submitted(rig, "before");
        incident = submitted(rig, "incident");
        REQUIRE_FALSE(rig.submit(incident.approval, "incident-again"));
        after = submitted(rig, "after");
    }
};

bool has_workflow(const std::vector<events::Event>& all, const events::WorkflowId& id) {
    return std::ranges::any_of(all, [&](const events::Event& event) { return event.workflow_id == id; });
}

}  // namespace

TEST_CASE("a recorded fixture holds the incident, its day and what was open before it", "[replay][record]") {
    const Days days;
    const RecordedFixture fixture = recorded(days.rig, days.incident.id);
    const auto all = events_of(fixture);
    CHECK(fixture.workflows.size() == 3);
    CHECK(has_workflow(all, days.incident.preview));
    CHECK(has_workflow(all, days.before.id));
    CHECK(has_workflow(all, days.working.id));
    CHECK_FALSE(has_workflow(all, days.long_closed.id));
    CHECK_FALSE(has_workflow(all, days.after.id));
    CHECK(std::ranges::any_of(
        all, [](const events::Event& event) { return event.error_code == "APPROVAL_CONSUMED"; }));
    CHECK(all.size() < days.rig.log.head().sequence.value());
    CHECK(fixture.events_carried > 0);
    CHECK(fixture.report.difference_count == 0);
    for (std::size_t i = 0; i < all.size(); ++i)
        CHECK(all[i].sequence_id.value() == i + 1);
}

TEST_CASE("a key asked again does not pull the days before the incident into its fixture",
          "[replay][record]") {
    Days days;
    REQUIRE(days.rig.submit(days.incident.approval, "incident"));
    REQUIRE_FALSE(days.rig.submit(days.after.approval, "incident"));
    const auto all = events_of(recorded(days.rig, days.incident.id));
    CHECK(std::ranges::any_of(all, [&](const events::Event& event) {
        return std::holds_alternative<events::ToolCompleted>(event.body);
    }));
    CHECK(all.back().error_code == "PAPER_IDEMPOTENCY_CONFLICT");
    CHECK(has_workflow(all, days.before.id));
    CHECK_FALSE(has_workflow(all, days.long_closed.id));
}

TEST_CASE("what was open before the window is not decided again, and says so", "[replay][record]") {
    const Days days;
    for (const events::Event& event : events_of(recorded(days.rig, days.incident.id))) {
        if (event.workflow_id != days.working.id) continue;
        CHECK_FALSE(event.decided_from);
        if (!event.redactions.empty()) CHECK(event.redactions.front().reason == "before_window");
    }
}

TEST_CASE("without what was carried in, the window would decide otherwise", "[replay][record]") {
    const Days days;
    const auto scope = incident_scope(days.rig.log, days.incident.id);
    REQUIRE(scope);
    const auto comes_out_as_recorded = [&](const CarriedState& carried) {
        auto made = FixtureLog::create(days.rig.log.identity().log_id, {});
        REQUIRE(made);
        auto groups = DecisionGroups::read(days.rig.log);
        DecisionGroup group;
        while (*groups->next(group) && group.events.front().sequence_id <= scope->last)
            REQUIRE(made->take(group, *scope, carried));
        auto made_cursor = made->log().read(events::SequenceId(1));
        auto replay = Replay::start();
        const auto report = replay->run(**made_cursor, {});
        return report && report->difference_count == 0;
    };
    const auto carried = carried_state(days.rig.log, *scope);
    REQUIRE(carried);
    CHECK(carried->workflows.contains(days.working.id.text()));
    CHECK(comes_out_as_recorded(*carried));
    CarriedState without_order = *carried;
    without_order.workflows.erase(days.working.id.text());
    CHECK_FALSE(comes_out_as_recorded(without_order));
}

TEST_CASE("a recorded fixture names nobody and verifies under the published key alone", "[replay][record]") {
    const Days days;
    const RecordedFixture fixture = recorded(days.rig, days.incident.approval);
    for (const std::string& file : {fixture.events_jsonl, fixture.readme}) {
        CHECK(file.find("local-user") == std::string::npos);
        CHECK(file.find("session-test") == std::string::npos);
    }
    CHECK(fixture.events_jsonl.find("user-1") != std::string::npos);
    CHECK(fixture.events_jsonl.find("session-1") != std::string::npos);
}

TEST_CASE("a recorded fixture on disk replays without difference", "[replay][record]") {
    const Days days;
    const RecordedFixture fixture = recorded(days.rig, days.incident.preview);
    const auto folder =
        std::filesystem::temp_directory_path() / ("ibkr-recorded-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "events.jsonl", std::ios::binary) << fixture.events_jsonl;
    std::ofstream(folder / "expected.json", std::ios::binary) << fixture.expected_json;
    const auto report = run_fixture(folder.string());
    std::filesystem::remove_all(folder);
    REQUIRE(report);
    CHECK(report->difference_count == 0);
    CHECK(report->decisions_replayed > 8);
}

TEST_CASE("an incident of the kill switch is recorded too; an unknown workflow is not", "[replay][record]") {
    Days days;
    REQUIRE(days.rig.gateway().kill_switch_set(days.rig.context("ibkr_kill_switch"), true, "drill"));
    const auto fixture = record_fixture(days.rig.log, events::kill_switch_workflow, {});
    REQUIRE(fixture);
    CHECK(has_workflow(events_of(*fixture), events::kill_switch_workflow));
    CHECK_FALSE(has_workflow(events_of(*fixture), days.incident.id));
    CHECK(fixture->events_jsonl.find("text-1") != std::string::npos);
    const auto nobody = record_fixture(days.rig.log, events::WorkflowId("nobody"), {});
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().code == events::ErrorCode::order_validation_failed);
}

TEST_CASE("a history that decides otherwise gives no fixture", "[replay][record]") {
    Days days;
    events::SequenceId refused;
    auto cursor = days.rig.log.read(events::SequenceId(1));
    events::Record record;
    while (*(*cursor)->next(record))
        if (record.bytes.find("APPROVAL_CONSUMED") != std::string::npos) refused = record.sequence;
    days.rig.log.tamper(refused, [](events::Record& changed) {
        const std::string from = "APPROVAL_CONSUMED";
        const auto at = changed.bytes.find("\"error_code\":\"" + from);
        REQUIRE(at != std::string::npos);
        changed.bytes.replace(at + 14, from.size(), "ORDER_POLICY_REFUSED");
    });
    const auto fixture = record_fixture(days.rig.log, days.incident.id, {});
    REQUIRE_FALSE(fixture);
    CHECK(fixture.error().code == events::ErrorCode::replay_diverged);
    CHECK(fixture.error().message.find("event " + std::to_string(refused.value())) == 0);
}

TEST_CASE("an idempotency key that is a common word pulls nothing else into a fixture", "[replay][record]") {
    EngineRig rig;
    const Order order = submitted(rig, "limit");
    auto without_scopes = rig.context("ibkr_order_preview");
    without_scopes.actor.scopes.clear();
    PreviewRequest request;
    request.account = ibkr::testing::ScriptedBroker::account();
    request.symbol = "AAPL";
    request.quantity = events::Quantity::whole(1);
    REQUIRE_FALSE(rig.gateway().order_preview(without_scopes, request));  // records that it is a limit order
    REQUIRE_FALSE(rig.submit(order.approval, "limit-again"));
    const auto all = events_of(recorded(rig, order.id));
    CHECK(std::ranges::none_of(all, [](const events::Event& event) {
        return std::holds_alternative<events::ToolDeniedScope>(event.body);
    }));
    CHECK(std::ranges::any_of(
        all, [](const events::Event& event) { return event.error_code == "APPROVAL_CONSUMED"; }));
}

TEST_CASE("what a loss cut, and what was decided before it was attested, stands in a fixture as facts",
          "[replay][record]") {
    EngineRig rig;
    REQUIRE(rig.preview("1", "200"));
    const events::SequenceId cut = rig.log.head().sequence;  // the last event of that decision is lost
    const auto between = rig.preview("2", "200");
    REQUIRE(between);
    auto cursor = rig.log.read(cut);
    events::Record lost;
    REQUIRE(*(*cursor)->next(lost));
    events::LogResumed body;
    body.gaps = {{cut, cut, events::hex(lost.mac)}};
    body.reason = "a block was damaged";
    ibkr::testing::append_resumption(rig, std::move(body));
    REQUIRE(rig.restart());
    const Order order = submitted(rig, "after");
    const RecordedFixture fixture = recorded(rig, order.id);
    std::size_t facts = 0;
    std::size_t decided = 0;
    for (const events::Event& event : events_of(fixture)) {
        const bool cut_by_loss = std::ranges::any_of(
            event.redactions, [](const events::RedactionRecord& record) { return record.reason == "loss"; });
        facts += cut_by_loss ? 1 : 0;
        decided += event.decided_from ? 1 : 0;
        CHECK_FALSE((cut_by_loss && event.decided_from));
    }
    CHECK(facts == 2);
    CHECK(decided == fixture.report.decisions_replayed);
    CHECK(fixture.report.difference_count == 0);
}
