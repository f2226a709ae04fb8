#include <catch2/catch.hpp>

#include "statemachines/machines/approval.hpp"
#include "statemachines/machines/order.hpp"
#include "tests/unit/statemachines/decide_world.hpp"

using namespace ibkr::tests;

TEST_CASE("a record counts positions and keeps the last event", "[evolve]") {
    World world;
    const auto order = world.working();
    const auto& record = world.orders.at(order);
    CHECK(record.position == 2);
    CHECK(record.updated_at == world.now);
    CHECK(record.created_at == world.now);
    CHECK(record.account == paper_account);
    CHECK(record.policy_name == "default");
    CHECK(record.ever_working);
    CHECK(record.order_hash == world.previews.at(record.preview_id).order_hash);
}

TEST_CASE("a pending write is remembered until its outcome", "[evolve]") {
    World world;
    const auto order = world.submitted();
    const auto& record = world.orders.at(order);
    REQUIRE(record.pending);
    CHECK(record.pending->intent_id == order.text());
    CHECK_FALSE(record.pending->send_started);
    CHECK(record.progress.submit == "intended");
    sm::Decided started;
    started.events.push_back({ev::OrderSendStarted{order.text(), ev::Operation::submit, {}},
                              order,
                              paper_account,
                              ev::Decision::allow,
                              ev::ResultStatus::completed,
                              {}});
    world.apply(started);
    CHECK(record.pending->send_started);
    CHECK(record.progress.submit == "started");
    world.run(world.outcome(order, ev::Outcome::confirmed, "working"));
    CHECK_FALSE(record.pending);
    CHECK(record.progress.submit == "accepted");
}

TEST_CASE("a fill beyond the old size proves a modify whose answer is lost", "[evolve]") {
    World world;
    const auto order = world.working();
    sm::ModifyOrder modify;
    modify.account = paper_account;
    modify.broker_order_id = ev::BrokerOrderId("B1");
    modify.idempotency_key = ev::IdempotencyKey("m");
    modify.changes.quantity = quantity("20");
    modify.changes.limit_price = price("195");
    world.run(modify);
    world.run(world.outcome(order, ev::Outcome::unknown));
    const auto& record = world.orders.at(order);
    CHECK(record.modify_unknown);
    REQUIRE(record.lost_modify);
    CHECK(record.progress.requested == quantity("20"));
    auto report = world.report(order, "partially_filled");
    report.executions = {world.fill("E1", "15", "194")};
    world.run(report);
    CHECK(record.terms.quantity == quantity("20"));
    CHECK(record.terms.limit_price == price("195"));
    CHECK_FALSE(record.modify_unknown);
    CHECK_FALSE(record.lost_modify);
    CHECK(record.state == "partially_filled");
}

TEST_CASE("events of another machine change nothing but the position", "[evolve]") {
    ev::PreviewRecord record;
    ev::Event event;
    event.workflow_position = 1;
    event.body = ev::ToolCompleted{};
    CHECK(sm::evolve(record, event) == sm::Folded::not_of_this_machine);
    CHECK(record.state.empty());
    CHECK(record.position == 1);
}

TEST_CASE("the contract's words for every order state", "[evolve]") {
    CHECK(sm::lifecycle_status("submitting", false) == "submitted");
    CHECK(sm::lifecycle_status("awaiting_reply", false) == "submitted");
    CHECK(sm::lifecycle_status("working", true) == "open");
    CHECK(sm::lifecycle_status("partially_filled", true) == "open");
    CHECK(sm::lifecycle_status("modify_pending", true) == "open");
    CHECK(sm::lifecycle_status("cancel_pending", true) == "pending_cancel");
    CHECK(sm::lifecycle_status("unknown", true) == "unknown");
    CHECK(sm::lifecycle_status("filled", true) == "filled");
    CHECK(sm::lifecycle_status("cancelled", true) == "cancelled");
    CHECK(sm::lifecycle_status("expired", true) == "cancelled");
    CHECK(sm::lifecycle_status("expired", false) == "refused");
    CHECK(sm::lifecycle_status("rejected", true) == "refused");
    CHECK(sm::lifecycle_status("not_sent", false) == "refused");
    CHECK(sm::lifecycle_status("not_placed", false) == "refused");
}

TEST_CASE("an order is open until it has ended, unknown included", "[evolve]") {
    for (const auto& [state, name] : sm::order_state_names) {
        const bool ended = state == sm::OrderState::Filled || state == sm::OrderState::Cancelled ||
                           state == sm::OrderState::Rejected || state == sm::OrderState::Expired ||
                           state == sm::OrderState::NotSent || state == sm::OrderState::NotPlaced;
        CHECK(sm::order_is_open(name) != ended);
    }
}

TEST_CASE("the contract's five approval words", "[evolve]") {
    for (const auto& [state, name] : sm::approval_state_names) {
        const auto word = sm::approval_status(name);
        if (state == sm::ApprovalState::Reserved)
            CHECK(word == "approved");
        else if (state == sm::ApprovalState::Denied)
            CHECK(word == "revoked");
        else
            CHECK(word == name);
    }
}
