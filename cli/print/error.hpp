#pragma once

#include <string>

#include "cli/print/table.hpp"
#include "engine/call.hpp"

namespace ibkr::cli {

/// The error object of gateway contract section 1 as canonical JSON: code, message, retryable, user_action
/// (null when there is none), audit_event_id (null when nothing could be recorded), and `reasons` when there
/// are some.
[[nodiscard]] std::string error_json(const engine::CallError& failed);

/// The same for people: code and message, each reason, then what to do.
[[nodiscard]] std::string error_text(const engine::CallError& failed, const Style& style);

}  // namespace ibkr::cli
