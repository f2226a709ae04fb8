#pragma once

#include <utility>
#include <vector>

#include "events/event_cursor.hpp"

namespace ibkr::engine {

/// Whether `event` is the first of a decision, or of what nobody decided, when `group` holds the events
/// before it that belong together. The later events of a decision are caused by its first; what happened to
/// the log itself was not decided.
[[nodiscard]] bool begins_group(const events::Event& event, const std::vector<events::Event>& group);

/// Events that belong together, with the records they stand in.
struct DecisionGroup {
    std::vector<events::Event> events;    ///< at least one
    std::vector<events::Record> records;  ///< of the same length
    bool whole = true;                    ///< false when an attested gap follows, which may hold further ones
};

/// A history in decisions instead of events. What comes after an attested gap begins a group of its own.
class DecisionGroups {
public:
    /// The whole of `log`, up to its head of this moment; `log` outlives this.
    [[nodiscard]] static events::Result<DecisionGroups> read(const events::LogReader& log);

    /// The next group, or false at the end. Errors: those of the cursor and of decoding.
    [[nodiscard]] events::Result<bool> next(DecisionGroup& group);

private:
    explicit DecisionGroups(events::EventCursor history) : history_(std::move(history)) {}

    events::EventCursor history_;
    events::Event ahead_;  ///< when `has_ahead_`: read already, the first of the next group
    bool has_ahead_ = false;
    bool ended_ = false;
};

}  // namespace ibkr::engine
