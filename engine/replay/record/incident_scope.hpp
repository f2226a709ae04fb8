#pragma once

#include <set>
#include <string>

#include "events/event.hpp"
#include "events/log/log.hpp"

namespace ibkr::engine {

/// What belongs to an incident, and the part of the history in which its decisions can be made again.
///
/// The window begins with the day that the incident's decisions count orders in, and ends with the incident's
/// last event. Within it everything that the same accounts did is kept and decided again, because counters,
/// exposure and positions of one order come from all of them. What they had open before it is carried in
/// (carried_state.hpp).
struct IncidentScope {
    std::set<events::WorkflowId> workflows;  ///< the order with its previews and approvals
    std::set<events::AccountHash> accounts;  ///< none for the kill switch and the broker session
    std::set<std::string> keys;              ///< idempotency keys of the incident
    events::SequenceId first;                ///< of the window; the first event of a decision
    events::SequenceId last;

    std::set<std::string> touched;    ///< every workflow with an event in the window
    std::set<std::string> mentioned;  ///< ids and keys that the window's commands name
};

/// Walks of the history that find the beginning of the window, at most.
inline constexpr std::size_t window_walks_max = 8;

/// Errors: ORDER_VALIDATION_FAILED when no event names `workflow`; INPUT_INVALID_TIME_RANGE when more
/// workflows belong to it than a timeline holds, or when the window cannot be found in `window_walks_max`
/// walks, and the log's.
[[nodiscard]] events::Result<IncidentScope> incident_scope(const events::LogReader& log,
                                                           const events::WorkflowId& workflow);

/// Whether a decision of the window is part of the fixture: it changed a policy, the kill switch or a
/// workflow or position of the incident's accounts, or names the incident. Reads and refusals that concern
/// something else are not.
struct DecisionGroup;
[[nodiscard]] bool belongs_to(const IncidentScope& scope, const DecisionGroup& group);

}  // namespace ibkr::engine
