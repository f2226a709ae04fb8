#include "statemachines/commands.hpp"

#include <array>
#include <cassert>

namespace ibkr::statemachines {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<Command>> command_names{
    "preview_order",   "create_approval", "grant_approval",     "deny_approval",
    "revoke_approval", "submit_order",    "cancel_order",       "modify_order",
    "record_outcome",  "report_order",    "record_found_order", "expire_workflow",
    "set_kill_switch", "observe_session", "load_policy",        "record_call"};

}  // namespace

std::string_view command_name(const Command& command) noexcept {
    assert(command.index() < command_names.size());
    return command_names[command.index()];
}

}  // namespace ibkr::statemachines
