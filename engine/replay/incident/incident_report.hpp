#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/replay/event_line.hpp"
#include "engine/replay/replay.hpp"
#include "events/log/log.hpp"

namespace ibkr::engine {

/// Events one report holds at most; later ones are counted.
inline constexpr std::size_t incident_events_max = 1'000;

/// One decision of an incident: what was expected of it and what deciding again gives, such as
/// "refuse: tool_refused APPROVAL_CONSUMED".
struct IncidentDecision {
    events::SequenceId sequence_id;
    events::SequenceId last;  ///< of the decision's events; not printed
    std::string expected;
    std::string actual;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("actual", self.actual);
        v("expected", self.expected);
        v("sequence_id", self.sequence_id);
    }
};

/// What a reviewer of an incident begins with. Lists hold each entry once, in the order met.
struct IncidentReport {
    std::string incident_id;
    events::Timestamp from;
    events::Timestamp to;
    std::vector<std::string> tools;
    std::vector<EventLine> events;
    std::uint64_t events_left_off = 0;
    std::vector<std::string> request_ids;
    std::vector<std::string> account_id_hashes;
    std::vector<std::string> approval_ids;
    std::vector<std::string> idempotency_keys;
    std::vector<std::string> error_codes;  ///< of the envelopes and of the reasons of refusals
    std::string kill_switch_before;        ///< before the first event
    std::string kill_switch_after;         ///< after the last event
    std::string fixture;                   ///< path as given; empty: none
    std::vector<IncidentDecision> decisions;
    std::uint64_t decisions_left_off = 0;
    std::uint64_t difference_count = 0;  ///< in the whole history
    std::vector<ReplayDifference> differences;
    std::string root_cause;  ///< the reviewer's; empty: to be written
    std::string follow_ups;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account_id_hashes", self.account_id_hashes);
        v("approval_ids", self.approval_ids);
        v("decisions", self.decisions);
        v("decisions_left_off", self.decisions_left_off);
        v("difference_count", self.difference_count);
        v("differences", self.differences);
        v("error_codes", self.error_codes);
        v("events", self.events);
        v("events_left_off", self.events_left_off);
        v("fixture", events::omit_empty(self.fixture));
        v("follow_ups", self.follow_ups);
        v("from", self.from);
        v("idempotency_keys", self.idempotency_keys);
        v("incident_id", self.incident_id);
        v("kill_switch_after", self.kill_switch_after);
        v("kill_switch_before", self.kill_switch_before);
        v("request_ids", self.request_ids);
        v("root_cause", self.root_cause);
        v("to", self.to);
        v("tools", self.tools);
    }
};

/// The incident of one workflow, or of all that a history holds but its policies; replays the history.
/// `expected`: a fixture's expected.json, in place of what the record says. Errors: INPUT_INVALID_TIME_RANGE
/// when the history has no such event, and the log's.
[[nodiscard]] events::Result<IncidentReport> incident_report(
    const events::LogReader& log, const std::optional<events::WorkflowId>& workflow,
    const std::optional<std::vector<ReplayedDecision>>& expected);

/// As canonical JSON.
[[nodiscard]] std::string incident_payload(const IncidentReport& report);

}  // namespace ibkr::engine
