#include "tests/simulation/world/encounters.hpp"

#include <set>

#include "events/catalogue.hpp"
#include "events/error_codes.hpp"
#include "events/event_codec.hpp"

namespace ibkr::simulation {

using namespace ibkr::events;

void Encounters::note(std::string_view fault, const ClientOrderId& order) {
    world_.observer.follow();
    const std::string state = world_.observer.state_of(order.text());
    if (!state.empty()) coverage_.note(fault, state);
}

void Encounters::note_append(std::string_view fault) {
    world_.observer.follow();
    std::map<WorkflowId, std::string> left_in;
    for (const PendingRecord& record : world_.disk.newest_append()) {
        const auto event = decode_event(record.type_number, record.bytes);
        if (!event) continue;
        const bool is_order = std::holds_alternative<OrderSubmitIntended>(event->body) ||
                              world_.observer.orders().contains(event->workflow_id);
        const std::string_view state = claimed_state(event->body);
        if (is_order && !state.empty()) left_in[event->workflow_id] = state;
    }
    for (const auto& [order, state] : left_in)
        coverage_.note(fault, state);
}

void Encounters::note_in_write(std::string_view fault) {
    world_.observer.follow();
    for (const auto& [id, order] : world_.observer.orders())
        if (order.state == "submitting" || !order.modifies.empty() || !order.cancels.empty())
            coverage_.note(fault, order.state);
}

void Encounters::note_open(std::string_view fault) {
    static const std::set<std::string> open{"submitting",     "working",        "partially_filled",
                                            "modify_pending", "cancel_pending", "unknown"};
    world_.observer.follow();
    for (const auto& [id, order] : world_.observer.orders())
        if (open.contains(order.state)) coverage_.note(fault, order.state);
}

std::map<WorkflowId, std::string> Encounters::states() const {
    std::map<WorkflowId, std::string> states;
    for (const auto& [id, order] : world_.observer.orders())
        states[id] = order.state;
    return states;
}

void Encounters::note_lost(std::string_view fault, const std::map<WorkflowId, std::string>& before) {
    const auto after = states();
    for (const auto& [id, state] : before)
        if (const auto left = after.find(id); left == after.end() || left->second != state)
            coverage_.note(fault, state);
}

void Encounters::start_over() {
    world_.observer.follow();
    states_ = states();
    followed_to_ = world_.disk.head().sequence;
}

void Encounters::follow() {
    auto cursor = world_.disk.read(followed_to_.next());
    Record record;
    while (cursor) {
        const auto more = (*cursor)->next(record);
        if (!more || !*more) break;
        followed_to_ = record.sequence;
        if (const auto event = decode_record(record)) take(*event);
    }
}

void Encounters::take(const Event& event) {
    if (event.decided_from) command_ = event.decided_from->command.text;
    if (const auto* refused = std::get_if<ToolRefused>(&event.body)) return take_refusal(*refused);
    const auto known = states_.find(event.workflow_id);
    if (known == states_.end()) {
        if (std::holds_alternative<OrderSubmitIntended>(event.body)) {
            states_[event.workflow_id] = claimed_state(event.body);
            moved_in_step_.insert(event.workflow_id);
        }
        return;
    }
    const std::string before = known->second;
    if (const auto* submitted = std::get_if<PaperOrderSubmitted>(&event.body))
        take_outcome(*submitted, before);
    if (const auto* cancelled = std::get_if<PaperOrderCancelled>(&event.body))
        take_outcome(*cancelled, before);
    if (const auto* modified = std::get_if<PaperOrderModified>(&event.body)) take_outcome(*modified, before);
    if (std::holds_alternative<OrderExecutionRecorded>(event.body)) take_fill(event.workflow_id, before);
    // What follows in the same step is not where the order was found.
    if (moved_in_step_.insert(event.workflow_id).second && world_.disk.room() == DiskRoom::low)
        coverage_.note("space_low", before);
    if (const std::string_view state = claimed_state(event.body); !state.empty()) known->second = state;
}

void Encounters::take_fill(const WorkflowId& order, const std::string& before) {
    if (world_.broker.executions_twice()) coverage_.note("executions_twice", before);
    Fills& fills = fills_of_step_[order];
    if (++fills.count == 1) fills.before = before;
    // Of one execution there is no other order.
    if (fills.count == 2 && world_.broker.shuffled()) coverage_.note("shuffle_lists", fills.before);
}

void Encounters::take_outcome(const OrderOutcome& outcome, const std::string& state) {
    if (outcome.learned_from == "deadline" && stalled_) coverage_.note("stall", state);
    if (outcome.learned_from != "environment_check") return;
    if (world_.broker.reads_fail())
        coverage_.note("reads_fail", state);
    else if (world_.broker.says_live())
        coverage_.note("says_live", state);
}

/// A refused modify names its order only in its command.
void Encounters::take_refusal(const ToolRefused& refused) {
    bool by_quote = false;
    for (const Reason& reason : refused.reasons)
        by_quote = by_quote || reason.code == reason::order_quote_stale_refused;
    if (!by_quote) return;
    // The newest of those that have had this id.
    const Observer::Order* refused_order = nullptr;
    for (const auto& [id, order] : world_.observer.orders()) {
        const std::string name = "\"broker_order_id\":\"" + order.broker_order_id.text() + "\"";
        if (order.broker_order_id.empty() || command_.find(name) == std::string::npos) continue;
        if (refused_order == nullptr || refused_order->intended_at < order.intended_at)
            refused_order = &order;
    }
    if (refused_order != nullptr) coverage_.note("stale_quote", refused_order->state);
}

}  // namespace ibkr::simulation
