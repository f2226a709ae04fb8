#include <algorithm>

#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"
#include "statemachines/decide/gates.hpp"
#include "statemachines/hashing.hpp"
#include "statemachines/risk/risk.hpp"

namespace ibkr::statemachines {
namespace {

using events::Environment;
using events::Error;
using events::ErrorCode;

/// A replacement preview says how a working order is to change; as a new order it would trade twice.
std::optional<Error> not_a_replacement(const events::PreviewRecord& preview) {
    if (preview.replaces.empty()) return std::nullopt;
    return error_of(
        ErrorCode::approval_preview_mismatch,
        "the approval is for a change of order " + preview.replaces.text() + ", not for a new order",
        "Use it with orders modify, or preview the order without naming one to replace.");
}

/// Approval, preview and quote must all still hold when the request begins.
events::Timestamp send_by(const SubmitView& view, const OrderFacts& facts) {
    events::Timestamp latest = facts.now.plus_ms(view.policy.settings.send_window_ms);
    latest = std::min({latest, view.approval->expires_at, *view.preview->expires_at});
    if (const auto fresh = fresh_until(*view.policy.risk_policy, facts.market.quote))
        latest = std::min(latest, *fresh);
    return latest;
}

events::OrderSubmitIntended intent_of(const SubmitOrder& command, const OrderFacts& facts,
                                      const SubmitView& view, const events::OrderRiskChecked& verdict) {
    const auto& preview = *view.preview;
    events::OrderSubmitIntended intent;
    intent.intent_id = facts.new_id;
    intent.environment = preview.environment;
    intent.terms = preview.terms;
    intent.preview_id = preview.preview_id;
    intent.approval_id = view.approval->approval_id;
    intent.order_hash = view.approval->order_hash;
    intent.idempotency_key = command.idempotency_key;
    intent.request_hash = request_hash(command);
    intent.client_order_id = client_order_id(preview.environment, facts.log_prefix, command.idempotency_key);
    intent.policy_name = view.policy.risk_policy->name;
    intent.notional = *verdict.order_notional;
    intent.send_by = send_by(view, facts);
    return intent;
}

BrokerWrite write_of(const events::OrderSubmitIntended& intent, const events::AccountHash& account) {
    BrokerWrite write;
    write.operation = events::Operation::submit;
    write.order_id = events::WorkflowId(intent.intent_id);
    write.intent_id = intent.intent_id;
    write.account = account;
    write.environment = intent.environment;
    write.client_order_id = intent.client_order_id;
    write.terms = intent.terms;
    write.send_by = intent.send_by;
    return write;
}

}  // namespace

Decided decide(const SubmitOrder& command, const OrderFacts& facts, const SubmitView& view) {
    const auto refuse = [&](Error error) { return refused(std::move(error), command.account); };
    if (auto error = key_gate(command.idempotency_key)) return refuse(std::move(*error));
    if (auto answer = idempotency_gate(view.bound, request_hash(command), command.account)) return *answer;
    if (auto error = paper_gate(view.policy, facts, command.account)) return refuse(std::move(*error));
    if (auto error =
            approval_gate(view.approval, view.preview, command.account, Environment::paper, facts.now))
        return refuse(std::move(*error));
    if (auto error = not_a_replacement(*view.preview)) return refuse(std::move(*error));
    if (auto error = policy_gate(view.policy)) return refuse(std::move(*error));

    const auto& preview = *view.preview;
    RiskAnswer risk = check_risk(view.policy, preview.terms, preview.environment, facts.market, view.exposure,
                                 view.orders_today, facts.now, preview.preview_id, command.account);
    Decided decided;
    decided.events = std::move(risk.events);
    if (risk.refusal) return refused(std::move(*risk.refusal), command.account, std::move(decided));

    const auto intent = intent_of(command, facts, view, risk.verdict);
    const events::WorkflowId order_id(intent.intent_id);
    decided.effects.push_back(write_of(intent, command.account));
    decided.events.push_back(draft(intent, order_id, command.account));
    decided.events.push_back(draft(body_of<events::ApprovalReserved>(events::ApprovalUse{order_id, {}}),
                                   intent.approval_id, command.account));
    add_send_started(decided, decided.effects.back(), facts.network_broker);
    decided.subject = order_id;
    return decided;
}

}  // namespace ibkr::statemachines
