#pragma once

#include <vector>

#include "cli/command.hpp"

namespace ibkr::cli {

// The commands of each group, one file per group in cli/commands.
[[nodiscard]] std::vector<Command> health_commands();
[[nodiscard]] std::vector<Command> session_commands();
[[nodiscard]] std::vector<Command> account_commands();
[[nodiscard]] std::vector<Command> contract_commands();
[[nodiscard]] std::vector<Command> market_commands();
[[nodiscard]] std::vector<Command> order_commands();
[[nodiscard]] std::vector<Command> order_write_commands();
[[nodiscard]] std::vector<Command> live_order_commands();
[[nodiscard]] std::vector<Command> execution_commands();
[[nodiscard]] std::vector<Command> approval_commands();
[[nodiscard]] std::vector<Command> kill_switch_commands();
[[nodiscard]] std::vector<Command> audit_commands();
[[nodiscard]] std::vector<Command> rotate_key_commands();
[[nodiscard]] std::vector<Command> engine_commands();
[[nodiscard]] std::vector<Command> replay_commands();
[[nodiscard]] std::vector<Command> incident_commands();
[[nodiscard]] std::vector<Command> machine_commands();
[[nodiscard]] std::vector<Command> projection_commands();
[[nodiscard]] std::vector<Command> config_commands();
[[nodiscard]] std::vector<Command> completion_commands();

}  // namespace ibkr::cli
