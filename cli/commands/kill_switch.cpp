#include "cli/command_list.hpp"
#include "cli/input.hpp"

namespace ibkr::cli {
namespace {

constexpr std::size_t reason_bytes_max = 500;

template <bool open>
events::Result<engine::Operation> prepare_set(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::KillSwitchSet asked{open, input.text("--reason", reason_bytes_max)};
    if (!input.ok()) return input.error();
    return asked;
}

Option reason_option() {
    return {"--reason", OptionKind::text, "TEXT", "why, at most 500 bytes; recorded", true};
}

}  // namespace

std::vector<Command> kill_switch_commands() {
    return {{.path = "kill-switch status",
             .tool_name = "ibkr_kill_switch_status",
             .summary = "Show the kill switch, who changed it and why",
             .options = {},
             .examples = {"ibkr-agent kill-switch status"},
             .prepare = prepare_plain<engine::operation::KillSwitchStatus>},
            {.path = "kill-switch open",
             .tool_name = "ibkr_kill_switch_open",
             .summary = "Open the kill switch: let live orders through; operators only",
             .options = {reason_option()},
             .examples = {"ibkr-agent kill-switch open --reason 'start of the session'"},
             .prepare = prepare_set<true>},
            {.path = "kill-switch close",
             .tool_name = "ibkr_kill_switch_close",
             .summary = "Close the kill switch: stop live orders; operators only",
             .options = {reason_option()},
             .examples = {"ibkr-agent kill-switch close --reason 'strategy misbehaves'"},
             .prepare = prepare_set<false>}};
}

}  // namespace ibkr::cli
