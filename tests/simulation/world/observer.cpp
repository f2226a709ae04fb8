#include "tests/simulation/world/observer.hpp"

#include <algorithm>
#include <set>

#include "events/event_codec.hpp"
#include "statemachines/hashing.hpp"

namespace ibkr::simulation {

using namespace ibkr::events;

namespace {

bool is_terminal(const std::string& state) {
    static const std::set<std::string> terminal{"filled",  "cancelled", "rejected",
                                                "expired", "not_sent",  "not_placed"};
    return terminal.contains(state);
}

/// Whether the event is evidence of what became of an order: nothing else ends `unknown`. A cancel or modify
/// that the broker refused says nothing of whether it ever had the order.
bool is_evidence(const Body& body) {
    static const std::set<std::string> kinds{"broker_record", "absence_proved", "operator_attested"};
    if (const auto* changed = std::get_if<PaperOrderLifecycleChanged>(&body))
        return kinds.contains(changed->evidence);
    if (const auto* submitted = std::get_if<PaperOrderSubmitted>(&body))
        return submitted->outcome == Outcome::confirmed || submitted->outcome == Outcome::refused;
    if (const auto* cancelled = std::get_if<PaperOrderCancelled>(&body))
        return cancelled->outcome == Outcome::confirmed;
    if (const auto* modified = std::get_if<PaperOrderModified>(&body))
        return modified->outcome == Outcome::confirmed;
    return std::holds_alternative<OrderExecutionRecorded>(body);
}

}  // namespace

Observer::Observer(const Disk& disk, Violations& violations) : disk_(disk), violations_(violations) {
    start_over();
}

void Observer::start_over() {
    read_to_ = {};
    orders_.clear();
    approvals_.clear();
    events_.clear();
    booked_.clear();
    execution_ids_.clear();
    verifier_ = std::make_unique<ChainVerifier>(disk_.keys().ring(), Head{}, disk_.gaps());
    follow();
}

void Observer::follow() {
    auto cursor = disk_.read(read_to_.next());
    if (!cursor) return violations_.add("I2", "the log cannot be read: " + cursor.error().message);
    Record record;
    for (;;) {
        const auto more = (*cursor)->next(record);
        if (!more) return violations_.add("I2", more.error().message);
        if (!*more) return;
        if (!verifier_->add(record)) violations_.add("I2", verifier_->report().reason);
        const auto event = decode_record(record);
        if (!event) return violations_.add("I2", event.error().message);
        read_to_ = record.sequence;
        events_.emplace(event->event_id, record.sequence);
        take(*event);
    }
}

void Observer::check_whole_chain() {
    ChainVerifier verifier(disk_.keys().ring(), Head{}, disk_.gaps());
    auto cursor = disk_.read(SequenceId(1));
    if (!cursor) return violations_.add("I2", "the log cannot be read: " + cursor.error().message);
    Record record;
    for (;;) {
        const auto more = (*cursor)->next(record);
        if (!more) return violations_.add("I2", more.error().message);
        if (!*more) return;
        if (!verifier.add(record)) return violations_.add("I2", verifier.report().reason);
    }
}

bool Observer::has_event(const EventId& id) const {
    return events_.contains(id);
}

std::string Observer::state_of(const std::string& id) const {
    std::string state;
    for (const auto& [order_id, order] : orders_)
        if (order.intent.client_order_id.text() == id || order.broker_order_id.text() == id)
            state = order.state;
    return state;
}

void Observer::take(const Event& event) {
    if (const auto* intended = std::get_if<OrderSubmitIntended>(&event.body)) {
        Order order;
        order.account = event.account_id_hash;
        order.intent = *intended;
        order.intended_at = event.timestamp;
        violations_.require(!orders_.contains(event.workflow_id), "O1",
                            "a second intent of order " + event.workflow_id.text());
        for (const auto& [other_id, other] : orders_)
            violations_.require(other.intent.client_order_id != intended->client_order_id, "O1",
                                "two orders have the client order id " + intended->client_order_id.text());
        orders_.emplace(event.workflow_id, std::move(order));
    }
    if (orders_.contains(event.workflow_id))
        take_order_event(event);
    else if (std::holds_alternative<OrderExecutionRecorded>(event.body))
        violations_.add("O3", "an execution is booked to no order, at record " +
                                  std::to_string(event.sequence_id.value()));
    take_approval_event(event);
}

void Observer::check_transition(const Order& order, const Event& event, const std::string& next) {
    if (order.state.empty() || order.state == next) return;
    const std::string what = "order " + event.workflow_id.text() + " went from " + order.state + " to " +
                             next + " at record " + std::to_string(event.sequence_id.value());
    violations_.require(!is_terminal(order.state), "O4", what);
    violations_.require(order.state != "unknown" || is_evidence(event.body), "O5", what);
}

void Observer::take_order_event(const Event& event) {
    Order& order = orders_.at(event.workflow_id);
    if (const std::string_view claimed = claimed_state(event.body); !claimed.empty()) {
        check_transition(order, event, std::string(claimed));
        order.state = claimed;
    }
    const auto learn = [&](const BrokerOrderId& id) {
        if (!id.empty()) order.broker_order_id = id;
    };
    if (const auto* outcome = std::get_if<PaperOrderSubmitted>(&event.body)) learn(outcome->broker_order_id);
    if (const auto* changed = std::get_if<PaperOrderLifecycleChanged>(&event.body))
        learn(changed->broker_order_id);
    if (const auto* filled = std::get_if<OrderExecutionRecorded>(&event.body)) {
        learn(filled->execution.broker_order_id);
        take_execution(event, *filled);
    }
    if (const auto* modify = std::get_if<OrderModifyIntended>(&event.body))
        order.modifies[modify->intent_id] = {*modify, event.timestamp};
    if (const auto* cancel = std::get_if<OrderCancelIntended>(&event.body))
        order.cancels[cancel->intent_id] = {*cancel, event.timestamp};
    if (const auto* outcome = std::get_if<PaperOrderModified>(&event.body))
        order.modifies.erase(outcome->intent_id);
    if (const auto* outcome = std::get_if<PaperOrderCancelled>(&event.body))
        order.cancels.erase(outcome->intent_id);
}

void Observer::take_execution(const Event& event, const OrderExecutionRecorded& filled) {
    Order& order = orders_.at(event.workflow_id);
    const std::string& id = filled.execution.execution_id.text();
    violations_.require(execution_ids_.insert(filled.execution.execution_id).second, "O3",
                        "execution " + id + " is booked twice");
    order.filled = order.filled.plus(filled.execution.quantity).value();
    violations_.require(order.filled == filled.filled_quantity, "O3",
                        "with execution " + id + " order " + event.workflow_id.text() + " is filled " +
                            to_text(filled.filled_quantity) + ", and its executions sum up to " +
                            to_text(order.filled));
    booked_.push_back({event.workflow_id, filled.execution});
}

void Observer::take_approval_event(const Event& event) {
    if (const auto* recorded = std::get_if<PaperApprovalRecorded>(&event.body))
        approvals_[event.workflow_id] = {recorded->state, recorded->order_hash, recorded->expires_at, {}};
    const auto known = approvals_.find(event.workflow_id);
    if (known == approvals_.end()) return;
    Approval& approval = known->second;
    if (const auto* reserved = std::get_if<ApprovalReserved>(&event.body)) {
        violations_.require(approval.reserved_by.empty(), "O2",
                            "approval " + event.workflow_id.text() + " is reserved by two orders");
        approval.reserved_by = reserved->order_id;
    }
    if (std::holds_alternative<ApprovalReleased>(event.body)) approval.reserved_by = {};
    if (const std::string_view claimed = claimed_state(event.body); !claimed.empty())
        approval.state = claimed;
}

void Observer::check_submit(const engine::SubmitRequest& request, const AccountHash& account, Timestamp now) {
    follow();
    const std::string name = "the submit of " + request.client_order_id.text();
    const auto found = std::find_if(orders_.begin(), orders_.end(), [&](const auto& order) {
        return order.second.intent.client_order_id == request.client_order_id;
    });
    if (found == orders_.end()) return violations_.add("O2", name + " has no intent in the log");
    const auto& [order_id, order] = *found;
    violations_.require(disk_.synced().sequence >= read_to_, "O2", name + " was not durable");
    violations_.require(order.intent.terms == request.terms && order.account == account, "O2",
                        name + " is not of the intended terms and account");
    violations_.require(order.intent.environment == request.environment &&
                            request.environment == Environment::paper &&
                            request.client_order_id.text().starts_with("p"),
                        "O2", name + " is of another environment");
    violations_.require(order.intent.send_by > now, "O2", name + " came after its time to send by");
    const auto approval = approvals_.find(order.intent.approval_id);
    if (approval == approvals_.end()) return violations_.add("O2", name + " has no approval");
    violations_.require(approval->second.reserved_by == order_id && approval->second.state == "reserved",
                        "O2", name + " does not hold its approval");
    violations_.require(approval->second.expires_at > now, "O2", name + " has an expired approval");
    violations_.require(
        approval->second.order_hash == statemachines::order_hash(account, request.environment, request.terms),
        "O2", name + " is not the order that was approved");
}

template <class Intent, class Request>
const Observer::Pending<Intent>* Observer::intent_of(const Request& request, Intents<Intent> Order::* intents,
                                                     Timestamp now) {
    follow();
    const std::string name = "a change of broker order " + request.broker_order_id.text();
    violations_.require(disk_.synced().sequence >= read_to_, "O2", name + " was not durable");
    const Pending<Intent>* found = nullptr;
    bool is_elsewhere = false;
    for (const auto& [order_id, order] : orders_)
        for (const auto& [intent_id, one] : order.*intents) {
            if (one.intent.broker_order_id != request.broker_order_id) continue;
            if (order.intent.client_order_id != request.client_order_id) {
                is_elsewhere = true;
                continue;
            }
            violations_.require(found == nullptr, "O2", name + " has several intents without an outcome");
            found = &one;
            violations_.require(order.broker_order_id == request.broker_order_id, "O9",
                                name + " is of another order's workflow");
        }
    violations_.require(found != nullptr, is_elsewhere ? "O9" : "O2", name + " has no intent of its order");
    violations_.require(found == nullptr || found->intent.send_by > now, "O2",
                        name + " came after its time to send by");
    return found;
}

void Observer::check_anchored() {
    const auto anchor = disk_.synced_anchor();
    violations_.require(!anchor || *anchor >= disk_.head().sequence, "I4",
                        "a write left the process with record " +
                            std::to_string(disk_.head().sequence.value()) + " not anchored on the disk");
}

void Observer::check_cancel(const engine::CancelRequest& request, Timestamp now) {
    static_cast<void>(intent_of(request, &Order::cancels, now));
}

void Observer::check_modify(const engine::ModifyRequest& request, Timestamp now) {
    const auto* const found = intent_of(request, &Order::modifies, now);
    if (found == nullptr) return;
    ++modifies_sent_[found->intended_at.day()];
    const OrderChanges asked{request.quantity,        request.limit_price,      request.stop_price,
                             request.trailing_amount, request.trailing_percent, request.time_in_force};
    violations_.require(
        asked == found->intent.changes, "O2",
        "a modify of broker order " + request.broker_order_id.text() + " is not the one that was intended");
}

}  // namespace ibkr::simulation
