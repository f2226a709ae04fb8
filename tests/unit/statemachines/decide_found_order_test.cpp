#include <catch2/catch.hpp>

#include "statemachines/hashing.hpp"
#include "tests/unit/statemachines/decide_world.hpp"

// What the log lost and the broker's book or older read models still show becomes an intent in `unknown`.

using namespace ibkr::tests;

namespace {

sm::RecordFoundOrder found_change(ev::Operation operation, const ev::WorkflowId& order, std::string key,
                                  const World& world) {
    sm::RecordFoundOrder command = world.found_at_broker(std::move(key));
    command.found_at = "projection";
    command.operation = operation;
    command.order_id = order;
    command.client_order_id = world.orders.at(order).client_order_id;
    command.terms = world.orders.at(order).terms;
    command.request_hash = std::string(64, '5');
    return command;
}

}  // namespace

TEST_CASE("an order found at the broker becomes an intent whose outcome is unknown", "[found]") {
    World world;
    const auto command = world.found_at_broker();
    const auto decided = world.run(command);
    REQUIRE_FALSE(decided.refusal);
    CHECK(decided.effects.empty());
    CHECK(decided.subject == command.order_id);
    CHECK(event_names(decided) == std::vector<std::string>{"order_submit_intended", "paper_order_submitted"});

    const auto* intent = body<ev::OrderSubmitIntended>(decided);
    CHECK(intent->intent_id == command.order_id.text());
    CHECK(intent->client_order_id.text() == "p0123abcd-key-1");
    CHECK(intent->terms == limit_terms());
    CHECK(intent->notional == money("1900"));
    CHECK(intent->policy_name == world.policy.settings.paper_risk_policy);
    CHECK(intent->send_by == world.now);
    const auto* outcome = body<ev::PaperOrderSubmitted>(decided);
    CHECK(outcome->outcome == ev::Outcome::unknown);
    CHECK(outcome->learned_from == "found_at_broker");
    CHECK(decided.events.back().result_status == ev::ResultStatus::failed);
    CHECK(decided.events.back().error_code == "BROKER_BACKEND_UNAVAILABLE");

    const auto& order = world.orders.at(command.order_id);
    CHECK(order.state == "unknown");
    CHECK(order.broker_order_id.text() == "B1");
    CHECK_FALSE(order.pending);
    CHECK(world.keys.at(command.idempotency_key).outcome == ev::Outcome::unknown);
}

TEST_CASE("a found order is settled by the broker's book like any unknown one", "[found]") {
    World world;
    const auto order = world.run(world.found_at_broker()).subject;
    SECTION("filled") {
        auto report = world.report(order, "filled");
        report.executions = {world.fill("E1", "10", "189.5")};
        world.run(report);
        CHECK(world.orders.at(order).state == "filled");
        CHECK(world.orders.at(order).filled_quantity == quantity("10"));
    }
    SECTION("not there") {
        auto report = world.report(order, "");
        report.evidence = "absence_proved";
        world.run(report);
        CHECK(world.orders.at(order).state == "not_placed");
    }
}

TEST_CASE("an order or key that the log knows leaves no event", "[found]") {
    World world;
    SECTION("by its id") {
        auto command = world.found_at_broker();
        world.run(command);
        CHECK(world.run(command).events.empty());
        CHECK(world.run(command).subject == command.order_id);
    }
    SECTION("by its client order id") {
        const auto order = world.working();
        const auto decided = world.run(world.found_at_broker());
        CHECK(decided.events.empty());
        CHECK(decided.subject == order);
    }
    SECTION("a change's key") {
        const auto order = world.working();
        const auto command = found_change(ev::Operation::cancel, order, "key-9", world);
        CHECK_FALSE(world.run(command).events.empty());
        const auto again = world.run(command);
        CHECK(again.events.empty());
        CHECK(again.subject == order);
    }
    SECTION("but an order under a key that another operation has is recorded, because it counts") {
        const auto order = world.working("B7", "key-7");
        world.run(found_change(ev::Operation::cancel, order, "key-9", world));
        CHECK(world.run(world.found_at_broker("key-9")).events.size() == 2);
    }
}

TEST_CASE("the key of a found order is never sent again", "[found]") {
    World world;
    const auto approval = world.approve(world.preview());
    const auto retry = world.submit_command(approval);
    auto command = world.found_at_broker();
    SECTION("its request is not known: equal to none") {
        const auto order = world.run(command).subject;
        const auto decided = world.run(retry);
        require_refused(decided, "PAPER_IDEMPOTENCY_CONFLICT");
        CHECK_FALSE(decided.refusal->retryable);
        CHECK(decided.refusal->message.find(order.text()) != std::string::npos);
    }
    SECTION("its request is known: the stored answer") {
        command.request_hash = sm::request_hash(retry);
        const auto order = world.run(command).subject;
        const auto decided = world.run(retry);
        REQUIRE_FALSE(decided.refusal);
        CHECK(decided.effects.empty());
        REQUIRE(decided.stored_answer);
        CHECK(decided.stored_answer->order_id == order);
        CHECK(decided.stored_answer->outcome == ev::Outcome::unknown);
    }
    SECTION("its request is known and another one comes") {
        command.request_hash = sm::request_hash(retry);
        world.run(command);
        require_refused(world.run(world.submit_command(ev::WorkflowId("other"))),
                        "PAPER_IDEMPOTENCY_CONFLICT");
    }
}

TEST_CASE("the approval of a found order is reserved while it can be, and used up with it", "[found]") {
    World world;
    auto command = world.found_at_broker();
    SECTION("approved") {
        command.approval_id = world.approve(world.preview());
        const auto decided = world.run(command);
        CHECK(event_names(decided) == std::vector<std::string>{"order_submit_intended", "approval_reserved",
                                                               "paper_order_submitted"});
        CHECK(world.approvals.at(command.approval_id).state == "reserved");
        CHECK(world.approvals.at(command.approval_id).order_id == command.order_id);
        world.run(world.report(command.order_id, "working"));
        CHECK(world.approvals.at(command.approval_id).state == "consumed");
    }
    SECTION("not the account's") {
        const auto approval = world.approve(world.preview());
        world.approvals.at(approval).account = other_account;
        command.approval_id = approval;
        CHECK(world.run(command).events.size() == 2);
        CHECK(world.approvals.at(approval).state == "approved");
    }
    SECTION("pending, revoked, or another order's") {
        world.policy.settings.paper_approvals = sm::ApprovalMode::operator_;
        command.approval_id = world.approve(world.preview());
        CHECK(world.run(command).events.size() == 2);
        CHECK(world.approvals.at(command.approval_id).state == "pending");
    }
    SECTION("lost with the log") {
        command.approval_id = ev::WorkflowId("never-seen");
        CHECK(world.run(command).events.size() == 2);
        CHECK(world.orders.at(command.order_id).approval_id == command.approval_id);
    }
}

TEST_CASE("a found cancel's key is bound and its outcome unknown", "[found]") {
    World world;
    const auto order = world.working();
    const auto command = found_change(ev::Operation::cancel, order, "key-9", world);
    const auto decided = world.run(command);
    CHECK(event_names(decided) == std::vector<std::string>{"order_cancel_intended", "paper_order_cancelled"});
    CHECK(world.orders.at(order).state == "cancel_pending");
    CHECK(world.orders.at(order).progress.cancel == "unknown");
    const auto& bound = world.keys.at(command.idempotency_key);
    CHECK(bound.operation == ev::Operation::cancel);
    CHECK(bound.outcome == ev::Outcome::unknown);
    CHECK(bound.request_hash == command.request_hash);
    world.run(world.report(order, "cancelled"));
    CHECK(world.orders.at(order).state == "cancelled");
}

TEST_CASE("a found modify counts with the larger quantity until the book settles it", "[found]") {
    World world;
    const auto order = world.working();
    auto command = found_change(ev::Operation::modify, order, "key-9", world);
    command.terms.quantity = quantity("25");
    command.terms.limit_price = price("191");
    command.notional = money("2875");
    const auto decided = world.run(command);
    CHECK(event_names(decided) == std::vector<std::string>{"order_modify_intended", "paper_order_modified"});
    const auto* intent = body<ev::OrderModifyIntended>(decided);
    CHECK(intent->changes.quantity == quantity("25"));
    CHECK(intent->changes.limit_price == price("191"));
    CHECK_FALSE(intent->changes.time_in_force);
    CHECK(intent->added_notional == money("2875"));
    CHECK(world.orders.at(order).state == "modify_pending");
    CHECK(world.orders.at(order).modify_unknown);

    auto report = world.report(order, "working");
    report.terms = command.terms;
    world.run(report);
    CHECK(world.orders.at(order).state == "working");
    CHECK(world.orders.at(order).terms.quantity == quantity("25"));
}

TEST_CASE("a change is bound in every state of its order, and moves only those that admit it", "[found]") {
    World world;
    world.may_be_passed_over = true;
    const auto operation = GENERATE(ev::Operation::cancel, ev::Operation::modify);
    SECTION("unknown") {
        const auto order = world.run(world.found_at_broker()).subject;
        world.run(found_change(operation, order, "key-9", world));
        CHECK(world.orders.at(order).state == "unknown");
        CHECK_FALSE(world.orders.at(order).pending);
        world.run(world.report(order, "working"));
        CHECK(world.orders.at(order).state == "working");
    }
    SECTION("ended") {
        const auto order = world.working();
        world.run(world.report(order, "cancelled"));
        world.run(found_change(operation, order, "key-9", world));
        CHECK(world.orders.at(order).state == "cancelled");
        CHECK_FALSE(world.orders.at(order).contradicted);
    }
    SECTION("while a cancel of unknown outcome is open") {
        const auto order = world.working();
        world.run(found_change(ev::Operation::cancel, order, "key-8", world));
        world.run(found_change(operation, order, "key-9", world));
        CHECK(world.orders.at(order).state == "cancel_pending");
    }
    const auto& bound = world.keys.at(ev::IdempotencyKey("key-9"));
    CHECK(bound.operation == operation);
    CHECK(bound.outcome == ev::Outcome::unknown);
}

TEST_CASE("a write that the log still holds as under way gets its unknown outcome first", "[found]") {
    World world;
    world.may_be_passed_over = true;
    const auto order = world.submitted();
    const auto decided = world.run(found_change(ev::Operation::cancel, order, "key-9", world));
    CHECK(event_names(decided) == std::vector<std::string>{"paper_order_submitted", "order_cancel_intended",
                                                           "paper_order_cancelled"});
    CHECK(body<ev::PaperOrderSubmitted>(decided)->intent_id == order.text());
    CHECK(world.keys.at(ev::IdempotencyKey("key-1")).outcome == ev::Outcome::unknown);
    CHECK(world.orders.at(order).state == "unknown");
    CHECK_FALSE(world.orders.at(order).pending);
}

TEST_CASE("what this version cannot hold in unknown is recorded as failed", "[found]") {
    World world;
    auto command = world.found_at_broker();
    std::string code;
    SECTION("a live order") {
        command.environment = ev::Environment::live;
        code = "BROKER_CAPABILITY_UNAVAILABLE";
    }
    SECTION("a key of an order that was not found") {
        command.operation = ev::Operation::cancel;
        code = "ORDER_VALIDATION_FAILED";
    }
    const auto decided = world.run(command);
    CHECK(event_names(decided) == std::vector<std::string>{"tool_failed"});
    CHECK(refusal_code(decided) == code);
    CHECK_FALSE(decided.refusal->user_action.empty());
    CHECK(world.orders.empty());
}

TEST_CASE("an order that only looks like ours counts without a key", "[found]") {
    World world;
    auto command = world.found_at_broker();
    command.idempotency_key = {};
    command.client_order_id = ev::ClientOrderId("p0123abcdXa:b");
    const auto order = world.run(command).subject;
    CHECK(world.orders.at(order).state == "unknown");
    CHECK(world.orders.at(order).client_order_id.text() == "p0123abcdXa:b");
}

TEST_CASE("a found order's id follows from what it is", "[found]") {
    const auto id = sm::found_id(paper_account, ev::Environment::paper, "order p0123abcd-key");
    CHECK(ev::is_id_text(id, ev::WorkflowIdTag::length_max));
    CHECK(id.size() == 36);
    CHECK(id[14] == '8');
    CHECK(id == sm::found_id(paper_account, ev::Environment::paper, "order p0123abcd-key"));
    CHECK(id != sm::found_id(other_account, ev::Environment::paper, "order p0123abcd-key"));
    CHECK(id != sm::found_id(paper_account, ev::Environment::live, "order p0123abcd-key"));
    CHECK(id != sm::found_id(paper_account, ev::Environment::paper, "order p0123abcd-kez"));
}
