#include "cli/command_list.hpp"

namespace ibkr::cli {
std::vector<Command> health_commands() {
    return {{.path = "health",
             .tool_name = "ibkr_health",
             .summary = "Show whether the gateway works, its version and the log's head",
             .options = {},
             .examples = {"ibkr-agent health", "ibkr-agent health --json"},
             .prepare = prepare_plain<engine::operation::Health>}};
}

}  // namespace ibkr::cli
