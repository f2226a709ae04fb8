#include "cli/command_list.hpp"

namespace ibkr::cli {
std::vector<Command> session_commands() {
    return {{.path = "backend status",
             .tool_name = "ibkr_backend_status",
             .summary = "Show the broker backend and its session",
             .options = {},
             .examples = {"ibkr-agent backend status"},
             .prepare = prepare_plain<engine::operation::BackendStatus>},
            {.path = "session requirements",
             .tool_name = "ibkr_session_requirements",
             .summary = "Show what the broker session still needs from you",
             .options = {},
             .examples = {"ibkr-agent session requirements"},
             .prepare = prepare_plain<engine::operation::BackendStatus>}};
}

}  // namespace ibkr::cli
