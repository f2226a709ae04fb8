#include "engine/replay/why.hpp"

#include <algorithm>
#include <utility>

#include "engine/replay/why_links.hpp"
#include "events/event_cursor.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::engine {
namespace {

using events::Event;
using events::EventCursor;
using events::failure;
using events::Record;
using events::Result;

WhyStep step_of(const Event& event, std::string role) {
    return {line_of(event), std::move(role), event.decided_from};
}

tl::unexpected<events::Error> no_such_event(const events::LogReader& log) {
    return failure(
        events::ErrorCode::order_validation_failed,
        "the history has no such event; it ends at event " + std::to_string(log.head().sequence.value()),
        "Give a sequence number up to that and outside a loss, or the id of an event of it.");
}

/// Walks back to the event that is asked about.
Result<std::optional<Event>> find(EventCursor& newest_first, const EventName& name) {
    const auto may_be_it = [&](const Record& record) {
        return name.sequence ? record.sequence <= *name.sequence : names(record, name.id.text());
    };
    Event event;
    for (;;) {
        auto more = newest_first.next(event, may_be_it);
        if (!more) return failure(more.error());
        if (!*more || (name.sequence && event.sequence_id < *name.sequence)) return std::optional<Event>{};
        if (name.sequence || event.event_id == name.id) return std::optional(std::move(event));
    }
}

}  // namespace

Result<Why> why(const events::LogReader& log, const EventName& name) {
    const events::SequenceId head = log.head().sequence;
    if (name.sequence ? *name.sequence > head : name.id.empty()) return no_such_event(log);
    auto newest_first = EventCursor::read_back(log, name.sequence.value_or(head));
    if (!newest_first) return failure(newest_first.error());
    auto met = find(*newest_first, name);
    if (!met) return failure(met.error());
    if (!*met) return no_such_event(log);
    const Event& asked = **met;
    Why found;
    found.sequence_id = asked.sequence_id;
    found.event_id = asked.event_id;
    found.chain.push_back(step_of(asked, "event"));
    WhyLinks links;
    links.follow(asked);
    Event event;
    while (!links.empty()) {
        auto more = newest_first->next(event, [&](const Record& record) { return links.may_meet(record); });
        if (!more) return failure(more.error());
        if (!*more) break;
        auto role = links.meet(event);
        if (!role) continue;
        if (found.chain.size() == why_steps_max) {
            found.older_left_off = true;
            break;
        }
        found.chain.push_back(step_of(event, std::move(*role)));
        links.follow(event);
    }
    std::ranges::reverse(found.chain);
    found.events_lost = events_lost(log);
    return found;
}

std::string why_payload(const Why& why) {
    return events::to_canonical_json(why);
}

}  // namespace ibkr::engine
