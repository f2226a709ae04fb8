#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "engine/replay/record/incident_scope.hpp"

namespace ibkr::engine {

/// Orders that are open, or filled since the broker's position was last recorded, at most.
inline constexpr std::size_t carried_orders_max = 100'000;

/// What the incident's accounts had when the window began and what its decisions rest on: orders that were
/// open or filled since the position was recorded, workflows that go on in the window or are named there, and
/// the newest position of each contract. Those events are folded in the fixture and not decided again, so
/// that their own past need not be in it.
struct CarriedState {
    std::set<std::string> workflows;
    std::set<events::SequenceId> positions;  ///< events of type position_recorded

    [[nodiscard]] bool holds(const events::Event& event) const {
        return workflows.contains(event.workflow_id.text()) || positions.contains(event.sequence_id);
    }
};

/// One walk up to the window; memory grows with what was open at one time. Errors: INPUT_INVALID_TIME_RANGE
/// beyond `carried_orders_max`, and the log's.
[[nodiscard]] events::Result<CarriedState> carried_state(const events::LogReader& log,
                                                         const IncidentScope& scope);

}  // namespace ibkr::engine
