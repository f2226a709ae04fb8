#include "cli/command_list.hpp"
#include "engine/gateway/gateway.hpp"

namespace ibkr::cli {
namespace {

events::Result<Call> prepare_health(const Arguments&) {
    return Call(
        [](engine::Gateway& gateway, const engine::CallContext& context) { return gateway.health(context); });
}

}  // namespace

std::vector<Command> health_commands() {
    return {{.path = "health",
             .tool_name = "ibkr_health",
             .summary = "Show whether the gateway works, its version and the log's head",
             .options = {},
             .examples = {"ibkr-agent health", "ibkr-agent health --json"},
             .prepare = prepare_health}};
}

}  // namespace ibkr::cli
