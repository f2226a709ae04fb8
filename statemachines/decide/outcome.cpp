#include "statemachines/decide/approval_use.hpp"
#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"

namespace ibkr::statemachines {
namespace {

using events::ErrorCode;
using events::Outcome;

events::Body outcome_body(const RecordOutcome& command) {
    events::OrderOutcome body;
    body.intent_id = command.intent_id;
    body.outcome = command.outcome;
    body.learned_from = command.learned_from;
    body.broker_order_id = command.broker_order_id;
    body.broker_status = command.broker_status;
    body.message = command.message;
    body.answer_sha256 = command.answer_sha256;
    switch (command.operation) {
        case events::Operation::submit:
            return body_of<events::PaperOrderSubmitted>(std::move(body));
        case events::Operation::cancel:
            return body_of<events::PaperOrderCancelled>(std::move(body));
        case events::Operation::modify:
            break;
    }
    return body_of<events::PaperOrderModified>(std::move(body));
}

/// The gates allowed the call; what became of it is the result. A definite refusal is the broker's word and
/// no error of ours.
void set_result(EventDraft& made, Outcome outcome) {
    switch (outcome) {
        case Outcome::confirmed:
            made.result_status = events::ResultStatus::completed;
            return;
        case Outcome::refused:
            made.result_status = events::ResultStatus::refused;
            return;
        case Outcome::not_sent:
        case Outcome::unknown:
            break;
    }
    made.result_status = events::ResultStatus::failed;
    made.error_code = events::to_string(ErrorCode::broker_backend_unavailable);
}

bool is_awaited(const RecordOutcome& command, const events::OrderRecord& order) {
    return order.pending && order.pending->intent_id == command.intent_id &&
           order.pending->operation == command.operation;
}

/// No write waits for this outcome. A repetition says nothing; what we do not hold is never lost.
Decided not_awaited(const RecordOutcome& command, const std::optional<events::OrderRecord>& order) {
    const std::string message = "no write waits for the outcome of intent " + command.intent_id;
    events::Error error = error_of(ErrorCode::order_validation_failed, message,
                                   "Look at the order; reconciliation compares it with the broker's book.");
    const bool known =
        order && (command.broker_order_id.empty() || command.broker_order_id == order->broker_order_id);
    Decided decided;
    if (!known) {
        error.message += ", which says " + std::string(events::name_of(command.outcome)) +
                         " of broker order '" + command.broker_order_id.text() + "'";
        decided = failed(std::move(error), order ? order->account : events::AccountHash());
    } else {
        decided.refusal = std::move(error);
    }
    if (order) decided.subject = order->order_id;
    return decided;
}

}  // namespace

Decided decide(const RecordOutcome& command, const ActFacts& facts, const OrderView& view) {
    if (!view.order || !is_awaited(command, *view.order)) return not_awaited(command, view.order);
    const auto& before = *view.order;
    EventDraft made = draft(outcome_body(command), before.order_id, before.account);
    set_result(made, command.outcome);
    events::OrderRecord after = before;
    apply(after, made, facts.now);

    Decided decided;
    decided.subject = before.order_id;
    decided.events.push_back(std::move(made));
    const auto modify_outcome =
        command.operation == events::Operation::modify ? std::optional(command.outcome) : std::nullopt;
    if (auto use = approval_use(view.approval, before, after, modify_outcome))
        decided.events.push_back(std::move(*use));
    return decided;
}

}  // namespace ibkr::statemachines
