#include "engine/replay/why.hpp"

#include <algorithm>
#include <utility>

#include "engine/replay/why_links.hpp"
#include "events/event_codec.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::engine {
namespace {

using events::Event;
using events::failure;
using events::LogCursor;
using events::Record;
using events::Result;

WhyStep step_of(const Event& event, std::string role) {
    return {line_of(event), std::move(role), event.decided_from};
}

tl::unexpected<events::Error> no_such_event() {
    return failure(events::ErrorCode::input_invalid_time_range, "the history has no such event",
                   "Give a sequence number or an event id that 'ibkr-agent audit tail' or an export shows.");
}

/// Walks back to the event that is asked about.
Result<Event> find(LogCursor& newest_first, const EventName& name) {
    Record record;
    for (;;) {
        auto read = newest_first.next(record);
        if (!read) return failure(read.error());
        if (!*read || (name.sequence && record.sequence < *name.sequence)) return no_such_event();
        if (!name.sequence && !names(record, name.id.text())) continue;
        auto event = events::decode_record(record);
        if (!event) return failure(event.error());
        if (name.sequence ? event->sequence_id == *name.sequence : event->event_id == name.id) return event;
    }
}

}  // namespace

Result<Why> why(const events::LogReader& log, const EventName& name) {
    const events::SequenceId head = log.head().sequence;
    if (name.sequence ? *name.sequence > head : name.id.empty()) return no_such_event();
    auto cursor = log.read_back(name.sequence.value_or(head));
    if (!cursor) return failure(cursor.error());
    auto asked = find(**cursor, name);
    if (!asked) return failure(asked.error());
    Why found;
    found.sequence_id = asked->sequence_id;
    found.event_id = asked->event_id;
    found.chain.push_back(step_of(*asked, "event"));
    WhyLinks links;
    links.follow(*asked);
    Record record;
    while (!links.empty()) {
        auto read = (*cursor)->next(record);
        if (!read) return failure(read.error());
        if (!*read) break;
        if (!links.may_meet(record)) continue;
        auto event = events::decode_record(record);
        if (!event) return failure(event.error());
        auto role = links.meet(*event);
        if (!role) continue;
        if (found.chain.size() == why_steps_max) {
            found.older_left_off = true;
            break;
        }
        found.chain.push_back(step_of(*event, std::move(*role)));
        links.follow(*event);
    }
    std::ranges::reverse(found.chain);
    return found;
}

std::string why_payload(const Why& why) {
    return events::to_canonical_json(why);
}

}  // namespace ibkr::engine
