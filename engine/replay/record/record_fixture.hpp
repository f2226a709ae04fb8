#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/replay/replay.hpp"
#include "events/log/log.hpp"

namespace ibkr::engine {

/// Events of a recorded fixture at most.
inline constexpr std::size_t fixture_events_max = 20'000;

/// A fixture made of a real history: the content of its files, and what went into it.
struct RecordedFixture {
    events::WorkflowId workflow_id;             ///< that was asked about
    std::vector<events::WorkflowId> workflows;  ///< of the incident
    events::SequenceId from;                    ///< in the history: the window's first event
    events::SequenceId to;                      ///< in the history: the incident's last event
    std::uint64_t events = 0;
    std::uint64_t events_carried = 0;  ///< from before the window: folded, not decided again
    std::string held;     ///< why the log is held and may lack the end of it; set by who opened it
    ReplayReport report;  ///< of replaying the fixture; no difference
    std::string events_jsonl;
    std::string expected_json;
    std::string incident_json;
    std::string readme;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("decisions_of_other_versions", self.report.decisions_of_other_versions);
        v("decisions_replayed", self.report.decisions_replayed);
        v("events", self.events);
        v("events_carried", self.events_carried);
        v("from", self.from);
        v("held", events::omit_empty(self.held));
        v("to", self.to);
        v("workflow_id", self.workflow_id);
        v("workflows", self.workflows);
    }
};

/// Makes a fixture of one workflow's incident: what it is, what its decisions rest on (incident_scope.hpp,
/// carried_state.hpp), renumbered from 1, redacted (fixture_redaction.hpp) and MACed anew under the published
/// key. It keeps the log id, because client order ids are made of it. Replays it before it is given. Errors:
/// those of `incident_scope` and `carried_state`; INPUT_INVALID_TIME_RANGE beyond `fixture_events_max`;
/// REPLAY_DIVERGED when a decision of it does not come out as recorded; OUTPUT_UNSAFE.
[[nodiscard]] events::Result<RecordedFixture> record_fixture(const events::LogReader& log,
                                                             const events::WorkflowId& workflow,
                                                             const std::vector<std::string>& exact_values);

/// What was recorded, as canonical JSON without the files.
[[nodiscard]] std::string recorded_payload(const RecordedFixture& fixture);

}  // namespace ibkr::engine
