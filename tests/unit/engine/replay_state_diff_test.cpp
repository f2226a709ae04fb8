#include <algorithm>

#include <catch2/catch.hpp>

#include "engine/replay/state_diff.hpp"
#include "tests/support/engine_rig.hpp"

using namespace ibkr;
using namespace ibkr::engine;
using events::SequenceId;
using ibkr::testing::EngineRig;
using ibkr::testing::member;

namespace {

StateDiff diff(const EngineRig& rig, SequenceId from, SequenceId to) {
    auto found = state_diff(rig.log, from, to);
    REQUIRE(found);
    CHECK(found->report.difference_count == 0);
    return std::move(found->diff);
}

const WorkflowChange& change_of(const StateDiff& diff, const std::string& kind) {
    const auto found = std::ranges::find_if(
        diff.workflows, [&](const WorkflowChange& change) { return change.kind == kind; });
    REQUIRE(found != diff.workflows.end());
    return *found;
}

MemberChange member_of(const WorkflowChange& change, const std::string& name) {
    const auto found =
        std::ranges::find_if(change.members, [&](const MemberChange& one) { return one.member == name; });
    REQUIRE(found != change.members.end());
    return *found;
}

}  // namespace

TEST_CASE("a state that leaves workflows off says so", "[replay]") {
    EngineRig rig;
    const events::WorkflowId first(member(rig.preview("5", "200")->payload, "preview_id"));
    const events::WorkflowId second(member(rig.preview("6", "200")->payload, "preview_id"));
    auto replay = Replay::start();
    REQUIRE(replay);
    auto cursor = rig.log.read(SequenceId(1));
    REQUIRE(cursor);
    const auto report = replay->run(**cursor, {});
    REQUIRE(report);
    const std::string whole = *state_payload(replay->state(), *report, 2);
    CHECK(whole.find("\"workflows_left_off\":false") != std::string::npos);
    CHECK(whole.find(first.text()) != std::string::npos);
    const std::string shortened = *state_payload(replay->state(), *report, 1);
    CHECK(shortened.find("\"workflows_left_off\":true") != std::string::npos);
    CHECK(shortened.find(first.text()) == std::string::npos);
    CHECK(shortened.find(second.text()) != std::string::npos);
}

TEST_CASE("a diff shows what was added, and the members that changed with both values", "[diff]") {
    EngineRig rig;
    rig.broker.fill_buys_at_or_above(events::Price(events::Decimal::whole(195)));
    const SequenceId start = rig.log.head().sequence;
    const events::WorkflowId preview(member(rig.preview("5", "200")->payload, "preview_id"));
    const events::WorkflowId approval(member(rig.approve(preview)->payload, "approval_id"));
    const SequenceId approved = rig.log.head().sequence;
    REQUIRE(rig.submit(approval, "first"));
    const SequenceId end = rig.log.head().sequence;

    const StateDiff later = diff(rig, approved, end);
    CHECK(later.workflows.size() == 3);
    const WorkflowChange& order = change_of(later, "order");
    CHECK(order.change == "added");
    CHECK(member_of(order, "state") == MemberChange{"state", std::nullopt, "filled"});
    CHECK(member_of(order, "terms.limit_price").after == "200");
    const WorkflowChange& used = change_of(later, "approval");
    CHECK(used.change == "changed");
    CHECK(used.workflow_id == approval);
    CHECK(member_of(used, "state") == MemberChange{"state", "approved", "consumed"});
    CHECK_FALSE(member_of(used, "order_id").before);
    CHECK(std::ranges::none_of(used.members, [](const auto& one) { return one.member == "order_hash"; }));

    const StateDiff whole = diff(rig, start, end);
    for (const WorkflowChange& change : whole.workflows)
        CHECK(change.change == "added");
    CHECK(diff_payload(later).find("\"from\":") != std::string::npos);
}

TEST_CASE("events that belong to no workflow change nothing", "[diff]") {
    const EngineRig rig;
    CHECK(diff(rig, SequenceId(1), SequenceId(2)).workflows.empty());
}

TEST_CASE("a diff needs two moments of the history in their order", "[diff]") {
    const EngineRig rig;
    const SequenceId head = rig.log.head().sequence;
    const auto code = [&](SequenceId from, SequenceId to) {
        const auto found = state_diff(rig.log, from, to);
        REQUIRE_FALSE(found);
        return found.error().code;
    };
    CHECK(code(head, head) == events::ErrorCode::input_invalid_time_range);
    CHECK(code(head, SequenceId(1)) == events::ErrorCode::input_invalid_time_range);
    CHECK(code(SequenceId(1), head.next()) == events::ErrorCode::input_invalid_time_range);
}

TEST_CASE("workflows beyond the limit of a diff are counted, each once", "[diff]") {
    EngineRig rig;
    const SequenceId start = rig.log.head().sequence;
    for (std::size_t i = 0; i < diff_workflows_max + 2; ++i)
        REQUIRE(rig.preview("1", "200"));  // three events of one workflow
    const StateDiff all = diff(rig, start, rig.log.head().sequence);
    CHECK(all.workflows.size() == diff_workflows_max);
    CHECK(all.workflows_left_off == 2);
}
