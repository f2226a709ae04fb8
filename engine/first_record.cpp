#include "engine/first_record.hpp"

#include <cassert>

#include "events/catalogue.hpp"
#include "events/event_codec.hpp"

namespace ibkr::engine {

events::PendingRecord log_created_record(const events::LogIdentity& identity, Clock& clock, IdSource& ids,
                                         const std::string& product_version) {
    events::Event event;
    event.sequence_id = events::SequenceId(1);
    event.timestamp = clock.now();
    event.event_id = events::EventId(ids.next_uuid(event.timestamp));
    event.actor.user_id = "engine";
    event.body = events::LogCreated{identity.log_id_hex(), events::log_format_version, identity.key_id_hex(),
                                    product_version};
    auto bytes = events::encode_event(event);
    assert(bytes && "a log_created event is far below the size limit");
    return {events::descriptor(event.body).number, std::move(*bytes)};
}

}  // namespace ibkr::engine
