#pragma once

#include <map>
#include <string>

#include "statemachines/decide/decide.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::tests {

namespace ev = ibkr::events;
namespace sm = ibkr::statemachines;

inline const ev::AccountHash paper_account{std::string(64, 'a')};
inline const ev::AccountHash other_account{std::string(64, 'b')};

[[nodiscard]] ev::Timestamp at(std::int64_t ms_after_start);
[[nodiscard]] ev::Price price(std::string_view text);
[[nodiscard]] ev::Quantity quantity(std::string_view text);
[[nodiscard]] ev::Decimal decimal(std::string_view text);
[[nodiscard]] ev::Currency currency(std::string_view text);
[[nodiscard]] ev::Money money(std::string_view amount, std::string_view code = "USD");
[[nodiscard]] ev::Contract apple();

/// Buy 10 AAPL at a limit of 190.00.
[[nodiscard]] ev::OrderTerms limit_terms();

/// Records folded from decisions the way the engine does it, without log, engine or projections.
/// Everything is allowed at the start: paper and previews on, a quote one second old, a flat known position.
struct World {
    ev::Timestamp now = at(0);
    sm::PolicyView policy;
    sm::MarketFacts market;
    ev::Exposure exposure;
    ev::OrderCount today;
    std::map<ev::WorkflowId, ev::PreviewRecord> previews;
    std::map<ev::WorkflowId, ev::ApprovalRecord> approvals;
    std::map<ev::WorkflowId, ev::OrderRecord> orders;
    std::map<ev::IdempotencyKey, ev::IdempotencyRecord> keys;
    std::set<ev::ExecutionId> executions;
    ev::GatewayRecord kill_switch = sm::initial_kill_switch();
    ev::GatewayRecord session = sm::initial_broker_session();
    std::map<std::string, ev::PolicyRecord> policies;
    int next_id = 1;
    bool enable_preview = true;
    bool enable_paper = true;
    bool is_operator = false;
    std::string actor = "agent";
    /// Facts that the table passes over: keys found of an order whose state admits no change.
    bool may_be_passed_over = false;

    World();

    [[nodiscard]] sm::PreviewOrder preview_command() const;
    [[nodiscard]] sm::PreviewFacts preview_facts();
    [[nodiscard]] sm::ActFacts act_facts();
    [[nodiscard]] sm::OrderFacts order_facts();

    // Views, decisions and folding in one. Each applies what was decided.
    sm::Decided run(const sm::PreviewOrder& command);
    sm::Decided run(const sm::PreviewOrder& command, const ev::Contract& contract);
    sm::Decided run(const sm::CreateApproval& command);
    sm::Decided run(const sm::GrantApproval& command);
    sm::Decided run(const sm::DenyApproval& command);
    sm::Decided run(const sm::RevokeApproval& command);
    sm::Decided run(const sm::SubmitOrder& command);
    sm::Decided run(const sm::CancelOrder& command);
    sm::Decided run(const sm::ModifyOrder& command);
    sm::Decided run(const sm::RecordOutcome& command);
    sm::Decided run(const sm::ReportOrder& command);
    sm::Decided run(const sm::RecordFoundOrder& command);
    sm::Decided run(const sm::ExpireWorkflow& command);
    sm::Decided run(const sm::SetKillSwitch& command);
    sm::Decided run(const sm::ObserveSession& command);
    sm::Decided run(const sm::LoadPolicy& command);
    sm::Decided run(const sm::RecordCall& command);

    // The usual steps; each requires success.
    ev::WorkflowId preview();
    ev::WorkflowId approve(const ev::WorkflowId& preview_id);
    [[nodiscard]] sm::SubmitOrder submit_command(const ev::WorkflowId& approval,
                                                 std::string key = "key-1") const;
    /// Submitted, outcome not known yet.
    ev::WorkflowId submitted(std::string key = "key-1");
    /// Confirmed at the broker as `broker_id`, working.
    ev::WorkflowId working(std::string broker_id = "B1", std::string key = "key-1");
    [[nodiscard]] sm::RecordOutcome outcome(const ev::WorkflowId& order, ev::Outcome outcome,
                                            std::string status = {}) const;
    [[nodiscard]] sm::ReportOrder report(const ev::WorkflowId& order, std::string status) const;
    /// The order that `submit_command` would place, as a broker's book shows it: buy 10 AAPL at 190.
    [[nodiscard]] sm::RecordFoundOrder found_at_broker(std::string key = "key-1") const;
    [[nodiscard]] ev::Execution fill(std::string id, std::string_view shares,
                                     std::string_view at_price) const;

    void apply(const sm::Decided& decided);

private:
    void fold(const sm::EventDraft& draft);
    void fold_key(const sm::EventDraft& draft);
    std::string new_id(std::string_view kind);
};

[[nodiscard]] std::vector<std::string> event_names(const sm::Decided& decided);
[[nodiscard]] std::vector<std::string> reason_codes(const std::vector<ev::Reason>& reasons);
[[nodiscard]] bool has_reason(const std::vector<ev::Reason>& reasons, std::string_view code);
/// The code of the refusal, or "none".
[[nodiscard]] std::string refusal_code(const sm::Decided& decided);
/// A refusal as it must look whatever refused: one tool_refused event, the last, with the code; no effect.
void require_refused(const sm::Decided& decided, std::string_view code);

template <class Body>
[[nodiscard]] const Body* body(const sm::Decided& decided) {
    for (const auto& draft : decided.events)
        if (const auto* found = std::get_if<Body>(&draft.body)) return found;
    return nullptr;
}

}  // namespace ibkr::tests
