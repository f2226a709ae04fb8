#include "cli/command_list.hpp"
#include "engine/gateway/gateway.hpp"

namespace ibkr::cli {
namespace {

events::Result<Call> prepare_session(const Arguments&) {
    return Call([](engine::Gateway& gateway, const engine::CallContext& context) {
        return gateway.backend_status(context);
    });
}

}  // namespace

std::vector<Command> session_commands() {
    return {{.path = "backend status",
             .tool_name = "ibkr_backend_status",
             .summary = "Show the broker backend and its session",
             .options = {},
             .examples = {"ibkr-agent backend status"},
             .prepare = prepare_session},
            {.path = "session requirements",
             .tool_name = "ibkr_session_requirements",
             .summary = "Show what the broker session still needs from you",
             .options = {},
             .examples = {"ibkr-agent session requirements"},
             .prepare = prepare_session}};
}

}  // namespace ibkr::cli
