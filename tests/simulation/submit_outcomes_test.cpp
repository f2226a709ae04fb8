#include <catch2/catch.hpp>

#include "tests/support/engine_rig.hpp"

// What becomes of a submit whose answer, request or record was lost, and of its key.

using namespace ibkr;
using ibkr::testing::EngineRig;
using ibkr::testing::member;

TEST_CASE("an order whose answer was lost is found at the broker and never sent again") {
    EngineRig rig;
    rig.broker.next_write(testing::WriteFault::lose_answer);
    const std::string preview = member(rig.preview("5", "150")->payload, "preview_id");
    const std::string approval = member(rig.approve(events::WorkflowId(preview))->payload, "approval_id");
    const auto lost = rig.submit(events::WorkflowId(approval), "lost");
    REQUIRE(lost);
    REQUIRE(lost->unknown_outcome);
    REQUIRE(member(lost->payload, "order_state") == "unknown");
    REQUIRE_FALSE(member(lost->payload, "user_action").empty());

    const auto again = rig.submit(events::WorkflowId(approval), "lost");
    REQUIRE(again);
    REQUIRE(rig.broker.writes_begun() == 1);
    REQUIRE(rig.broker.book().size() == 1);

    REQUIRE(rig.runtime().reconcile());
    const auto orders = rig.runtime().store().orders({}, 10);
    REQUIRE(orders->front().state == "working");
    REQUIRE((*rig.runtime().store().approval(events::WorkflowId(approval)))->state == "consumed");
}

TEST_CASE("a request that never arrived is proved absent, and its approval can be used again") {
    EngineRig rig;
    rig.broker.next_write(testing::WriteFault::drop_request);
    const std::string preview = member(rig.preview("5", "150")->payload, "preview_id");
    const std::string approval = member(rig.approve(events::WorkflowId(preview))->payload, "approval_id");
    REQUIRE(rig.submit(events::WorkflowId(approval), "dropped")->unknown_outcome);
    REQUIRE(rig.runtime().reconcile());
    REQUIRE(rig.runtime().store().orders({}, 10)->front().state == "not_placed");
    REQUIRE((*rig.runtime().store().approval(events::WorkflowId(approval)))->state == "approved");

    const auto second = rig.submit(events::WorkflowId(approval), "second-key");
    REQUIRE(second);
    REQUIRE(member(second->payload, "order_state") == "working");
    const auto first_key = rig.submit(events::WorkflowId(approval), "dropped");
    REQUIRE(first_key);
    CHECK(member(first_key->payload, "user_action").find("new idempotency key") != std::string::npos);
    REQUIRE(rig.broker.book().size() == 1);
}

TEST_CASE("where absence cannot be proved by one read, the order stays unknown and keeps its approval") {
    EngineRig rig;
    rig.broker.set_absence_provable(false);
    rig.broker.next_write(testing::WriteFault::drop_request);
    const std::string preview = member(rig.preview("5", "150")->payload, "preview_id");
    const std::string approval = member(rig.approve(events::WorkflowId(preview))->payload, "approval_id");
    REQUIRE(rig.submit(events::WorkflowId(approval), "dropped")->unknown_outcome);
    for (int poll = 0; poll < 5; ++poll)
        REQUIRE(rig.runtime().reconcile());
    REQUIRE(rig.restart());
    REQUIRE(rig.runtime().store().orders({}, 10)->front().state == "unknown");
    const auto reuse = rig.submit(events::WorkflowId(approval), "other-key");
    REQUIRE_FALSE(reuse);
    REQUIRE(reuse.error().error.code == events::ErrorCode::approval_consumed);
    const auto exposure = rig.runtime().store().exposure(
        rig.runtime().accounts().hash(testing::ScriptedBroker::account()), events::ContractId("265598"));
    REQUIRE(exposure->open_buys == events::Quantity::whole(5));
}

TEST_CASE("an append that fails is not acknowledged, and the process does nothing more") {
    for (const auto fault : {events::AppendFault::not_stored, events::AppendFault::stored_unknown}) {
        EngineRig rig;
        const std::string preview = member(rig.preview("5", "150")->payload, "preview_id");
        const std::string approval = member(rig.approve(events::WorkflowId(preview))->payload, "approval_id");
        rig.log.fail_append(1, fault);
        const auto failed = rig.submit(events::WorkflowId(approval), "key-1");
        REQUIRE_FALSE(failed);
        REQUIRE(failed.error().error.code == events::ErrorCode::audit_write_failed);
        REQUIRE_FALSE(rig.runtime().alive());
        REQUIRE(rig.broker.writes_begun() == 0);
        REQUIRE_FALSE(rig.preview("5", "150"));

        REQUIRE(rig.restart());
        const auto again = rig.submit(events::WorkflowId(approval), "key-1");
        const bool intent_was_stored = fault == events::AppendFault::stored_unknown;
        // The stored intent was settled at the restart as never placed; its key is never sent again.
        REQUIRE(again);
        const auto orders = rig.runtime().store().orders({}, 10);
        REQUIRE(orders->front().state == (intent_was_stored ? "not_placed" : "working"));
        REQUIRE((member(again->payload, "order_state") == "unknown") == intent_was_stored);
        REQUIRE(rig.broker.book().size() == (intent_was_stored ? 0U : 1U));
    }
}

TEST_CASE("the same key answers what was answered first, and says what holds now") {
    EngineRig rig;
    rig.broker.fill_buys_at_or_above(events::Price(events::Decimal::whole(195)));
    const std::string preview = member(rig.preview("5", "200")->payload, "preview_id");
    const std::string approval = member(rig.approve(events::WorkflowId(preview))->payload, "approval_id");
    const auto first = rig.submit(events::WorkflowId(approval), "one-key");
    const auto again = rig.submit(events::WorkflowId(approval), "one-key");
    REQUIRE(first);
    REQUIRE(again);
    for (const char* name : {"order_state", "status", "broker_order_id", "order_id"})
        CHECK(member(first->payload, name) == member(again->payload, name));
    CHECK(member(again->payload, "order_state") == "filled");
    CHECK(rig.broker.writes_begun() == 1);
}
