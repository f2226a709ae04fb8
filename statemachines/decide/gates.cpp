#include "statemachines/decide/gates.hpp"

#include <algorithm>

#include "statemachines/decide/drafts.hpp"
#include "statemachines/hashing.hpp"
#include "statemachines/machines/approval.hpp"
#include "statemachines/machines/preview.hpp"

namespace ibkr::statemachines {

using events::Error;
using events::ErrorCode;

std::optional<Error> key_gate(const events::IdempotencyKey& key) {
    if (key.empty())
        return error_of(
            ErrorCode::paper_idempotency_conflict, "the idempotency key is empty",
            "Give a key of 1-40 characters of A-Z, a-z, 0-9, '.', '_' and '-', new for each order.");
    if (!events::is_idempotency_key(key.text()))
        return error_of(ErrorCode::order_validation_failed,
                        "the idempotency key has a form that is not allowed",
                        "Give a key of 1-40 characters of A-Z, a-z, 0-9, '.', '_' and '-'.");
    return std::nullopt;
}

std::optional<Decided> idempotency_gate(const std::optional<events::IdempotencyRecord>& bound,
                                        const std::string& request_hash, const events::AccountHash& account) {
    if (!bound) return std::nullopt;
    if (bound->request_hash != request_hash) {
        Error error = error_of(ErrorCode::paper_idempotency_conflict,
                               "the key '" + bound->key.text() + "' belongs to another request (order " +
                                   bound->order_id.text() + ")",
                               "Use a new key for a new request; the same key repeats the first one.");
        error.retryable = false;
        return refused(std::move(error), account);
    }
    if (!bound->outcome) {
        Error error = error_of(ErrorCode::paper_idempotency_conflict,
                               "the request with the key '" + bound->key.text() + "' is under way (order " +
                                   bound->order_id.text() + ")",
                               "Ask again with the same key: it answers once the outcome is known.");
        error.retryable = true;
        return refused(std::move(error), account);
    }
    Decided decided = completed(bound->order_id, account);
    decided.stored_answer = bound;
    return decided;
}

std::optional<Error> paper_gate(const PolicyView& policy, const OrderFacts& facts,
                                const events::AccountHash& account) {
    if (!policy.settings.paper_enabled)
        return error_of(ErrorCode::paper_trading_disabled, "paper trading is switched off in the config",
                        "Set paper_trading.enabled in the config.");
    if (!facts.enable_paper)
        return error_of(ErrorCode::paper_trading_disabled, "this call does not switch paper trading on",
                        "Repeat the call with --enable-paper.");
    const auto& accounts = policy.settings.paper_accounts;
    if (std::find(accounts.begin(), accounts.end(), account) == accounts.end())
        return error_of(ErrorCode::paper_trading_disabled, "the account is not on the list for paper trading",
                        "Add it to paper_trading.allowed_accounts or choose another account.");
    return std::nullopt;
}

namespace {

Error approval_required(std::string message) {
    return error_of(ErrorCode::paper_approval_required, std::move(message),
                    "Preview the order and create an approval for that preview, then use its id.");
}

std::optional<Error> approval_state_gate(const events::ApprovalRecord& approval, events::Timestamp now) {
    const std::string named = "the approval " + approval.approval_id.text();
    if (approval.state == to_string(ApprovalState::Reserved))
        return error_of(ErrorCode::approval_consumed,
                        named + " is reserved by order " + approval.order_id.text(),
                        "Look at that order; a further order needs a preview and an approval of its own.");
    if (approval.state == to_string(ApprovalState::Consumed))
        return error_of(ErrorCode::approval_consumed,
                        named + " was used by order " + approval.order_id.text(),
                        "Preview the order again and create a new approval.");
    if (approval.state != to_string(ApprovalState::Approved))
        return approval_required(named + " is " + approval.state);
    if (has_passed(approval.expires_at, now))
        return approval_required(named + " expired at " + approval.expires_at.to_string());
    return std::nullopt;
}

std::optional<Error> preview_gate(const events::ApprovalRecord& approval,
                                  const std::optional<events::PreviewRecord>& preview,
                                  events::Timestamp now) {
    if (!preview)
        return approval_required("the preview " + approval.preview_id.text() +
                                 " of the approval does not exist");
    const std::string named = "the preview " + preview->preview_id.text();
    if (preview->preview_id != approval.preview_id)
        return error_of(ErrorCode::approval_preview_mismatch,
                        "the approval is for another preview than " + named);
    if (preview->state != to_string(PreviewState::Created))
        return approval_required(named + " is " + preview->state);
    if (!preview->expires_at || has_passed(*preview->expires_at, now))
        return approval_required(named + " has expired");
    return std::nullopt;
}

}  // namespace

std::optional<Error> approval_gate(const std::optional<events::ApprovalRecord>& approval,
                                   const std::optional<events::PreviewRecord>& preview,
                                   const events::AccountHash& account, events::Environment environment,
                                   events::Timestamp now) {
    if (!approval) return approval_required("there is no such approval");
    if (approval->account != account) return approval_required("the approval is for another account");
    if (auto error = approval_state_gate(*approval, now)) return error;
    if (auto error = preview_gate(*approval, preview, now)) return error;
    const bool same_order = approval->order_hash == order_hash(account, environment, preview->terms) &&
                            preview->account == account;
    if (approval->environment != environment || preview->environment != environment || !same_order)
        return error_of(ErrorCode::approval_preview_mismatch,
                        "the approval was given for another order, account or environment than this one");
    return std::nullopt;
}

std::optional<Error> policy_gate(const PolicyView& policy) {
    if (policy.risk_policy) return std::nullopt;
    return error_of(ErrorCode::config_invalid,
                    "no risk policy named '" + policy.settings.paper_risk_policy + "' is loaded",
                    "Define it under risk_policies in the config.");
}

}  // namespace ibkr::statemachines
