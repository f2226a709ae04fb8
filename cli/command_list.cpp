#include "cli/command_list.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace ibkr::cli {
namespace {

constexpr auto groups = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"backend", "The broker backend"},
    {"session", "The broker session"},
    {"accounts", "The accounts the broker lists"},
    {"account", "One account"},
    {"portfolio", "What an account holds, summed up"},
    {"positions", "Open positions"},
    {"contracts", "Find what can be traded"},
    {"market", "Quotes and bars"},
    {"orders", "Preview, submit, change and watch orders"},
    {"executions", "Fills"},
    {"approvals", "Permissions to send exactly one previewed order"},
    {"kill-switch", "The durable switch that stops live trading"},
    {"audit", "Read, export and verify the audit log"},
    {"keys", "The chain keys of the audit log"},
    {"incident", "Reviews of incidents"},
    {"engine", "The engine that owns the data directory"},
    {"projections", "The read models folded from the log"},
    {"config", "Configuration files"},
});

}  // namespace

const std::vector<Command>& all_commands() {
    static const std::vector<Command> commands = [] {
        std::vector<Command> all;
        for (auto* const part :
             {health_commands,     session_commands,    account_commands,     contract_commands,
              market_commands,     order_commands,      order_write_commands, live_order_commands,
              execution_commands,  approval_commands,   kill_switch_commands, audit_commands,
              rotate_key_commands, replay_commands,     incident_commands,    machine_commands,
              engine_commands,     projection_commands, config_commands,      completion_commands}) {
            std::vector<Command> commands_of_part = part();
            std::move(commands_of_part.begin(), commands_of_part.end(), std::back_inserter(all));
        }
        return all;
    }();
    return commands;
}

const Command* find_command(std::string_view path) {
    const auto& all = all_commands();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.path == path; });
    return found == all.end() ? nullptr : &*found;
}

const std::vector<Option>& global_options() {
    static const std::vector<Option> options = {
        {"--config", OptionKind::path, "FILE", "configuration file; without it the offline profile runs"},
        {"--json", OptionKind::flag, "", "print the bare payload as JSON"},
        {"--request-id", OptionKind::text, "ID", "id recorded with every event of this call"},
        {"--data-dir", OptionKind::path, "DIR", "data directory to use instead of the configured one"},
        {"--read-only", OptionKind::flag, "", "with --data-dir: inspect a copy and leave no event"},
        {"--operator-secret-file", OptionKind::path, "FILE",
         "file with the operator secret ('-' asks for it)"},
        {"--no-color", OptionKind::flag, "", "no colour, as with NO_COLOR"},
    };
    return options;
}

std::string_view group_summary(std::string_view group) {
    for (const auto& [name, summary] : groups)
        if (name == group) return summary;
    return {};
}

}  // namespace ibkr::cli
