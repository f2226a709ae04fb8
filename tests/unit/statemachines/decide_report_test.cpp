#include <catch2/catch.hpp>

#include "tests/unit/statemachines/decide_world.hpp"

using namespace ibkr::tests;
using Names = std::vector<std::string>;

TEST_CASE("an outcome settles its intent and the approval", "[decide][outcome]") {
    World world;
    const auto order = world.submitted();
    const auto& approval = world.approvals.begin()->second;
    SECTION("confirmed") {
        const auto decided = world.run(world.outcome(order, ev::Outcome::confirmed, "working"));
        CHECK(event_names(decided) == Names{"paper_order_submitted", "approval_consumed"});
        CHECK(decided.events[0].result_status == ev::ResultStatus::completed);
        CHECK(world.orders.at(order).state == "working");
    }
    SECTION("confirmed and rejected at once") {
        world.run(world.outcome(order, ev::Outcome::confirmed, "rejected"));
        CHECK(world.orders.at(order).state == "rejected");
        CHECK(approval.state == "approved");
    }
    SECTION("refused") {
        const auto decided = world.run(world.outcome(order, ev::Outcome::refused, "rejected"));
        CHECK(event_names(decided) == Names{"paper_order_submitted", "approval_released"});
        CHECK(decided.events[0].result_status == ev::ResultStatus::refused);
        CHECK(decided.events[0].error_code.empty());
        CHECK(decided.events[0].decision == ev::Decision::allow);
        CHECK(world.orders.at(order).state == "rejected");
    }
    SECTION("not sent") {
        world.run(world.outcome(order, ev::Outcome::not_sent));
        CHECK(world.orders.at(order).state == "not_sent");
        CHECK(approval.state == "approved");
    }
    SECTION("unknown") {
        const auto decided = world.run(world.outcome(order, ev::Outcome::unknown));
        CHECK(event_names(decided) == Names{"paper_order_submitted"});
        CHECK(decided.events[0].result_status == ev::ResultStatus::failed);
        CHECK(decided.events[0].error_code == "BROKER_BACKEND_UNAVAILABLE");
        CHECK(world.orders.at(order).state == "unknown");
        CHECK(approval.state == "reserved");
    }
    CHECK_FALSE(world.orders.at(order).pending);
}

TEST_CASE("an outcome that nobody awaits is no second event, and never lost", "[decide][outcome]") {
    World world;
    const auto order = world.submitted();
    const auto outcome = world.outcome(order, ev::Outcome::confirmed, "working");
    world.run(outcome);
    const auto again = world.run(outcome);
    CHECK(again.events.empty());
    CHECK(again.refusal);
    auto news = outcome;
    news.broker_order_id = ev::BrokerOrderId("B7");
    CHECK(event_names(world.run(news)) == Names{"tool_failed"});
    news.order_id = ev::WorkflowId("none");
    CHECK(event_names(world.run(news)) == Names{"tool_failed"});
}

TEST_CASE("executions are recorded once, in the order they happened, and fill the order",
          "[decide][report]") {
    World world;
    const auto order = world.working();
    auto report = world.report(order, "filled");
    auto later = world.fill("E1", "4", "190.00");
    later.executed_at = at(2000);
    auto earlier = world.fill("E2", "6", "189.50");
    earlier.executed_at = at(1000);
    report.executions = {later, earlier, later};
    const auto decided = world.run(report);
    CHECK(event_names(decided) == Names{"order_execution_recorded", "order_execution_recorded"});
    const auto& first = std::get<ev::OrderExecutionRecorded>(decided.events[0].body);
    CHECK(first.execution.execution_id == ev::ExecutionId("E2"));
    CHECK(first.filled_quantity == quantity("6"));
    CHECK(world.orders.at(order).state == "filled");
    CHECK(world.orders.at(order).filled_quantity == quantity("10"));
    CHECK(world.orders.at(order).filled_value == decimal("1897"));
    CHECK(world.run(report).events.empty());
}

TEST_CASE("a status that says nothing new is no event", "[decide][report]") {
    World world;
    const auto order = world.working();
    for (const char* status : {"pending", "working", "partially_filled", "filled"})
        CHECK(world.run(world.report(order, status)).events.empty());
    const auto decided = world.run(world.report(order, "cancelled"));
    CHECK(event_names(decided) == Names{"paper_order_lifecycle_changed"});
    CHECK(std::get<ev::PaperOrderLifecycleChanged>(decided.events[0].body).previous_state == "working");
    CHECK(world.orders.at(order).state == "cancelled");
    CHECK(world.run(world.report(order, "cancelled")).events.empty());
}

TEST_CASE("evidence settles an order whose outcome is unknown", "[decide][report]") {
    World world;
    const auto order = world.submitted();
    const auto& approval = world.approvals.begin()->second;
    world.run(world.outcome(order, ev::Outcome::unknown));
    auto report = world.report(order, "working");
    SECTION("found") {
        report.broker_order_id = ev::BrokerOrderId("B1");
        const auto decided = world.run(report);
        CHECK(event_names(decided) == Names{"paper_order_lifecycle_changed", "approval_consumed"});
        CHECK(world.orders.at(order).state == "working");
        CHECK(world.orders.at(order).broker_order_id == ev::BrokerOrderId("B1"));
        CHECK(approval.state == "consumed");
    }
    SECTION("found by its execution") {
        report.evidence.clear();
        report.broker_status.clear();
        report.executions = {world.fill("E1", "10", "190")};
        CHECK(event_names(world.run(report)) == Names{"order_execution_recorded", "approval_consumed"});
        CHECK(world.orders.at(order).state == "filled");
    }
    SECTION("absent") {
        report.broker_status.clear();
        report.evidence = "absence_proved";
        const auto decided = world.run(report);
        CHECK(event_names(decided) == Names{"paper_order_lifecycle_changed", "approval_released"});
        CHECK(world.orders.at(order).state == "not_placed");
        CHECK(approval.state == "approved");
    }
    SECTION("attested as never placed") {
        report.broker_status.clear();
        report.broker_order_id = {};
        report.evidence = "operator_attested";
        world.run(report);
        CHECK(world.orders.at(order).state == "not_placed");
    }
}

TEST_CASE("a contradiction is recorded once", "[decide][report]") {
    World world;
    const auto order = world.working();
    world.run(world.report(order, "cancelled"));
    auto report = world.report(order, "working");
    report.message = "still alive";
    const auto decided = world.run(report);
    CHECK(event_names(decided) == Names{"paper_order_lifecycle_changed"});
    CHECK(decided.events[0].result_status == ev::ResultStatus::failed);
    CHECK(world.orders.at(order).state == "cancelled");
    CHECK(world.orders.at(order).contradicted);
    CHECK(world.orders.at(order).message == "still alive");
    CHECK(world.run(report).events.empty());
}

TEST_CASE("a late fill of a cancelled order counts and contradicts", "[decide][report]") {
    World world;
    const auto order = world.working();
    world.run(world.report(order, "cancelled"));
    auto report = world.report(order, "cancelled");
    report.executions = {world.fill("E1", "3", "190")};
    CHECK(event_names(world.run(report)) == Names{"order_execution_recorded"});
    CHECK(world.orders.at(order).filled_quantity == quantity("3"));
    CHECK(world.orders.at(order).contradicted);
}

TEST_CASE("a report on an order that is not ours is recorded", "[decide][report]") {
    World world;
    sm::ReportOrder report;
    report.order_id = ev::WorkflowId("none");
    report.evidence = "broker_record";
    CHECK(event_names(world.run(report)) == Names{"tool_failed"});
}

TEST_CASE("an approval given back is revoked when its order appears at the broker", "[decide][report]") {
    World world;
    const auto order = world.submitted();
    const auto& approval = world.approvals.begin()->second;
    world.run(world.outcome(order, ev::Outcome::refused, "rejected"));
    REQUIRE(approval.state == "approved");
    auto report = world.report(order, "filled");
    report.executions = {world.fill("late", "10", "190")};
    world.run(report);
    CHECK(world.orders.at(order).contradicted);
    CHECK(world.orders.at(order).filled_quantity == quantity("10"));
    CHECK(approval.state == "revoked");
    CHECK(world.run(world.submit_command(approval.approval_id, "key-2")).refusal);
    CHECK(world.run(report).events.empty());
}
