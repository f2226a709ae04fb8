#include "events/event_cursor.hpp"

#include <utility>

namespace ibkr::events {

Result<EventCursor> EventCursor::read(const LogReader& log, SequenceId from) {
    auto records = log.read(from);
    if (!records) return failure(records.error());
    return EventCursor(std::move(*records));
}

Result<EventCursor> EventCursor::read_back(const LogReader& log, SequenceId from) {
    auto records = log.read_back(from);
    if (!records) return failure(records.error());
    return EventCursor(std::move(*records));
}

Result<bool> EventCursor::decode(Event& event) const {
    auto decoded = decode_record(record_);
    if (!decoded) return failure(decoded.error());
    event = std::move(*decoded);
    return true;
}

}  // namespace ibkr::events
