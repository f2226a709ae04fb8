#include <fstream>
#include <functional>
#include <sstream>

#include <catch2/catch.hpp>

#include "events/catalogue.hpp"
#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"
#include "events/json/describe_codec.hpp"
#include "statemachines/command_codec.hpp"
#include "tests/unit/statemachines/decide_world.hpp"

// Decisions are replayed for years: the same input must be answered the same under one decider_version. This
// scripted life of a small account is hashed decision by decision and compared with golden_decisions.txt.

using namespace ibkr::tests;

namespace {

void write(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append("=").append(value).append("\n");
}

void write(std::string& text, const sm::EventDraft& draft) {
    write(text, "event", ev::descriptor(draft.body).name);
    write(text, "workflow", draft.workflow_id.text());
    write(text, "account", draft.account.text());
    write(text, "decision", ev::name_of(draft.decision));
    write(text, "status", ev::name_of(draft.result_status));
    write(text, "code", draft.error_code);
    write(text, "body", ev::to_canonical_json(draft.body));
}

void write(std::string& text, const sm::BrokerWrite& effect) {
    write(text, "write", ev::name_of(effect.operation));
    write(text, "order", effect.order_id.text());
    write(text, "intent", effect.intent_id);
    write(text, "account", effect.account.text());
    write(text, "environment", ev::name_of(effect.environment));
    write(text, "client_order_id", effect.client_order_id.text());
    write(text, "broker_order_id", effect.broker_order_id.text());
    write(text, "terms", ev::to_canonical_json(effect.terms));
    write(text, "changes", ev::to_canonical_json(effect.changes));
    write(text, "send_by", effect.send_by.to_string());
}

std::string canonical(const sm::Decided& decided) {
    std::string text;
    for (const auto& draft : decided.events)
        write(text, draft);
    for (const auto& effect : decided.effects)
        write(text, effect);
    write(text, "subject", decided.subject.text());
    if (decided.refusal) {
        write(text, "refusal", ev::to_string(decided.refusal->code));
        write(text, "message", decided.refusal->message);
        write(text, "retryable", decided.refusal->retryable ? "yes" : "no");
        for (const auto& reason : decided.refusal->reasons)
            write(text, reason.code, reason.message);
    }
    if (decided.stored_answer) write(text, "stored", ev::to_canonical_json(*decided.stored_answer));
    return text;
}

/// The script. Each call of `step` is one golden line.
class Script {
public:
    std::vector<std::string> run();

private:
    template <class Command>
    sm::Decided step(std::string_view name, const Command& command) {
        const auto decided = world_.run(command);
        lines_.push_back(std::string(name) + " " + ev::hex(ev::sha256(canonical(decided))));
        return decided;
    }
    void policies();
    void previews();
    void approvals();
    void first_order();
    void second_order();
    void gateway();
    void found_orders();

    [[nodiscard]] sm::CancelOrder cancel(std::string broker_id, std::string key) const {
        return {paper_account, ev::BrokerOrderId(std::move(broker_id)), ev::IdempotencyKey(std::move(key))};
    }

    World world_;
    ev::WorkflowId preview_, approval_, order_;
    std::vector<std::string> lines_;
};

void Script::policies() {
    sm::RiskPolicy policy;
    policy.max_quantity = quantity("100");
    policy.max_notional = money("20000");
    policy.max_position_notional = money("60000");
    policy.max_orders_per_day = 50;
    policy.allowed_symbols = {"aapl"};
    world_.policy.risk_policy = policy;
    step("policy_loaded", sm::LoadPolicy{"risk_policy", "default", sm::policy_json(policy)});
    step("policy_unchanged", sm::LoadPolicy{"risk_policy", "default", sm::policy_json(policy)});
    step("policy_malformed", sm::LoadPolicy{"risk_policy", "default", {"{}"}});
}

void Script::previews() {
    preview_ = step("preview_created", world_.preview_command()).subject;
    auto command = world_.preview_command();
    command.quantity = quantity("400");
    command.side = ev::Side::sell;
    step("preview_refused_with_reasons", command);
    command = world_.preview_command();
    command.order_type = ev::OrderType::trailing_stop;
    command.limit_price.reset();
    command.trailing_percent = decimal("2.5");
    step("preview_trailing", command);
    command.currency = currency("EUR");
    step("preview_wrong_currency", command);
    world_.market.account_mode = ev::AccountMode::live;
    step("preview_live_account", world_.preview_command());
    world_.market.account_mode = ev::AccountMode::paper;
}

void Script::approvals() {
    world_.policy.settings.paper_approvals = sm::ApprovalMode::operator_;
    const sm::CreateApproval create{paper_account, preview_, 120};
    approval_ = step("approval_pending", create).subject;
    step("approval_second", create);
    step("submit_while_pending", world_.submit_command(approval_));
    step("grant_without_operator", sm::GrantApproval{approval_, "fine"});
    world_.is_operator = true;
    world_.actor = "kim";
    step("grant", sm::GrantApproval{approval_, "fine"});
    step("deny_too_late", sm::DenyApproval{approval_, "no"});
}

void Script::first_order() {
    world_.now = at(2000);
    order_ = step("submit", world_.submit_command(approval_)).subject;
    step("submit_again_early", world_.submit_command(approval_));
    step("submit_other_key", world_.submit_command(approval_, "key-2"));
    auto confirmed = world_.outcome(order_, ev::Outcome::confirmed, "working");
    confirmed.broker_order_id = ev::BrokerOrderId("B1");
    step("outcome_confirmed", confirmed);
    step("outcome_repeated", confirmed);
    step("submit_again_answered", world_.submit_command(approval_));
    auto report = world_.report(order_, "partially_filled");
    report.executions = {world_.fill("E1", "4", "189.95")};
    step("report_partial_fill", report);
    step("report_nothing_new", report);
    step("cancel", cancel("B1", "cancel-1"));
    step("cancel_confirmed", world_.outcome(order_, ev::Outcome::confirmed, "cancelled"));
    step("cancel_ended", cancel("B1", "cancel-2"));
}

void Script::second_order() {
    world_.policy.settings.paper_approvals = sm::ApprovalMode::self;
    order_ = world_.working("B2", "key-3");
    sm::ModifyOrder modify;
    modify.account = paper_account;
    modify.broker_order_id = ev::BrokerOrderId("B2");
    modify.idempotency_key = ev::IdempotencyKey("modify-1");
    step("modify_without_changes", modify);
    modify.changes.quantity = quantity("20");
    step("modify", modify);
    step("modify_unknown", world_.outcome(order_, ev::Outcome::unknown));
    auto report = world_.report(order_, "working");
    report.terms = limit_terms();
    step("modify_disproved", report);
    step("order_expired", world_.report(order_, "expired"));
    step("order_contradicted", world_.report(order_, "working"));
    order_ = world_.submitted("key-4");
    step("submit_unknown", world_.outcome(order_, ev::Outcome::unknown));
    auto absent = world_.report(order_, "");
    absent.evidence = "absence_proved";
    step("absence_proved", absent);
}

void Script::gateway() {
    step("kill_switch_opened", sm::SetKillSwitch{true, "start of day"});
    step("kill_switch_repeated", sm::SetKillSwitch{true, "start of day"});
    step("session_usable", sm::ObserveSession{"simulated_venue", "usable"});
    world_.now = at(300'000);
    step("preview_expired", sm::ExpireWorkflow{preview_, at(300'000)});
    sm::RecordCall call;
    call.status = ev::ResultStatus::denied_scope;
    call.required_scope = "ibkr:orders:read";
    call.error_code = "AUTH_MISSING_SCOPE";
    step("call_denied", call);
}

void Script::found_orders() {
    approval_ = world_.approve(world_.preview());
    auto order = world_.found_at_broker("lost-1");
    order.approval_id = approval_;
    order.request_hash = std::string(64, '7');
    const auto found = step("found_order", order).subject;
    step("found_order_again", order);
    step("found_order_settled", world_.report(found, "working"));
    auto change = order;
    change.found_at = "projection";
    change.operation = ev::Operation::modify;
    change.idempotency_key = ev::IdempotencyKey("lost-2");
    change.terms.quantity = quantity("12");
    change.notional = money("380");
    step("found_modify", change);
    change.operation = ev::Operation::cancel;
    change.idempotency_key = ev::IdempotencyKey("lost-3");
    step("found_cancel", change);
    step("found_cancel_again", change);
    change.idempotency_key = ev::IdempotencyKey("lost-4");
    change.order_id = ev::WorkflowId("nowhere");
    change.client_order_id = {};
    step("found_key_of_no_order", change);
    order.environment = ev::Environment::live;
    step("found_live_order", order);
}

std::vector<std::string> Script::run() {
    policies();
    previews();
    approvals();
    first_order();
    second_order();
    gateway();
    found_orders();
    return lines_;
}

std::vector<std::string> golden_lines() {
    std::ifstream file(IBKR_SOURCE_DIR "/tests/unit/statemachines/golden_decisions.txt");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("decisions under one decider_version never change", "[decide][golden]") {
    std::vector<std::string> actual{"decider_version " + std::to_string(sm::decider_version)};
    for (auto& line : Script().run())
        actual.push_back(std::move(line));
    const auto golden = golden_lines();
    std::ostringstream text;
    for (const auto& line : actual)
        text << line << '\n';
    INFO(
        "a decision changed: bump decider_version in statemachines/decide/decision.hpp, then write this to "
        "tests/unit/statemachines/golden_decisions.txt:\n"
        << text.str());
    REQUIRE(golden.size() > 30);
    CHECK(actual == golden);
}
