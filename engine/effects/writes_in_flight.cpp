#include "engine/effects/writes_in_flight.hpp"

namespace ibkr::engine {

void WritesInFlight::begin(const events::WorkflowId& order_id, const Holding& holding) {
    const std::scoped_lock lock(mutex_);
    Writing& writing = orders_[order_id];
    writing.holding = holding;
    ++writing.count;
    since_look_.insert(order_id);
    Activity& activity = holdings_[holding];
    ++activity.changes;
    ++activity.writing;
}

void WritesInFlight::end(const events::WorkflowId& order_id) {
    const std::scoped_lock lock(mutex_);
    const auto found = orders_.find(order_id);
    if (found == orders_.end()) return;
    since_look_.insert(order_id);
    Activity& activity = holdings_[found->second.holding];
    ++activity.changes;
    --activity.writing;
    if (--found->second.count == 0) orders_.erase(found);
}

bool WritesInFlight::contains(const events::WorkflowId& order_id) const {
    const std::scoped_lock lock(mutex_);
    return orders_.contains(order_id);
}

void WritesInFlight::begin_look() {
    const std::scoped_lock lock(mutex_);
    since_look_.clear();
}

bool WritesInFlight::changed_since_look(const events::WorkflowId& order_id) const {
    const std::scoped_lock lock(mutex_);
    return since_look_.contains(order_id);
}

void WritesInFlight::note_fills(const Holding& holding) {
    const std::scoped_lock lock(mutex_);
    ++holdings_[holding].changes;
}

WritesInFlight::Moment WritesInFlight::now(const Holding& holding) const {
    const std::scoped_lock lock(mutex_);
    const auto found = holdings_.find(holding);
    if (found == holdings_.end()) return {};
    return {found->second.changes, found->second.writing > 0};
}

bool WritesInFlight::was_quiet_since(const Moment& then, const Holding& holding) const {
    const Moment present = now(holding);
    return !then.writing && !present.writing && then.changes == present.changes;
}

}  // namespace ibkr::engine
