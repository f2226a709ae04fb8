#pragma once

#include <string>
#include <string_view>

#include "events/describe.hpp"
#include "events/result.hpp"
#include "statemachines/commands.hpp"
#include "statemachines/policy.hpp"

namespace ibkr::statemachines {

// Commands, facts and policies as they stand in the log. Each `parse_` reads what the function before it
// wrote, strictly: unknown, missing or malformed members are ORDER_VALIDATION_FAILED.

/// The command's canonical JSON; beside `command_name(command)` it is the whole command.
[[nodiscard]] events::EmbeddedJson command_json(const Command& command);
[[nodiscard]] events::Result<Command> parse_command(std::string_view name, const events::EmbeddedJson& json);

[[nodiscard]] events::EmbeddedJson facts_json(const Facts& facts);
/// Which facts a command is decided with follows from its name.
[[nodiscard]] events::Result<Facts> parse_facts(std::string_view command_name,
                                                const events::EmbeddedJson& json);

/// Content of `policy_loaded` of the kinds `risk_policy` and `gateway_settings`.
[[nodiscard]] events::EmbeddedJson policy_json(const RiskPolicy& policy);
[[nodiscard]] events::EmbeddedJson policy_json(const GatewaySettings& settings);
[[nodiscard]] events::Result<RiskPolicy> parse_risk_policy(const events::EmbeddedJson& json);
/// Also checks the ranges that policy.hpp names.
[[nodiscard]] events::Result<GatewaySettings> parse_gateway_settings(const events::EmbeddedJson& json);

/// sha256 (lower hex) of a policy's canonical content.
[[nodiscard]] std::string content_hash(const events::EmbeddedJson& content);

}  // namespace ibkr::statemachines
