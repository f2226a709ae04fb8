#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/replay/event_line.hpp"
#include "events/log/log.hpp"

namespace ibkr::engine {

/// Events of one chain at most; the oldest beyond it are left off.
inline constexpr std::size_t why_steps_max = 200;

/// One event of the chain, and what its decision was made from when it carries that.
struct WhyStep {
    EventLine line;
    /// event (the one asked about) | decision (its decision's first event) | risk check | policy | preview |
    /// approval | order | intent | key (the intent that bound the key)
    std::string role;
    std::optional<events::DecisionInput> decided_from;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        EventLine::describe(v, self.line);
        v("decided_from", self.decided_from);
        v("role", self.role);
    }
};

struct Why {
    events::SequenceId sequence_id;
    events::EventId event_id;
    std::vector<WhyStep> chain;  ///< oldest first
    bool older_left_off = false;
    std::uint64_t events_lost = 0;  ///< of the whole history
    std::string held;               ///< why the log is held and may be short; set by who opened it

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("chain", self.chain);
        v("event_id", self.event_id);
        v("events_lost", events::omit_empty(self.events_lost));
        v("held", events::omit_empty(self.held));
        v("older_left_off", self.older_left_off);
        v("sequence_id", self.sequence_id);
    }
};

/// The event that is asked about: by its number, or by its id.
struct EventName {
    std::optional<events::SequenceId> sequence;
    events::EventId id;
};

/// Why an event came to be: its decision's first event, what that rests on (the policies in force, the
/// approval, the preview, the order and its intent), and what those rest on, back to the root. One walk from
/// the event backwards; memory grows with the chain, not with the log. Errors: ORDER_VALIDATION_FAILED when
/// the history has no such event, and the log's.
[[nodiscard]] events::Result<Why> why(const events::LogReader& log, const EventName& name);

/// As canonical JSON.
[[nodiscard]] std::string why_payload(const Why& why);

}  // namespace ibkr::engine
