#pragma once

#include <string>

#include "cli/command.hpp"
#include "engine/replay/replay.hpp"

namespace ibkr::cli {

// The parts of `replay_commands`.
[[nodiscard]] Command replay_why_command();
[[nodiscard]] Command replay_timeline_command();
[[nodiscard]] Command replay_diff_command();
[[nodiscard]] Command replay_record_command();

/// Exit 0, or REPLAY_DIVERGED with exit 2 when a replay found any difference (interfaces, "CLI and wire").
[[nodiscard]] int replay_exit(App& app, const engine::ReplayReport& found);

}  // namespace ibkr::cli
