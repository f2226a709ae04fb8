#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"
#include "statemachines/evolve/order_fold.hpp"
#include "statemachines/hashing.hpp"

namespace ibkr::statemachines {
namespace {

using events::ErrorCode;
using events::Operation;

/// Live orders have no outcome event yet, so that nothing this version records could hold one in `unknown`.
Decided cannot_record_live(const RecordFoundOrder& command) {
    return failed(error_of(ErrorCode::broker_capability_unavailable,
                           "live order " + command.client_order_id.text() +
                               " was found, which this version cannot record",
                           "Resume with the version that placed it."),
                  command.account);
}

/// A key whose order is nowhere: nothing can be said of what it was bound to.
Decided cannot_bind(const RecordFoundOrder& command) {
    return failed(error_of(ErrorCode::order_validation_failed,
                           "a key was found for order " + command.order_id.text() + ", which was not found",
                           "Record the order first; do not use the key '" + command.idempotency_key.text() +
                               "' again."),
                  command.account);
}

std::string learned_from(const RecordFoundOrder& command) {
    return "found_" + std::string(command.found_at == "broker" ? "at_broker" : "in_projection");
}

/// The outcome `unknown` of one intent of `operation`, as the broker port's lost answers are recorded.
EventDraft unknown_outcome(const RecordFoundOrder& command, Operation operation, std::string intent_id,
                           const events::WorkflowId& order_id) {
    events::OrderOutcome outcome;
    outcome.intent_id = std::move(intent_id);
    outcome.outcome = events::Outcome::unknown;
    outcome.learned_from = learned_from(command);
    outcome.broker_order_id = command.broker_order_id;
    outcome.message = "the log lost what became of this write";
    events::Body body;
    switch (operation) {
        case Operation::submit:
            body = body_of<events::PaperOrderSubmitted>(std::move(outcome));
            break;
        case Operation::cancel:
            body = body_of<events::PaperOrderCancelled>(std::move(outcome));
            break;
        case Operation::modify:
            body = body_of<events::PaperOrderModified>(std::move(outcome));
            break;
    }
    EventDraft made = draft(std::move(body), order_id, command.account);
    made.result_status = events::ResultStatus::failed;
    made.error_code = events::to_string(ErrorCode::broker_backend_unavailable);
    return made;
}

/// Orders count under the policy in force when theirs is not known.
std::string policy_name(const RecordFoundOrder& command, const FoundOrderView& view) {
    return command.policy_name.empty() ? view.settings.paper_risk_policy : command.policy_name;
}

Decided found_submit(const RecordFoundOrder& command, const ActFacts& facts, const FoundOrderView& view) {
    Decided decided;
    decided.subject = view.order ? view.order->order_id : command.order_id;
    if (view.order) return decided;
    events::OrderSubmitIntended intent;
    intent.intent_id = command.order_id.text();
    intent.environment = command.environment;
    intent.terms = command.terms;
    intent.preview_id = command.preview_id;
    intent.approval_id = command.approval_id;
    intent.order_hash = command.order_hash;
    intent.idempotency_key = command.idempotency_key;
    intent.request_hash = command.request_hash;
    intent.client_order_id = command.client_order_id;
    intent.policy_name = policy_name(command, view);
    intent.notional = command.notional;
    intent.send_by = facts.now;
    decided.events.push_back(draft(std::move(intent), command.order_id, command.account));
    const bool is_usable = view.approval && view.approval->account == command.account &&
                           approval_state_of(*view.approval) == ApprovalState::Approved;
    if (is_usable)
        decided.events.push_back(
            draft(body_of<events::ApprovalReserved>(events::ApprovalUse{command.order_id, {}}),
                  command.approval_id, command.account));
    decided.events.push_back(
        unknown_outcome(command, Operation::submit, command.order_id.text(), command.order_id));
    return decided;
}

events::Body change_intent(const RecordFoundOrder& command, const ActFacts& facts, const FoundOrderView& view,
                           const std::string& intent_id) {
    const auto& order = *view.order;
    if (command.operation == Operation::cancel)
        return events::OrderCancelIntended{intent_id,
                                           order.environment,
                                           command.broker_order_id,
                                           command.idempotency_key,
                                           command.request_hash,
                                           facts.now,
                                           {}};
    events::OrderModifyIntended intent;
    intent.intent_id = intent_id;
    intent.environment = order.environment;
    intent.broker_order_id = command.broker_order_id;
    intent.changes = changes_between(order.terms, command.terms);
    intent.new_terms = with_changes(order.terms, intent.changes);
    intent.idempotency_key = command.idempotency_key;
    intent.request_hash = command.request_hash;
    intent.policy_name = policy_name(command, view);
    intent.added_notional = command.notional;
    intent.send_by = facts.now;
    return intent;
}

/// The key of a cancel or modify. The table takes the intent where the order's state admits it and passes
/// over it elsewhere; either way the key is bound to it, with an outcome, and is never sent again.
Decided found_change(const RecordFoundOrder& command, const ActFacts& facts, const FoundOrderView& view) {
    Decided decided;
    if (view.bound) {
        decided.subject = view.bound->order_id;
        return decided;
    }
    if (!view.order || view.order->account != command.account) return cannot_bind(command);
    const auto& order = *view.order;
    decided.subject = order.order_id;
    // An order has one write under way at most: of an older one, too, the log lost the outcome.
    if (order.pending)
        decided.events.push_back(
            unknown_outcome(command, order.pending->operation, order.pending->intent_id, order.order_id));
    const std::string intent_id =
        found_id(command.account, command.environment, "key " + command.idempotency_key.text());
    decided.events.push_back(
        draft(change_intent(command, facts, view, intent_id), order.order_id, command.account));
    decided.events.push_back(unknown_outcome(command, command.operation, intent_id, order.order_id));
    return decided;
}

}  // namespace

Decided decide(const RecordFoundOrder& command, const ActFacts& facts, const FoundOrderView& view) {
    if (command.environment == events::Environment::live) return cannot_record_live(command);
    return command.operation == Operation::submit ? found_submit(command, facts, view)
                                                  : found_change(command, facts, view);
}

}  // namespace ibkr::statemachines
