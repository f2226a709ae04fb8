#pragma once

#include <string>

#include "engine/replay/replay.hpp"

namespace ibkr::engine {

/// Workflows of each kind shown at most, newest first.
inline constexpr std::uint32_t state_rows_max = 500;

/// Every workflow as it was at the moment a replay stopped, as canonical JSON: {approvals[], broker_session?,
/// kill_switch?, orders[], previews[], sequence_id}. Accounts stand as hashes.
[[nodiscard]] events::Result<std::string> state_payload(const projections::Queries& state,
                                                        const ReplayReport& report);

/// The report of a replay as canonical JSON.
[[nodiscard]] std::string replay_payload(const ReplayReport& report);

}  // namespace ibkr::engine
