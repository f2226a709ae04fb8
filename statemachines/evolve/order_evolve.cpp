#include <cassert>

#include "statemachines/evolve/order_fold.hpp"
#include "statemachines/machines/order_table.hpp"

namespace ibkr::statemachines {
namespace {

using events::OrderRecord;

constexpr auto write_states =
    std::to_array<events::EnumName<WriteState>>({{WriteState::none, "none"},
                                                 {WriteState::intended, "intended"},
                                                 {WriteState::started, "started"},
                                                 {WriteState::unknown, "unknown"},
                                                 {WriteState::accepted, "accepted"}});

WriteState write_state(std::string_view name) {
    for (const auto& entry : write_states)
        if (entry.name == name) return entry.value;
    assert(false && "a record holds a write state that this version does not know");
    return WriteState::none;
}

std::string name_of_write(WriteState state) {
    for (const auto& entry : write_states)
        if (entry.value == state) return std::string(entry.name);
    assert(false && "an unnamed write state");
    return "none";
}

OrderData data_of(const OrderRecord& record) {
    OrderData data;
    data.quantity = record.terms.quantity;
    data.requested = record.progress.requested;
    data.filled = record.filled_quantity;
    data.submit = write_state(record.progress.submit);
    data.modify = write_state(record.progress.modify);
    data.cancel = write_state(record.progress.cancel);
    data.overfilled = record.progress.overfilled;
    data.contradicted = record.contradicted;
    data.quantity_overflow = record.progress.quantity_overflow;
    return data;
}

bool is_open_write(WriteState write) {
    return write == WriteState::intended || write == WriteState::started || write == WriteState::unknown;
}

/// The modify whose answer or evidence is due.
const events::PendingIntent* open_modify(const OrderRecord& record) {
    if (record.lost_modify) return &*record.lost_modify;
    if (record.pending && record.pending->operation == events::Operation::modify) return &*record.pending;
    return nullptr;
}

/// True when this step settled an open modify as done: the answer said so, or a fill beyond the old size did.
bool took_modify(const OrderData& before, const OrderData& after, const StepResult<OrderState>& step) {
    if (!is_open_write(before.modify)) return false;
    if (after.modify == WriteState::accepted || after.quantity != before.quantity) return true;
    return step.event == ModifyConfirmed::name && step.outcome == RowOutcome::step;
}

bool was_at_work(OrderState state) {
    switch (state) {
        case OrderState::Working:
        case OrderState::PartiallyFilled:
        case OrderState::ModifyPending:
        case OrderState::CancelPending:
        case OrderState::Filled:
            return true;
        default:
            return false;
    }
}

/// One step of the table, folded into the record.
Folded step_order(OrderRecord& record, const OrderEvent& event) {
    OrderData data = data_of(record);
    const OrderData before = data;
    const auto result = step<OrderMachine>(order_state_of(record), data, event);
    if (took_modify(before, data, result)) {
        const auto* modify = open_modify(record);
        assert(modify != nullptr && "an open modify has its intent");
        record.terms = with_changes(record.terms, modify->changes);
    }
    record.terms.quantity = data.quantity;
    record.filled_quantity = data.filled;
    record.contradicted = data.contradicted;
    record.progress = {name_of_write(data.submit),
                       name_of_write(data.modify),
                       name_of_write(data.cancel),
                       data.requested,
                       data.overfilled,
                       data.quantity_overflow};
    record.modify_unknown = data.modify == WriteState::unknown;
    if (!record.modify_unknown) record.lost_modify.reset();
    if (result.to) {
        record.state = to_string(*result.to);
        record.ever_working = record.ever_working || was_at_work(*result.to);
    }
    return folded(result.outcome);
}

/// The broker's word on the order, as the table knows it. A record that says no word we know is still a
/// record.
OrderEvent event_of_status(std::string_view status) {
    if (status == "working" || status == "partially_filled") return BrokerWorking{};
    if (status == "filled") return BrokerFilled{};
    if (status == "cancelled") return BrokerCancelled{};
    if (status == "rejected") return BrokerRejected{};
    if (status == "expired") return BrokerExpired{};
    return EvidenceFound{};
}

Folded fold_status(OrderRecord& record, const std::string& status) {
    if (status.empty()) return Folded::ignored;
    record.broker_status = status;
    // "pending" only says that the broker has the order, which the answer before it said already.
    if (status == "pending") return Folded::ignored;
    return step_order(record, event_of_status(status));
}

OrderEvent event_of_outcome(events::Operation operation, events::Outcome outcome) {
    using events::Operation;
    using events::Outcome;
    switch (outcome) {
        case Outcome::confirmed:
            if (operation == Operation::cancel) return CancelConfirmed{};
            if (operation == Operation::modify) return ModifyConfirmed{};
            return SubmitConfirmed{};
        case Outcome::refused:
            if (operation == Operation::cancel) return CancelRefused{};
            if (operation == Operation::modify) return ModifyRefused{};
            return SubmitRefused{};
        case Outcome::not_sent:
            if (operation == Operation::cancel) return CancelNotSent{};
            if (operation == Operation::modify) return ModifyNotSent{};
            return SubmitNotSent{};
        case Outcome::unknown:
            break;
    }
    if (operation == Operation::cancel) return CancelUnknown{};
    if (operation == Operation::modify) return ModifyUnknown{};
    return OutcomeUnknown{};
}

Folded fold_outcome(OrderRecord& record, const events::OrderOutcome& body, events::Operation operation) {
    if (!body.broker_order_id.empty()) record.broker_order_id = body.broker_order_id;
    if (!body.message.empty()) record.message = body.message;
    Folded result = step_order(record, event_of_outcome(operation, body.outcome));
    if (record.modify_unknown && !record.lost_modify) record.lost_modify = record.pending;
    if (record.pending && record.pending->intent_id == body.intent_id) record.pending.reset();
    // A definite refusal is the answer; the status word beside it is its reason, not the order's life.
    const bool status_counts =
        body.outcome == events::Outcome::confirmed ||
        (operation != events::Operation::submit && body.outcome == events::Outcome::refused);
    if (status_counts)
        result = worse(result, fold_status(record, body.broker_status));
    else if (!body.broker_status.empty())
        record.broker_status = body.broker_status;
    return result;
}

Folded fold(OrderRecord& record, const events::OrderSubmitIntended& body, const events::Event& event) {
    record.order_id = event.workflow_id;
    record.account = event.account_id_hash;
    record.environment = body.environment;
    record.terms = body.terms;
    record.preview_id = body.preview_id;
    record.approval_id = body.approval_id;
    record.order_hash = body.order_hash;
    record.policy_name = body.policy_name;
    record.idempotency_key = body.idempotency_key;
    record.client_order_id = body.client_order_id;
    record.created_at = event.timestamp;
    record.pending = events::PendingIntent{.intent_id = body.intent_id,
                                           .operation = events::Operation::submit,
                                           .idempotency_key = body.idempotency_key,
                                           .send_started = false,
                                           .send_by = body.send_by,
                                           .changes = {}};
    return step_order(record, SubmitIntended{body.terms.quantity});
}

Folded fold(OrderRecord& record, const events::OrderCancelIntended& body, const events::Event&) {
    const Folded result = step_order(record, CancelIntended{});
    record.pending = events::PendingIntent{.intent_id = body.intent_id,
                                           .operation = events::Operation::cancel,
                                           .idempotency_key = body.idempotency_key,
                                           .send_started = false,
                                           .send_by = body.send_by,
                                           .changes = {}};
    return result;
}

Folded fold(OrderRecord& record, const events::OrderModifyIntended& body, const events::Event&) {
    const Folded result = step_order(record, ModifyIntended{body.changes.quantity});
    record.pending = events::PendingIntent{.intent_id = body.intent_id,
                                           .operation = events::Operation::modify,
                                           .idempotency_key = body.idempotency_key,
                                           .send_started = false,
                                           .send_by = body.send_by,
                                           .changes = body.changes};
    if (!body.approval_id.empty()) record.approval_id = body.approval_id;
    return result;
}

Folded fold(OrderRecord& record, const events::OrderSendStarted& body, const events::Event&) {
    if (record.pending && record.pending->intent_id == body.intent_id) record.pending->send_started = true;
    return step_order(record, SendStarted{body.operation});
}

Folded fold(OrderRecord& record, const events::PaperOrderSubmitted& body, const events::Event&) {
    return fold_outcome(record, body, events::Operation::submit);
}
Folded fold(OrderRecord& record, const events::PaperOrderCancelled& body, const events::Event&) {
    return fold_outcome(record, body, events::Operation::cancel);
}
Folded fold(OrderRecord& record, const events::PaperOrderModified& body, const events::Event&) {
    return fold_outcome(record, body, events::Operation::modify);
}

/// The book's terms settle a modify whose answer was lost: they are the asked ones, or they are not.
Folded fold_book_terms(OrderRecord& record, const events::OrderTerms& book) {
    if (!record.lost_modify) return Folded::ignored;
    const bool took = same_order(book, with_changes(record.terms, record.lost_modify->changes));
    return step_order(record, took ? OrderEvent(ModifyConfirmed{}) : OrderEvent(ModifyRefused{}));
}

Folded fold(OrderRecord& record, const events::PaperOrderLifecycleChanged& body, const events::Event&) {
    if (!body.broker_order_id.empty()) record.broker_order_id = body.broker_order_id;
    if (!body.message.empty()) record.message = body.message;
    if (body.evidence == "absence_proved") return step_order(record, AbsenceProved{});
    if (body.evidence == "operator_attested") {
        const bool placed = !body.broker_order_id.empty();
        return step_order(record, OperatorAttested{placed ? Attestation::placed : Attestation::not_placed});
    }
    Folded result = Folded::ignored;
    if (body.terms) result = fold_book_terms(record, *body.terms);
    record.broker_status = body.broker_status;
    return worse(result, step_order(record, event_of_status(body.broker_status)));
}

Folded fold(OrderRecord& record, const events::OrderExecutionRecorded& body, const events::Event&) {
    const auto& execution = body.execution;
    if (record.broker_order_id.empty()) record.broker_order_id = execution.broker_order_id;
    // A sum that does not fit leaves the value as it was; the table flags the quantity itself.
    const auto value = events::notional(execution.price, execution.quantity);
    const auto sum = value ? record.filled_value.plus(*value) : value;
    if (sum) record.filled_value = *sum;
    return step_order(record, FillReported{execution.quantity});
}

template <class Body>
concept OrderBody = requires(OrderRecord& record, const Body& body, const events::Event& event) {
    { fold(record, body, event) } -> std::same_as<Folded>;
};

}  // namespace

std::optional<OrderState> order_state_of(const OrderRecord& record) {
    if (record.state.empty()) return std::nullopt;
    const auto state = order_state_from_string(record.state);
    assert(state && "a record holds an order state that this version does not know");
    return state;
}

bool is_terminal(OrderState state) noexcept {
    return OrderMachine::terminal.contains(state);
}

StepResult<OrderState> peek_order(const OrderRecord& record, const OrderEvent& event) {
    return peek<OrderMachine>(order_state_of(record), data_of(record), event);
}

Folded evolve(OrderRecord& record, const events::Event& event) {
    assert(record.order_id.empty() || record.order_id == event.workflow_id);
    assert(event.workflow_position == record.position + 1);
    record.position = event.workflow_position;
    record.last_event_id = event.event_id;
    record.updated_at = event.timestamp;
    return std::visit(
        [&](const auto& body) {
            if constexpr (OrderBody<std::decay_t<decltype(body)>>)
                return fold(record, body, event);
            else
                return Folded::not_of_this_machine;
        },
        event.body);
}

}  // namespace ibkr::statemachines
