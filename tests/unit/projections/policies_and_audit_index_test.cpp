#include <catch2/catch.hpp>

#include "tests/unit/projections/facts.hpp"

using namespace ibkr::events;
using namespace ibkr::unit;

TEST_CASE("the newest policy of a kind and name is in force") {
    auto store = memory_store();
    Feed feed;
    fold(store, {feed.event(PolicyLoaded{"risk_policy", "default", "h1", {R"({"enabled":true})"}}),
                 feed.event(PolicyLoaded{"risk_policy", "default", "h2", {R"({"enabled":false})"}}),
                 feed.event(PolicyLoaded{"gateway_settings", "default", "h3", {"{}"}})});
    CHECK(store.policy("risk_policy", "default").value() ==
          PolicyRecord{"risk_policy", "default", "h2", R"({"enabled":false})"});
    CHECK(store.policy("risk_policy", "other").value() == std::nullopt);
    REQUIRE(store.policies().value().size() == 2);
    CHECK(store.policies().value()[0].kind == "gateway_settings");
}

TEST_CASE("an event is found by its id, its command and what its envelope says") {
    auto store = memory_store();
    Feed feed;
    auto submit = feed.submit("o1", "1");
    submit.actor.user_id = "anna";
    submit.actor.request_id = "r1";
    submit.actor.tool_name = "ibkr_order_submit";
    auto refused = feed.event(ToolRefused{}, {}, account_b);
    refused.command_id = submit.command_id;
    refused.decision = Decision::refuse;
    refused.result_status = ResultStatus::refused;
    refused.error_code = "ORDER_POLICY_REFUSED";
    auto nameless = feed.event(ToolCompleted{});
    nameless.command_id = {};
    fold(store, {submit, refused, nameless});

    const auto entry = store.event_by_id(submit.event_id).value();
    REQUIRE(entry);
    CHECK(entry->sequence == submit.sequence_id);
    CHECK(entry->event_type == "order_submit_intended");
    CHECK(entry->timestamp == submit.timestamp);
    CHECK(entry->workflow_id == WorkflowId("o1"));
    CHECK(entry->account == account_a);
    CHECK(entry->user_id == "anna");
    CHECK(entry->request_id == "r1");
    CHECK(entry->tool_name == "ibkr_order_submit");
    CHECK(entry->decision == "allow");
    CHECK(store.event_by_id(EventId("event-99")).value() == std::nullopt);

    const auto of_command = store.events_of_command(submit.command_id).value();
    REQUIRE(of_command.size() == 2);
    CHECK(of_command[0].sequence < of_command[1].sequence);
    CHECK(of_command[1].error_code == "ORDER_POLICY_REFUSED");
    CHECK(of_command[1].result_status == "refused");
    CHECK(store.events_of_command(CommandId{}).value().empty());

    CHECK(store.find_events({}).value().size() == 3);
    CHECK(store.find_events({}).value().front().sequence == nameless.sequence_id);
    CHECK(store.find_events({.limit = 1}).value().size() == 1);
    CHECK(store.find_events({.workflow_id = WorkflowId("o1")}).value().size() == 1);
    CHECK(store.find_events({.account = account_b, .decision = "refuse"}).value().size() == 1);
    CHECK(store.find_events({.account = account_a, .decision = "refuse"}).value().empty());
    CHECK(store.find_events({.event_type = "tool_completed"}).value().size() == 1);
    CHECK(store.find_events({.tool_name = "ibkr_order_submit", .error_code = "NONE"}).value().empty());
}

TEST_CASE("the events of one workflow are found in log order, within bounds") {
    auto store = memory_store();
    Feed feed;
    const auto first = feed.submit("o1", "1");
    const auto other = feed.submit("o2", "1");
    const auto second = feed.event(OrderSendStarted{}, "o1");
    const auto third = feed.event(OrderSendStarted{}, "o1");
    const auto nameless = feed.event(ToolCompleted{});
    fold(store, {first, other, second, third, nameless});

    const auto found = [&](const WorkflowId& id, const Event& from, const Event& up_to, std::uint32_t limit) {
        return store.sequences_of_workflow(id, from.sequence_id, up_to.sequence_id, limit).value();
    };
    using Sequences = std::vector<SequenceId>;
    const WorkflowId order("o1");
    CHECK(found(order, first, nameless, 10) ==
          Sequences{first.sequence_id, second.sequence_id, third.sequence_id});
    CHECK(found(order, first, second, 10) == Sequences{first.sequence_id, second.sequence_id});
    CHECK(found(order, other, nameless, 1) == Sequences{second.sequence_id});
    CHECK(found(WorkflowId("o3"), first, nameless, 10).empty());
    CHECK(found(WorkflowId{}, first, nameless, 10).empty());
}
