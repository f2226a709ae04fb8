#pragma once

#include <optional>
#include <vector>

#include "events/event.hpp"
#include "events/log/log.hpp"

namespace ibkr::engine {

/// Whether `event` is the first of a decision, or of what nobody decided, when `group` holds the events
/// before it that belong together. The later events of a decision are caused by its first; what happened to
/// the log itself was not decided.
[[nodiscard]] bool begins_group(const events::Event& event, const std::vector<events::Event>& group);

/// Events that belong together, with the records they stand in.
struct DecisionGroup {
    std::vector<events::Event> events;    ///< at least one
    std::vector<events::Record> records;  ///< of the same length
};

/// A history in decisions instead of events.
class DecisionGroups {
public:
    /// `cursor` gives the records in log order and outlives this.
    explicit DecisionGroups(events::LogCursor& cursor) : cursor_(cursor) {}

    /// The next group, or false at the end. Errors: those of the cursor and of decoding.
    [[nodiscard]] events::Result<bool> next(DecisionGroup& group);

private:
    struct Ahead {
        events::Event event;
        events::Record record;
    };
    [[nodiscard]] events::Result<std::optional<Ahead>> read();

    events::LogCursor& cursor_;
    std::optional<Ahead> ahead_;  ///< read already: the first of the next group
    bool ended_ = false;
};

}  // namespace ibkr::engine
