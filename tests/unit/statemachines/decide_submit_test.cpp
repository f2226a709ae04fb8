#include <catch2/catch.hpp>

#include "statemachines/hashing.hpp"
#include "tests/unit/statemachines/decide_world.hpp"

using namespace ibkr::tests;
using Names = std::vector<std::string>;

TEST_CASE("a submit through every gate binds its key, reserves its approval and writes once",
          "[decide][submit]") {
    World world;
    const auto approval = world.approve(world.preview());
    const auto command = world.submit_command(approval);
    const auto decided = world.run(command);
    REQUIRE_FALSE(decided.refusal);
    CHECK(event_names(decided) == Names{"order_risk_checked", "order_submit_intended", "approval_reserved"});
    const auto* intent = body<ev::OrderSubmitIntended>(decided);
    CHECK(intent->notional == money("1900"));
    CHECK(intent->request_hash == sm::request_hash(command));
    CHECK(intent->client_order_id == ev::ClientOrderId("p0123abcd-key-1"));
    CHECK(intent->send_by == at(5000));
    REQUIRE(decided.effects.size() == 1);
    const auto& write = decided.effects[0];
    CHECK(write.operation == ev::Operation::submit);
    CHECK(write.order_id == decided.subject);
    CHECK(write.terms == limit_terms());
    CHECK(write.client_order_id == intent->client_order_id);
    CHECK(write.send_by == at(5000));
    CHECK(world.orders.at(decided.subject).state == "submitting");
    CHECK(world.approvals.at(approval).state == "reserved");
    CHECK(world.approvals.at(approval).order_id == decided.subject);
}

TEST_CASE("the request begins before window, approval, preview and quote end", "[decide][submit]") {
    World world;
    const auto send_by = [](World& w) {
        const auto decided = w.run(w.submit_command(w.approvals.begin()->first));
        REQUIRE(decided.effects.size() == 1);
        return decided.effects[0].send_by;
    };
    SECTION("quote") {
        world.policy.risk_policy->max_quote_age_seconds = 2;
        world.approve(world.preview());
        CHECK(send_by(world) == at(1000));
    }
    SECTION("approval") {
        world.run(sm::CreateApproval{paper_account, world.preview(), 10});
        world.now = at(9'999);
        CHECK(send_by(world) == at(10'000));
    }
    SECTION("preview") {
        world.policy.settings.preview_expiration_seconds = 3;
        world.approve(world.preview());
        CHECK(send_by(world) == at(3000));
    }
}

TEST_CASE("a key is 1-40 safe characters", "[decide][submit]") {
    World world;
    const auto approval = world.approve(world.preview());
    require_refused(world.run(world.submit_command(approval, "")), "PAPER_IDEMPOTENCY_CONFLICT");
    require_refused(world.run(world.submit_command(approval, "a b")), "ORDER_VALIDATION_FAILED");
    require_refused(world.run(world.submit_command(approval, std::string(41, 'k'))),
                    "ORDER_VALIDATION_FAILED");
    CHECK_FALSE(world.run(world.submit_command(approval, std::string(40, 'k'))).refusal);
}

TEST_CASE("a bound key answers before every other gate", "[decide][submit]") {
    World world;
    const auto approval = world.approve(world.preview());
    const auto command = world.submit_command(approval);
    const auto order = world.run(command).subject;
    world.policy.settings.paper_enabled = false;
    world.enable_paper = false;

    const auto early = world.run(command);
    require_refused(early, "PAPER_IDEMPOTENCY_CONFLICT");
    CHECK(early.refusal->retryable);
    CHECK(early.refusal->message.find(order.text()) != std::string::npos);

    const auto outcome =
        GENERATE(ev::Outcome::confirmed, ev::Outcome::refused, ev::Outcome::not_sent, ev::Outcome::unknown);
    world.run(world.outcome(order, outcome));
    const auto again = world.run(command);
    CHECK_FALSE(again.refusal);
    CHECK(event_names(again) == Names{"tool_completed"});
    CHECK(again.effects.empty());
    CHECK(again.subject == order);
    REQUIRE(again.stored_answer);
    CHECK(again.stored_answer->outcome == outcome);

    auto other = command;
    other.approval_id = ev::WorkflowId("another");
    const auto conflict = world.run(other);
    require_refused(conflict, "PAPER_IDEMPOTENCY_CONFLICT");
    CHECK_FALSE(conflict.refusal->retryable);
}

TEST_CASE("one key cannot name a submit and a cancel", "[decide][submit]") {
    World world;
    world.working("B1", "same");
    const sm::CancelOrder cancel{paper_account, ev::BrokerOrderId("B1"), ev::IdempotencyKey("same")};
    const auto decided = world.run(cancel);
    require_refused(decided, "PAPER_IDEMPOTENCY_CONFLICT");
    CHECK_FALSE(decided.refusal->retryable);
}

TEST_CASE("paper trading is switched on twice, for listed accounts", "[decide][submit]") {
    World world;
    const auto command = world.submit_command(world.approve(world.preview()));
    SECTION("config") {
        world.policy.settings.paper_enabled = false;
    }
    SECTION("call") {
        world.enable_paper = false;
    }
    SECTION("account") {
        world.policy.settings.paper_accounts = {other_account};
    }
    require_refused(world.run(command), "PAPER_TRADING_DISABLED");
    CHECK(world.keys.empty());
    CHECK(world.orders.empty());
}

TEST_CASE("the approval gate says what is wrong with the approval", "[decide][submit]") {
    World world;
    const auto preview = world.preview();
    SECTION("none given, none found") {
        require_refused(world.run(world.submit_command({})), "PAPER_APPROVAL_REQUIRED");
        require_refused(world.run(world.submit_command(ev::WorkflowId("x"))), "PAPER_APPROVAL_REQUIRED");
    }
    SECTION("pending, then denied") {
        world.policy.settings.paper_approvals = sm::ApprovalMode::operator_;
        const auto id = world.approve(preview);
        const auto pending = world.run(world.submit_command(id));
        require_refused(pending, "PAPER_APPROVAL_REQUIRED");
        CHECK(pending.refusal->message.find("pending") != std::string::npos);
        world.is_operator = true;
        world.run(sm::DenyApproval{id, ""});
        require_refused(world.run(world.submit_command(id)), "PAPER_APPROVAL_REQUIRED");
    }
    SECTION("another account's") {
        const auto id = world.approve(preview);
        world.approvals.at(id).account = other_account;
        require_refused(world.run(world.submit_command(id)), "PAPER_APPROVAL_REQUIRED");
    }
    SECTION("expired at its very millisecond") {
        const auto id = world.run(sm::CreateApproval{paper_account, preview, 10}).subject;
        world.now = at(10'000);
        require_refused(world.run(world.submit_command(id)), "PAPER_APPROVAL_REQUIRED");
        world.now = at(9'999);
        CHECK_FALSE(world.run(world.submit_command(id)).refusal);
    }
    SECTION("its preview is gone or expired") {
        const auto id = world.approve(preview);
        world.previews.at(preview).state = "expired";
        require_refused(world.run(world.submit_command(id)), "PAPER_APPROVAL_REQUIRED");
        world.previews.erase(preview);
        require_refused(world.run(world.submit_command(id)), "PAPER_APPROVAL_REQUIRED");
    }
    SECTION("its preview expires by time") {
        const auto id = world.approve(preview);
        world.approvals.at(id).expires_at = at(1'000'000);
        world.now = at(300'000);
        require_refused(world.run(world.submit_command(id)), "PAPER_APPROVAL_REQUIRED");
    }
    SECTION("the order is another than the approved one") {
        const auto id = world.approve(preview);
        world.previews.at(preview).terms.quantity = quantity("11");
        require_refused(world.run(world.submit_command(id)), "APPROVAL_PREVIEW_MISMATCH");
    }
    SECTION("a live approval") {
        const auto id = world.approve(preview);
        world.approvals.at(id).environment = ev::Environment::live;
        require_refused(world.run(world.submit_command(id)), "APPROVAL_PREVIEW_MISMATCH");
    }
    SECTION("a replacement preview is no new order") {
        world.working("B9", "key-9");
        auto command = world.preview_command();
        command.replaces = ev::BrokerOrderId("B9");
        const auto id = world.approve(world.run(command).subject);
        require_refused(world.run(world.submit_command(id)), "APPROVAL_PREVIEW_MISMATCH");
    }
}

TEST_CASE("an approval serves one order", "[decide][submit]") {
    World world;
    const auto order = world.submitted();
    const auto approval = world.orders.at(order).approval_id;
    require_refused(world.run(world.submit_command(approval, "key-2")), "APPROVAL_CONSUMED");
    SECTION("confirmed: used up") {
        world.run(world.outcome(order, ev::Outcome::confirmed, "working"));
        CHECK(world.approvals.at(approval).state == "consumed");
        require_refused(world.run(world.submit_command(approval, "key-2")), "APPROVAL_CONSUMED");
    }
    SECTION("refused and not sent: free again") {
        const auto outcome = GENERATE(ev::Outcome::refused, ev::Outcome::not_sent);
        world.run(world.outcome(order, outcome));
        CHECK(world.approvals.at(approval).state == "approved");
        CHECK_FALSE(world.run(world.submit_command(approval, "key-2")).refusal);
    }
    SECTION("unknown: kept") {
        world.run(world.outcome(order, ev::Outcome::unknown));
        CHECK(world.orders.at(order).state == "unknown");
        require_refused(world.run(world.submit_command(approval, "key-2")), "APPROVAL_CONSUMED");
    }
}

TEST_CASE("risk is checked again at execution, with every reason", "[decide][submit]") {
    World world;
    const auto approval = world.approve(world.preview());
    world.policy.risk_policy->max_quantity = quantity("9");
    world.market.account_mode = ev::AccountMode::unknown;
    world.market.position = ev::PositionFact{apple().contract_id, quantity("0"), at(-5)};
    const auto decided = world.run(world.submit_command(approval));
    require_refused(decided, "ORDER_POLICY_REFUSED");
    CHECK(event_names(decided) == Names{"position_recorded", "order_risk_checked", "tool_refused"});
    CHECK(reason_codes(decided.refusal->reasons) ==
          Names{"ORDER_ACCOUNT_MODE_REFUSED", "ORDER_QUANTITY_LIMIT_REFUSED"});
    CHECK(world.approvals.at(approval).state == "approved");
    CHECK(world.keys.empty());
    CHECK(world.previews.begin()->second.reasons.empty());
    world.policy.risk_policy->max_quantity.reset();
    world.market.account_mode = ev::AccountMode::paper;
    CHECK_FALSE(world.run(world.submit_command(approval)).refusal);
}

TEST_CASE("a request that fails two gates hears of the first", "[decide][submit]") {
    World world;
    const auto approval = world.approve(world.preview());
    auto command = world.submit_command(approval);
    world.policy.risk_policy->max_quantity = quantity("1");
    require_refused(world.run(command), "ORDER_POLICY_REFUSED");
    world.approvals.at(approval).order_hash = "other";
    require_refused(world.run(command), "APPROVAL_PREVIEW_MISMATCH");
    world.previews.begin()->second.state = "expired";
    require_refused(world.run(command), "PAPER_APPROVAL_REQUIRED");
    world.approvals.at(approval).state = "consumed";
    require_refused(world.run(command), "APPROVAL_CONSUMED");
    world.approvals.at(approval).account = other_account;
    require_refused(world.run(command), "PAPER_APPROVAL_REQUIRED");
    world.policy.settings.paper_accounts.clear();
    require_refused(world.run(command), "PAPER_TRADING_DISABLED");
    world.keys[command.idempotency_key].request_hash = "other";
    require_refused(world.run(command), "PAPER_IDEMPOTENCY_CONFLICT");
    command.idempotency_key = ev::IdempotencyKey("not ok");
    require_refused(world.run(command), "ORDER_VALIDATION_FAILED");
}
