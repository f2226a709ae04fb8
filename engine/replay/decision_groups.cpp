#include "engine/replay/decision_groups.hpp"

namespace ibkr::engine {

using events::failure;
using events::Result;

bool begins_group(const events::Event& event, const std::vector<events::Event>& group) {
    return event.decided_from.has_value() || group.empty() || event.causation_id != group.front().event_id;
}

Result<DecisionGroups> DecisionGroups::read(const events::LogReader& log) {
    auto history = events::EventCursor::read(log, events::SequenceId(1));
    if (!history) return failure(history.error());
    return DecisionGroups(std::move(*history));
}

Result<bool> DecisionGroups::next(DecisionGroup& group) {
    group.events.clear();
    group.records.clear();
    group.whole = true;
    while (!ended_) {
        if (!has_ahead_) {
            auto more = history_.next(ahead_);
            if (!more) return failure(more.error());
            has_ahead_ = *more;
        }
        ended_ = !has_ahead_;
        if (!ended_ && !group.events.empty() && ahead_.sequence_id > group.events.back().sequence_id.next())
            group.whole = false;
        if (!group.whole) break;
        if (ended_ || (!group.events.empty() && begins_group(ahead_, group.events))) break;
        group.events.push_back(std::move(ahead_));
        group.records.push_back(history_.record());
        has_ahead_ = false;
    }
    return !group.events.empty();
}

}  // namespace ibkr::engine
