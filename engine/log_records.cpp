#include "engine/log_records.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "events/catalogue.hpp"
#include "events/event_codec.hpp"

namespace ibkr::engine {

events::RecordMaker log_record_maker(Clock& clock, IdSource& ids, std::string actor) {
    return [&clock, &ids, actor = std::move(actor)](events::SequenceId at, events::Body body,
                                                    events::Timestamp not_before) {
        events::Event event;
        event.sequence_id = at;
        event.timestamp = std::max(clock.now(), not_before);
        event.event_id = events::EventId(ids.next_uuid(event.timestamp));
        event.actor.user_id = actor;
        event.body = std::move(body);
        auto bytes = events::encode_event(event);
        // A resumption lists at most `resumption_gaps_max` gaps, far below the size of a record.
        assert(bytes && "an event of the log itself is below the size limit");
        return events::PendingRecord{events::descriptor(event.body).number, std::move(*bytes)};
    };
}

}  // namespace ibkr::engine
