#include <catch2/catch.hpp>

#include "tests/unit/statemachines/decide_world.hpp"

using namespace ibkr::tests;
using Names = std::vector<std::string>;

namespace {

sm::CancelOrder cancel(std::string key = "cancel-1") {
    return {paper_account, ev::BrokerOrderId("B1"), ev::IdempotencyKey(std::move(key))};
}

sm::ModifyOrder modify(std::string key = "modify-1") {
    sm::ModifyOrder command;
    command.account = paper_account;
    command.broker_order_id = ev::BrokerOrderId("B1");
    command.idempotency_key = ev::IdempotencyKey(std::move(key));
    command.changes.limit_price = price("191");
    return command;
}

/// An approved preview of B1 with its limit at `limit`.
ev::WorkflowId approved_replacement(World& world, std::string_view limit) {
    auto command = world.preview_command();
    command.limit_price = price(limit);
    command.replaces = ev::BrokerOrderId("B1");
    const auto preview = world.run(command);
    REQUIRE_FALSE(preview.refusal);
    return world.approve(preview.subject);
}

}  // namespace

TEST_CASE("a cancel of a working order is intended and sent", "[decide][cancel]") {
    World world;
    const auto order = world.working();
    const auto decided = world.run(cancel());
    REQUIRE_FALSE(decided.refusal);
    CHECK(event_names(decided) == Names{"order_cancel_intended"});
    CHECK(decided.subject == order);
    REQUIRE(decided.effects.size() == 1);
    CHECK(decided.effects[0].operation == ev::Operation::cancel);
    CHECK(decided.effects[0].broker_order_id == ev::BrokerOrderId("B1"));
    CHECK(decided.effects[0].send_by == at(5000));
    CHECK(world.orders.at(order).state == "cancel_pending");
    require_refused(world.run(cancel()), "PAPER_IDEMPOTENCY_CONFLICT");
    world.run(world.outcome(order, ev::Outcome::confirmed, "cancelled"));
    CHECK(world.orders.at(order).state == "cancelled");
    const auto again = world.run(cancel());
    REQUIRE(again.stored_answer);
    CHECK(again.stored_answer->answer_state == "cancelled");
}

TEST_CASE("a cancel passes its gates in order", "[decide][cancel]") {
    World world;
    const auto order = world.working();
    SECTION("switched off") {
        world.enable_paper = false;
        require_refused(world.run(cancel()), "PAPER_TRADING_DISABLED");
    }
    SECTION("unknown to us") {
        auto command = cancel();
        command.broker_order_id = ev::BrokerOrderId("B2");
        require_refused(world.run(command), "BROKER_CAPABILITY_UNAVAILABLE");
        world.policy.settings.paper_enabled = false;
        require_refused(world.run(command), "PAPER_TRADING_DISABLED");
    }
    SECTION("another account's") {
        world.orders.at(order).account = other_account;
        require_refused(world.run(cancel()), "BROKER_CAPABILITY_UNAVAILABLE");
    }
    SECTION("ended") {
        world.run(world.report(order, "cancelled"));
        const auto decided = world.run(cancel());
        require_refused(decided, "ORDER_VALIDATION_FAILED");
        CHECK(decided.refusal->message.find("cancelled") != std::string::npos);
        CHECK_FALSE(decided.refusal->retryable);
    }
    SECTION("another write under way") {
        world.run(modify());
        const auto decided = world.run(cancel());
        require_refused(decided, "PAPER_IDEMPOTENCY_CONFLICT");
        CHECK(decided.refusal->retryable);
    }
    SECTION("a cancel that the broker took already") {
        world.run(cancel());
        world.run(world.outcome(order, ev::Outcome::confirmed));
        require_refused(world.run(cancel("cancel-2")), "PAPER_IDEMPOTENCY_CONFLICT");
    }
    SECTION("a lost cancel may be repeated under a new key") {
        world.run(cancel());
        world.run(world.outcome(order, ev::Outcome::unknown));
        CHECK_FALSE(world.run(cancel("cancel-2")).refusal);
    }
    SECTION("the account is live") {
        world.market.account_mode = ev::AccountMode::live;
        require_refused(world.run(cancel()), "PAPER_TRADING_DISABLED");
        world.market.account_mode = ev::AccountMode::unknown;
        CHECK_FALSE(world.run(cancel()).refusal);
    }
    SECTION("no market data is needed") {
        world.market.quote.reset();
        world.policy.risk_policy.reset();
        CHECK_FALSE(world.run(cancel()).refusal);
    }
}

TEST_CASE("a modify of a working order is checked, intended and sent", "[decide][modify]") {
    World world;
    const auto order = world.working();
    auto command = modify();
    command.changes.quantity = quantity("12");
    const auto decided = world.run(command);
    REQUIRE_FALSE(decided.refusal);
    CHECK(event_names(decided) == Names{"order_risk_checked", "order_modify_intended"});
    const auto* intent = body<ev::OrderModifyIntended>(decided);
    CHECK(intent->new_terms.quantity == quantity("12"));
    CHECK(intent->new_terms.limit_price == price("191"));
    CHECK(intent->added_notional == money("392"));
    CHECK(intent->approval_id.empty());
    REQUIRE(decided.effects.size() == 1);
    CHECK(decided.effects[0].changes == command.changes);
    CHECK(world.orders.at(order).state == "modify_pending");
    CHECK(world.orders.at(order).terms == limit_terms());
    world.run(world.outcome(order, ev::Outcome::confirmed));
    CHECK(world.orders.at(order).terms == intent->new_terms);
    CHECK(world.orders.at(order).state == "working");
}

TEST_CASE("shrinking an order adds no notional", "[decide][modify]") {
    World world;
    world.working();
    auto command = modify();
    command.changes.limit_price.reset();
    command.changes.quantity = quantity("5");
    CHECK(body<ev::OrderModifyIntended>(world.run(command))->added_notional == money("0"));
}

TEST_CASE("a modify needs changes that make sense", "[decide][modify]") {
    World world;
    const auto order = world.working();
    auto command = modify();
    SECTION("none") {
        command.changes = {};
    }
    SECTION("stop and trailing") {
        command.changes.stop_price = price("180");
        command.changes.trailing_amount = decimal("1");
    }
    SECTION("both trailing values") {
        command.changes.trailing_percent = decimal("1");
        command.changes.trailing_amount = decimal("1");
    }
    SECTION("not above what is filled") {
        auto report = world.report(order, "partially_filled");
        report.executions = {world.fill("E1", "4", "190")};
        world.run(report);
        command.changes.quantity = quantity("4");
    }
    SECTION("ended") {
        world.run(world.report(order, "expired"));
    }
    require_refused(world.run(command), "ORDER_VALIDATION_FAILED");
}

TEST_CASE("a modify is checked without counting the order twice", "[decide][modify]") {
    World world;
    world.working();
    world.exposure.open_buys = quantity("10");
    world.policy.risk_policy->max_position_notional = money("2292");
    auto command = modify();
    command.changes.quantity = quantity("12");
    CHECK_FALSE(world.run(command).refusal);
    world.run(world.outcome(world.orders.begin()->first, ev::Outcome::refused));
    command.idempotency_key = ev::IdempotencyKey("modify-2");
    command.changes.quantity = quantity("13");
    const auto decided = world.run(command);
    require_refused(decided, "ORDER_POLICY_REFUSED");
    CHECK(reason_codes(decided.refusal->reasons) == Names{"ORDER_POSITION_NOTIONAL_LIMIT_REFUSED"});
}

TEST_CASE("the filled part of a modified order counts once", "[decide][modify]") {
    World world;
    const auto order = world.working();
    auto report = world.report(order, "partially_filled");
    report.executions = {world.fill("E1", "4", "190")};
    world.run(report);
    world.exposure.position = quantity("4");
    world.exposure.open_buys = quantity("6");
    const auto decided = world.run(modify());
    REQUIRE_FALSE(decided.refusal);
    CHECK(body<ev::OrderRiskChecked>(decided)->resulting_position == quantity("10"));
}

TEST_CASE("under operator approvals a modify needs the approved replacement preview", "[decide][modify]") {
    World world;
    const auto order = world.working();
    world.policy.settings.paper_approvals = sm::ApprovalMode::operator_;
    world.is_operator = true;
    auto command = modify();
    require_refused(world.run(command), "PAPER_APPROVAL_REQUIRED");
    SECTION("of an order that is new") {
        command.approval_id = world.approve(world.preview());
        require_refused(world.run(command), "APPROVAL_PREVIEW_MISMATCH");
    }
    SECTION("with other terms") {
        command.approval_id = approved_replacement(world, "192");
        require_refused(world.run(command), "APPROVAL_PREVIEW_MISMATCH");
    }
    SECTION("exactly this one: reserved, then used up or free again") {
        command.approval_id = approved_replacement(world, "191");
        const auto decided = world.run(command);
        REQUIRE_FALSE(decided.refusal);
        CHECK(event_names(decided) ==
              Names{"order_risk_checked", "order_modify_intended", "approval_reserved"});
        const auto& approval = world.approvals.at(command.approval_id);
        CHECK(approval.state == "reserved");
        SECTION("confirmed") {
            world.run(world.outcome(order, ev::Outcome::confirmed));
            CHECK(approval.state == "consumed");
        }
        SECTION("refused") {
            world.run(world.outcome(order, ev::Outcome::refused));
            CHECK(approval.state == "approved");
        }
        SECTION("unknown, then the book shows the new terms") {
            world.run(world.outcome(order, ev::Outcome::unknown));
            CHECK(approval.state == "reserved");
            CHECK(world.orders.at(order).modify_unknown);
            auto report = world.report(order, "working");
            report.terms = world.previews.at(approval.preview_id).terms;
            const auto seen = world.run(report);
            CHECK(event_names(seen) == Names{"paper_order_lifecycle_changed", "approval_consumed"});
            CHECK(world.orders.at(order).terms.limit_price == price("191"));
            CHECK_FALSE(world.orders.at(order).modify_unknown);
        }
        SECTION("unknown, then the book shows the old terms") {
            world.run(world.outcome(order, ev::Outcome::unknown));
            auto report = world.report(order, "working");
            report.terms = limit_terms();
            world.run(report);
            CHECK(approval.state == "approved");
            CHECK(world.orders.at(order).terms == limit_terms());
            CHECK(world.orders.at(order).state == "working");
        }
    }
}
