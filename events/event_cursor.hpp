#pragma once

#include <concepts>
#include <memory>

#include "events/event.hpp"
#include "events/event_codec.hpp"
#include "events/log/log.hpp"
#include "events/result.hpp"

namespace ibkr::events {

/// A log's records as events. One thread; must not outlive its log.
class EventCursor {
public:
    /// From `from` on to the head of this moment, as `LogReader::read`.
    [[nodiscard]] static Result<EventCursor> read(const LogReader& log, SequenceId from);
    /// `from` and back, newest first, as `LogReader::read_back`.
    [[nodiscard]] static Result<EventCursor> read_back(const LogReader& log, SequenceId from);

    /// Fills `event` and says true; false at the end. Errors: those of the cursor and of decoding.
    [[nodiscard]] Result<bool> next(Event& event) {
        return next(event, [](const Record&) { return true; });
    }
    /// The next event whose record is `wanted`; the others are not decoded.
    template <std::predicate<const Record&> Wanted>
    [[nodiscard]] Result<bool> next(Event& event, const Wanted& wanted) {
        do {
            auto more = records_->next(record_);
            if (!more || !*more) return more;
        } while (!wanted(record_));
        return decode(event);
    }
    /// That of the event given last.
    [[nodiscard]] const Record& record() const { return record_; }

private:
    explicit EventCursor(std::unique_ptr<LogCursor> records) : records_(std::move(records)) {}
    [[nodiscard]] Result<bool> decode(Event& event) const;

    std::unique_ptr<LogCursor> records_;
    Record record_;
};

}  // namespace ibkr::events
