#include "statemachines/command_codec.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/statemachines/decide_world.hpp"

using namespace ibkr::tests;

namespace {

sm::PreviewOrder full_preview() {
    sm::PreviewOrder command = World().preview_command();
    command.stop_price = price("180.5");
    command.trailing_percent = decimal("1.25");
    command.rationale = "why \"not\" \u00fc";
    command.replaces = ev::BrokerOrderId("B1");
    return command;
}

sm::ModifyOrder full_modify() {
    sm::ModifyOrder command;
    command.account = paper_account;
    command.broker_order_id = ev::BrokerOrderId("B1");
    command.idempotency_key = ev::IdempotencyKey("k");
    command.changes.quantity = quantity("3");
    command.changes.time_in_force = ev::TimeInForce::good_till_cancelled;
    return command;
}

sm::ReportOrder full_report() {
    World world;
    sm::ReportOrder command;
    command.order_id = ev::WorkflowId("o");
    command.broker_status = "filled";
    command.evidence = "broker_record";
    command.executions = {world.fill("E1", "1", "2"), world.fill("E2", "3", "4.5")};
    command.terms = limit_terms();
    return command;
}

sm::RecordFoundOrder full_found_order() {
    sm::RecordFoundOrder command = World().found_at_broker();
    command.operation = ev::Operation::modify;
    command.request_hash = "00";
    command.preview_id = ev::WorkflowId("p");
    command.approval_id = ev::WorkflowId("a");
    command.order_hash = "11";
    command.policy_name = "default";
    return command;
}

std::vector<sm::Command> one_of_each() {
    return {full_preview(),
            sm::CreateApproval{paper_account, ev::WorkflowId("p"), 60},
            sm::GrantApproval{ev::WorkflowId("a"), "yes"},
            sm::DenyApproval{ev::WorkflowId("a"), "no"},
            sm::RevokeApproval{ev::WorkflowId("a"), ""},
            sm::SubmitOrder{paper_account, ev::WorkflowId("a"), ev::IdempotencyKey("k")},
            sm::CancelOrder{paper_account, ev::BrokerOrderId("B1"), ev::IdempotencyKey("k")},
            full_modify(),
            sm::RecordOutcome{ev::WorkflowId("o"), "i", ev::Operation::modify, ev::Outcome::refused,
                              "broker_answer", ev::BrokerOrderId("B1"), "working", "text", "00"},
            full_report(),
            full_found_order(),
            sm::ExpireWorkflow{ev::WorkflowId("p"), at(5)},
            sm::SetKillSwitch{true, "go"},
            sm::ObserveSession{"simulated_venue", "usable"},
            sm::LoadPolicy{"risk_policy", "default", sm::policy_json(sm::RiskPolicy{})},
            sm::RecordCall{{"{}"}, ev::ResultStatus::refused, "CODE", "text", {{"A", "b"}}, "scope", "hash"}};
}

}  // namespace

TEST_CASE("every command comes back from its canonical JSON", "[codec]") {
    const auto commands = one_of_each();
    REQUIRE(commands.size() == std::variant_size_v<sm::Command>);
    for (const auto& command : commands) {
        const auto json = sm::command_json(command);
        CAPTURE(json.text);
        const auto back = sm::parse_command(sm::command_name(command), json);
        REQUIRE(back);
        CHECK(*back == command);
        CHECK(sm::command_json(*back) == json);
    }
}

TEST_CASE("each command has its own stable name", "[codec]") {
    std::set<std::string_view> names;
    for (const auto& command : one_of_each())
        names.insert(sm::command_name(command));
    CHECK(names.size() == std::variant_size_v<sm::Command>);
    CHECK(names.contains("preview_order"));
    CHECK(names.contains("record_call"));
}

TEST_CASE("facts come back, of the kind their command is decided with", "[codec]") {
    World world;
    world.market.position = ev::PositionFact{apple().contract_id, quantity("-2"), at(1)};
    const sm::Facts preview = world.preview_facts();
    const sm::Facts order = world.order_facts();
    const sm::Facts act = world.act_facts();
    CHECK(sm::parse_facts("preview_order", sm::facts_json(preview)).value() == preview);
    for (const char* name : {"submit_order", "cancel_order", "modify_order"})
        CHECK(sm::parse_facts(name, sm::facts_json(order)).value() == order);
    for (const char* name : {"create_approval", "record_outcome", "report_order", "record_found_order",
                             "set_kill_switch", "load_policy"})
        CHECK(sm::parse_facts(name, sm::facts_json(act)).value() == act);
    CHECK_FALSE(sm::parse_facts("preview_order", sm::facts_json(act)));
}

TEST_CASE("what is not a command is refused", "[codec]") {
    CHECK_FALSE(sm::parse_command("no_such_command", {"{}"}));
    CHECK_FALSE(sm::parse_command("submit_order", {R"({"approval_id":1})"}));
    CHECK_FALSE(sm::parse_command("set_kill_switch", {R"({"open":true,"reason":"x","more":1})"}));
    CHECK_FALSE(sm::parse_command("set_kill_switch", {R"({"open":true})"}));
    CHECK_FALSE(sm::parse_command("set_kill_switch", {""}));
}

TEST_CASE("policies come back and settings keep their ranges", "[codec]") {
    sm::RiskPolicy policy;
    policy.name = "tight";
    policy.max_quantity = quantity("5");
    policy.max_notional = money("1000", "EUR");
    policy.max_quote_age_seconds.reset();
    policy.allowed_symbols = {"AAPL", "MSFT"};
    CHECK(sm::parse_risk_policy(sm::policy_json(policy)).value() == policy);

    sm::GatewaySettings settings;
    settings.paper_accounts = {paper_account};
    settings.paper_approvals = sm::ApprovalMode::operator_;
    CHECK(sm::parse_gateway_settings(sm::policy_json(settings)).value() == settings);
    const auto is_refused = [&settings] {
        const auto parsed = sm::parse_gateway_settings(sm::policy_json(settings));
        return !parsed && parsed.error().code == ev::ErrorCode::config_invalid;
    };
    settings.preview_expiration_seconds = 0;
    CHECK(is_refused());
    settings.preview_expiration_seconds = 300;
    settings.approval_ttl_seconds = 9;
    CHECK(is_refused());
    settings.approval_ttl_seconds = 300;
    settings.send_window_ms = 60'001;
    CHECK(is_refused());
}
