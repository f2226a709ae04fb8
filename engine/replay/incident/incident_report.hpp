#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/replay/event_line.hpp"
#include "engine/replay/replay.hpp"
#include "events/log/log.hpp"

namespace ibkr::engine {

/// Events one report holds at most; later ones are counted.
inline constexpr std::size_t incident_events_max = 1'000;

/// Entries one of its lists of ids, keys and codes holds at most; further ones are counted.
inline constexpr std::size_t incident_list_max = 200;

/// Texts in the order met, each once.
class IncidentList {
public:
    /// An empty text is none.
    void add(const std::string& text);
    [[nodiscard]] const std::vector<std::string>& texts() const noexcept { return texts_; }
    [[nodiscard]] std::uint64_t left_off() const noexcept { return left_off_; }

    /// As two members of what holds it.
    template <class V, class S>
    static constexpr void describe(V& v, S& self, const char* name, const char* name_left_off) {
        v(name, self.texts_);
        v(name_left_off, self.left_off_);
    }

private:
    std::vector<std::string> texts_;
    std::set<std::string> seen_;
    std::uint64_t left_off_ = 0;
};

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
    IncidentList tools;
    std::vector<EventLine> events;
    std::uint64_t events_left_off = 0;
    IncidentList request_ids;
    IncidentList account_id_hashes;
    IncidentList approval_ids;
    IncidentList idempotency_keys;
    IncidentList error_codes;        ///< of the envelopes and of the reasons of refusals
    std::string kill_switch_before;  ///< before the first event
    std::string kill_switch_after;   ///< after the last event
    std::string fixture;             ///< path as given; empty: none
    std::vector<IncidentDecision> decisions;
    std::uint64_t decisions_left_off = 0;
    std::uint64_t difference_count = 0;  ///< in the whole history
    std::vector<ReplayDifference> differences;
    HistoryState history;
    std::string root_cause;  ///< the reviewer's; empty: to be written
    std::string follow_ups;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        IncidentList::describe(v, self.account_id_hashes, "account_id_hashes", "account_id_hashes_left_off");
        IncidentList::describe(v, self.approval_ids, "approval_ids", "approval_ids_left_off");
        v("decisions", self.decisions);
        v("decisions_left_off", self.decisions_left_off);
        v("difference_count", self.difference_count);
        v("differences", self.differences);
        IncidentList::describe(v, self.error_codes, "error_codes", "error_codes_left_off");
        v("events", self.events);
        v("events_left_off", self.events_left_off);
        v("fixture", events::omit_empty(self.fixture));
        v("follow_ups", self.follow_ups);
        v("from", self.from);
        IncidentList::describe(v, self.idempotency_keys, "idempotency_keys", "idempotency_keys_left_off");
        v("incident_id", self.incident_id);
        v("kill_switch_after", self.kill_switch_after);
        v("kill_switch_before", self.kill_switch_before);
        IncidentList::describe(v, self.request_ids, "request_ids", "request_ids_left_off");
        v("root_cause", self.root_cause);
        v("to", self.to);
        HistoryState::describe(v, self.history);
        IncidentList::describe(v, self.tools, "tools", "tools_left_off");
    }
};

/// The incident of one workflow, or of all that a history holds but its policies; replays the history.
/// `expected`: a fixture's expected.json, in place of what the record says. Errors: ORDER_VALIDATION_FAILED
/// when the history has no such event, and the log's.
[[nodiscard]] events::Result<IncidentReport> incident_report(
    const events::LogReader& log, const std::optional<events::WorkflowId>& workflow,
    const std::optional<std::vector<ReplayedDecision>>& expected);

/// As canonical JSON.
[[nodiscard]] std::string incident_payload(const IncidentReport& report);

}  // namespace ibkr::engine
