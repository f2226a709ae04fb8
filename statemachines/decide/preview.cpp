#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"
#include "statemachines/decide/gates.hpp"
#include "statemachines/hashing.hpp"

namespace ibkr::statemachines {
namespace {

using events::Error;
using events::ErrorCode;

events::OrderTerms terms_of(const PreviewOrder& command, const events::Contract& contract) {
    events::OrderTerms terms;
    terms.contract = contract;
    terms.side = command.side;
    terms.quantity = command.quantity;
    terms.order_type = command.order_type;
    terms.time_in_force = command.time_in_force;
    terms.limit_price = command.limit_price;
    terms.stop_price = command.stop_price;
    terms.trailing_amount = command.trailing_amount;
    terms.trailing_percent = command.trailing_percent;
    return terms;
}

std::optional<Error> form_gate(const PreviewOrder& command, const PreviewFacts& facts) {
    if (command.rationale.size() > given_text_bytes_max)
        return error_of(ErrorCode::order_validation_failed,
                        "the rationale has " + std::to_string(command.rationale.size()) + " bytes, at most " +
                            std::to_string(given_text_bytes_max) + " are allowed",
                        "Shorten it.");
    if (command.currency != facts.contract.currency)
        return error_of(ErrorCode::order_validation_failed,
                        "the contract trades in " + std::string(facts.contract.currency.code()) +
                            ", the order asks for " + std::string(command.currency.code()),
                        "Give the contract's currency or choose another contract.");
    return std::nullopt;
}

/// A replacement preview is of the order it names: the same account, contract and side.
std::optional<Error> replacement_gate(const PreviewOrder& command, const PreviewFacts& facts,
                                      const std::optional<events::OrderRecord>& replaced) {
    if (command.replaces.empty() || !replaced) return std::nullopt;
    const bool same = replaced->account == command.account && replaced->environment == command.environment &&
                      replaced->terms.contract.contract_id == facts.contract.contract_id &&
                      replaced->terms.side == command.side &&
                      replaced->terms.order_type == command.order_type;
    if (same) return std::nullopt;
    return error_of(ErrorCode::order_validation_failed,
                    "the order " + command.replaces.text() +
                        " is of another account, environment, contract, side or type than this preview",
                    "Preview the changed order as it would stand, or cancel it and preview a new one.");
}

EventDraft outcome_draft(const PreviewOrder& command, const PreviewFacts& facts, const PreviewView& view,
                         const events::OrderTerms& terms, const RiskAnswer& risk) {
    const events::WorkflowId id(facts.preview_id);
    if (risk.refusal) {
        EventDraft made = draft(events::OrderPreviewRefused{risk.refusal->message, risk.verdict.reasons, {}},
                                id, command.account);
        made.decision = events::Decision::refuse;
        made.result_status = events::ResultStatus::refused;
        made.error_code = events::to_string(risk.refusal->code);
        return made;
    }
    events::OrderPreviewCreated created;
    created.validated_order_id = facts.validated_order_id;
    created.order_hash = order_hash(command.account, command.environment, terms);
    created.estimated_cost = *risk.verdict.order_notional;
    created.warnings = risk.verdict.warnings;
    created.expires_at = facts.now.plus_seconds(view.policy.settings.preview_expiration_seconds);
    return draft(std::move(created), id, command.account);
}

}  // namespace

Decided decide(const PreviewOrder& command, const PreviewFacts& facts, const PreviewView& view) {
    if (!facts.enable_preview && !view.policy.settings.preview_enabled)
        return refused(error_of(ErrorCode::order_preview_disabled, "order previews are switched off",
                                "Repeat the call with --enable-preview or set order_preview.enabled."),
                       command.account);
    if (auto error = policy_gate(view.policy)) return refused(std::move(*error), command.account);
    if (auto error = form_gate(command, facts)) return refused(std::move(*error), command.account);
    if (auto error = replacement_gate(command, facts, view.replaced))
        return refused(std::move(*error), command.account);

    const events::WorkflowId id(facts.preview_id);
    const auto terms = terms_of(command, facts.contract);
    const bool replaces = !command.replaces.empty() && view.replaced;
    const auto exposure = replaces ? without_order(view.exposure, *view.replaced) : view.exposure;
    RiskAnswer risk = check_risk(view.policy, terms, command.environment, facts.market, exposure,
                                 view.orders_today, facts.now, id, command.account);

    Decided decided;
    decided.subject = id;
    events::OrderIntentReceived intent{facts.intent_id,   command.environment, terms,
                                       command.rationale, command.replaces,    {}};
    decided.events.push_back(draft(std::move(intent), id, command.account));
    for (auto& made : risk.events)
        decided.events.push_back(std::move(made));
    decided.events.push_back(outcome_draft(command, facts, view, terms, risk));
    decided.refusal = std::move(risk.refusal);
    return decided;
}

}  // namespace ibkr::statemachines
