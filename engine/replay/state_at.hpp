#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/replay/replay.hpp"

namespace ibkr::engine {

/// Workflows of each kind shown at most, newest first.
inline constexpr std::uint32_t state_rows_max = 500;

/// Every workflow as it was at the moment a replay stopped, as canonical JSON: {approvals[], broker_session?,
/// kill_switch?, orders[], previews[], sequence_id, workflows_left_off} and what a `HistoryState` has to say.
/// Accounts stand as hashes. `workflows_left_off`: there were more than `rows_max` of a kind.
[[nodiscard]] events::Result<std::string> state_payload(const projections::Queries& state,
                                                        const ReplayReport& report,
                                                        std::uint32_t rows_max = state_rows_max);

/// One workflow as it was: the whole record.
struct WorkflowState {
    std::string kind;  ///< preview | approval | order | gateway
    events::EmbeddedJson record;
};
/// Nothing when no event had opened it.
[[nodiscard]] events::Result<std::optional<WorkflowState>> workflow_state(const projections::Queries& state,
                                                                          const events::WorkflowId& id);

/// One workflow as it was at the moment a replay stopped, as canonical JSON: {kind, record, sequence_id,
/// workflow_id} and what a `HistoryState` has to say. ORDER_VALIDATION_FAILED when no event had opened it by
/// then.
[[nodiscard]] events::Result<std::string> workflow_payload(const projections::Queries& state,
                                                           const ReplayReport& report,
                                                           const events::WorkflowId& id);

/// The report of a replay as canonical JSON.
[[nodiscard]] std::string replay_payload(const ReplayReport& report);

}  // namespace ibkr::engine
