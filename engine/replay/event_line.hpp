#pragma once

#include <string>

#include "events/event.hpp"
#include "events/log/log.hpp"
#include "events/log/record.hpp"

namespace ibkr::engine {

/// One event as an incident reviewer reads it.
struct EventLine {
    events::SequenceId sequence_id;
    events::Timestamp timestamp;
    events::EventId event_id;
    std::string event_type;
    events::WorkflowId workflow_id;
    std::string user_id;
    std::string tool_name;
    std::string decision;
    std::string error_code;
    std::string words;  ///< what happened, in one line

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("decision", self.decision);
        v("error_code", events::omit_empty(self.error_code));
        v("event_id", self.event_id);
        v("event_type", self.event_type);
        v("sequence_id", self.sequence_id);
        v("timestamp", self.timestamp);
        v("tool_name", events::omit_empty(self.tool_name));
        v("user_id", self.user_id);
        v("words", self.words);
        v("workflow_id", self.workflow_id);
    }
};

[[nodiscard]] EventLine line_of(const events::Event& event);

/// Events that a resumption attests as lost. What they said of a workflow is in no walk over the history.
[[nodiscard]] std::uint64_t events_lost(const events::LogReader& log);

/// Whether a record's bytes hold `id` as a whole JSON text, so that a walk decodes only what can matter;
/// which member it stands in, the decoded event tells (mentions.hpp). Precondition: `id` has the form of an
/// id.
[[nodiscard]] bool names(const events::Record& record, std::string_view id);

/// Whether the broker said it: an answer, a report of its book, a fill, a position, its session. Everything
/// else is ours: what was asked, decided, sent, or concluded by the gateway or an operator, such as that no
/// answer came.
[[nodiscard]] bool is_from_broker(const events::Event& event);

}  // namespace ibkr::engine
