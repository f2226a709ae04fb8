#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/replay/event_line.hpp"
#include "engine/replay/mentions.hpp"
#include "events/log/log.hpp"

namespace ibkr::engine {

inline constexpr std::size_t timeline_rows_max = 1'000;    ///< later events are counted only
inline constexpr std::size_t timeline_workflows_max = 64;  ///< that belong together; further ones stay out
inline constexpr std::size_t timeline_passes_max = 8;      ///< walks through the history

struct TimelineRow {
    EventLine line;
    std::int64_t since_ms = 0;  ///< since the first row
    std::string from;           ///< ours | broker

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        EventLine::describe(v, self.line);
        v("from", self.from);
        v("since_ms", self.since_ms);
    }
};

struct Timeline {
    events::WorkflowId workflow_id;  ///< that was asked about
    Subject subject;                 ///< what was found to belong to it
    std::vector<events::WorkflowId>
        workflows;                      ///< of `subject`: the order, its previews and approvals, by id
    std::vector<TimelineRow> events;    ///< in log order
    std::uint64_t events_left_off = 0;  ///< beyond `timeline_rows_max`
    std::uint64_t events_lost = 0;      ///< of the whole history
    bool workflows_left_off = false;    ///< a limit on workflows or walks was reached
    std::string held;                   ///< why the log is held and may be short; set by who opened it

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("events", self.events);
        v("events_left_off", self.events_left_off);
        v("events_lost", events::omit_empty(self.events_lost));
        v("held", events::omit_empty(self.held));
        v("workflow_id", self.workflow_id);
        v("workflows", self.workflows);
        v("workflows_left_off", self.workflows_left_off);
    }
};

/// Every event that concerns a preview, an approval or an order, with those that belong to it: the order, its
/// approvals and their previews. An event concerns a workflow when it names it or a key that it has bound
/// (mentions.hpp), calls that were refused included. Walks the history until no further workflow is found,
/// three times as a rule; memory grows with what is shown. Errors: ORDER_VALIDATION_FAILED when no event
/// names `workflow`, and the log's.
[[nodiscard]] events::Result<Timeline> timeline(const events::LogReader& log,
                                                const events::WorkflowId& workflow);

/// As canonical JSON.
[[nodiscard]] std::string timeline_payload(const Timeline& timeline);

}  // namespace ibkr::engine
