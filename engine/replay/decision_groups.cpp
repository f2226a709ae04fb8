#include "engine/replay/decision_groups.hpp"

#include <utility>

#include "events/event_codec.hpp"

namespace ibkr::engine {

using events::failure;
using events::Result;

bool begins_group(const events::Event& event, const std::vector<events::Event>& group) {
    return event.decided_from.has_value() || group.empty() || event.causation_id != group.front().event_id;
}

Result<std::optional<DecisionGroups::Ahead>> DecisionGroups::read() {
    Ahead ahead;
    auto read = cursor_.next(ahead.record);
    if (!read) return failure(read.error());
    if (!*read) return std::optional<Ahead>{};
    auto event = events::decode_record(ahead.record);
    if (!event) return failure(event.error());
    ahead.event = std::move(*event);
    return std::optional<Ahead>(std::move(ahead));
}

Result<bool> DecisionGroups::next(DecisionGroup& group) {
    group.events.clear();
    group.records.clear();
    while (!ended_) {
        if (!ahead_) {
            auto found = read();
            if (!found) return failure(found.error());
            ahead_ = std::move(*found);
        }
        ended_ = !ahead_;
        if (ended_ || (!group.events.empty() && begins_group(ahead_->event, group.events))) break;
        group.events.push_back(std::move(ahead_->event));
        group.records.push_back(std::move(ahead_->record));
        ahead_.reset();
    }
    return !group.events.empty();
}

}  // namespace ibkr::engine
