#pragma once

#include "cli/command_list.hpp"

namespace ibkr::cli {

// The commands of the group `engine`, a file each.
[[nodiscard]] Command engine_run_command();
[[nodiscard]] Command engine_status_command();
[[nodiscard]] Command engine_resume_command();

}  // namespace ibkr::cli
