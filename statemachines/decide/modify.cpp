#include <algorithm>

#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"
#include "statemachines/decide/gates.hpp"
#include "statemachines/decide/order_gates.hpp"
#include "statemachines/evolve/order_fold.hpp"
#include "statemachines/hashing.hpp"
#include "statemachines/risk/risk.hpp"

namespace ibkr::statemachines {
namespace {

using events::Environment;
using events::Error;
using events::ErrorCode;

Error invalid(std::string message, std::string user_action) {
    return error_of(ErrorCode::order_validation_failed, std::move(message), std::move(user_action));
}

std::optional<Error> changes_gate(const events::OrderChanges& changes) {
    if (changes.empty())
        return invalid("the call changes nothing",
                       "Give at least one of quantity, limit_price, stop_price, trailing_amount, "
                       "trailing_percent and time_in_force.");
    if (changes.stop_price && (changes.trailing_amount || changes.trailing_percent))
        return invalid("a stop price and a trailing value cannot be changed together",
                       "Give only one of them.");
    if (changes.trailing_amount && changes.trailing_percent)
        return invalid("a trailing amount and a trailing percentage cannot both hold",
                       "Give only one of them.");
    return std::nullopt;
}

std::optional<Error> quantity_gate(const events::OrderRecord& order, const events::OrderChanges& changes) {
    if (!changes.quantity || *changes.quantity > order.filled_quantity) return std::nullopt;
    return invalid("the new quantity " + to_text(*changes.quantity) + " is not above the " +
                       to_text(order.filled_quantity) + " already filled",
                   "Give a larger total, or cancel the rest of the order.");
}

/// The approval is for exactly this change of exactly this order.
std::optional<Error> replacement_gate(const events::PreviewRecord& preview, const events::OrderRecord& order,
                                      const events::OrderTerms& new_terms) {
    const std::string action = "Preview the changed order with --replaces " + order.broker_order_id.text() +
                               " and approve that preview.";
    if (preview.replaces != order.broker_order_id)
        return error_of(ErrorCode::approval_preview_mismatch,
                        "the approved preview is not for a change of order " + order.broker_order_id.text(),
                        action);
    if (!same_order(preview.terms, new_terms))
        return error_of(ErrorCode::approval_preview_mismatch,
                        "the approved preview shows other terms than the order would have after this change",
                        action);
    return std::nullopt;
}

struct Change {
    events::OrderTerms new_terms;
    bool approved = false;  // by a reserved approval
};

std::optional<Error> replacement_approval_gate(const ModifyOrder& command, const OrderFacts& facts,
                                               const ExistingOrderView& view, Change& change) {
    change.approved =
        view.policy.settings.paper_approvals == ApprovalMode::operator_ || !command.approval_id.empty();
    if (!change.approved) return std::nullopt;
    if (auto error =
            approval_gate(view.approval, view.preview, command.account, Environment::paper, facts.now))
        return error;
    return replacement_gate(*view.preview, *view.order, change.new_terms);
}

/// What the change adds to what the counters hold: cancelling or shrinking never buys room back (design 5.8).
events::Money added_notional(const events::Money& after, const events::OrderRecord& order,
                             const MarketFacts& market) {
    const auto before = order_notional(order.terms, market.quote);
    const auto added = before ? after.amount.minus(before->amount) : after.amount;
    if (!added) return after;
    return {std::max(*added, events::Decimal()), after.currency};
}

events::Timestamp send_by(const OrderFacts& facts, const ExistingOrderView& view, const Change& change) {
    events::Timestamp latest = facts.now.plus_ms(view.policy.settings.send_window_ms);
    if (change.approved) latest = std::min({latest, view.approval->expires_at, *view.preview->expires_at});
    if (const auto fresh = fresh_until(*view.policy.risk_policy, facts.market.quote))
        latest = std::min(latest, *fresh);
    return latest;
}

events::OrderModifyIntended intent_of(const ModifyOrder& command, const OrderFacts& facts,
                                      const ExistingOrderView& view, const Change& change,
                                      const events::Money& notional) {
    events::OrderModifyIntended intent;
    intent.intent_id = facts.new_id;
    intent.environment = view.order->environment;
    intent.broker_order_id = view.order->broker_order_id;
    intent.changes = command.changes;
    intent.new_terms = change.new_terms;
    if (change.approved) intent.approval_id = view.approval->approval_id;
    intent.idempotency_key = command.idempotency_key;
    intent.request_hash = request_hash(command);
    intent.policy_name = view.policy.risk_policy->name;
    intent.added_notional = added_notional(notional, *view.order, facts.market);
    intent.send_by = send_by(facts, view, change);
    return intent;
}

BrokerWrite write_of(const events::OrderModifyIntended& intent, const events::OrderRecord& order) {
    BrokerWrite write;
    write.operation = events::Operation::modify;
    write.order_id = order.order_id;
    write.intent_id = intent.intent_id;
    write.account = order.account;
    write.environment = order.environment;
    write.client_order_id = order.client_order_id;
    write.broker_order_id = order.broker_order_id;
    write.changes = intent.changes;
    write.send_by = intent.send_by;
    return write;
}

/// Every gate before risk, in order.
std::optional<Error> gates(const ModifyOrder& command, const OrderFacts& facts, const ExistingOrderView& view,
                           Change& change) {
    if (auto error = paper_gate(view.policy, facts, command.account)) return error;
    if (auto error = changes_gate(command.changes)) return error;
    if (auto error =
            known_order_gate(view.order, command.account, command.broker_order_id, Environment::paper))
        return error;
    if (auto error = quantity_gate(*view.order, command.changes)) return error;
    if (auto error = table_gate(*view.order, ModifyIntended{command.changes.quantity}, "modified"))
        return error;
    change.new_terms = with_changes(view.order->terms, command.changes);
    if (auto error = replacement_approval_gate(command, facts, view, change)) return error;
    return policy_gate(view.policy);
}

}  // namespace

Decided decide(const ModifyOrder& command, const OrderFacts& facts, const ExistingOrderView& view) {
    const auto refuse = [&](Error error, Decided decided = {}) {
        if (view.order && view.order->account == command.account) decided.subject = view.order->order_id;
        return refused(std::move(error), command.account, std::move(decided));
    };
    if (auto error = key_gate(command.idempotency_key)) return refuse(std::move(*error));
    if (auto answer = idempotency_gate(view.bound, request_hash(command), command.account)) return *answer;
    Change change;
    if (auto error = gates(command, facts, view, change)) return refuse(std::move(*error));

    const auto& order = *view.order;
    RiskAnswer risk =
        check_risk(view.policy, change.new_terms, order.environment, facts.market,
                   without_order(view.exposure, order), view.orders_today, facts.now,
                   change.approved ? view.preview->preview_id : order.preview_id, command.account);
    Decided decided;
    decided.events = std::move(risk.events);
    if (risk.refusal) return refuse(std::move(*risk.refusal), std::move(decided));

    const auto intent = intent_of(command, facts, view, change, *risk.verdict.order_notional);
    decided.effects.push_back(write_of(intent, order));
    decided.events.push_back(draft(intent, order.order_id, command.account));
    if (change.approved)
        decided.events.push_back(
            draft(body_of<events::ApprovalReserved>(events::ApprovalUse{order.order_id, {}}),
                  intent.approval_id, command.account));
    add_send_started(decided, decided.effects.back(), facts.network_broker);
    decided.subject = order.order_id;
    return decided;
}

}  // namespace ibkr::statemachines
