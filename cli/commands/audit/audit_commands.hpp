#pragma once

#include <functional>
#include <string>

#include "cli/app.hpp"
#include "cli/command.hpp"
#include "cli/commands/audit/log_source.hpp"
#include "events/log/chain/chain.hpp"

namespace ibkr::cli {

// The parts of `audit_commands`.
[[nodiscard]] Command audit_export_command();
[[nodiscard]] Command audit_verify_command();
[[nodiscard]] Command audit_keys_command();

/// How a command reads the log: in the owner's process through the gateway, which records the call; beside an
/// owner from a reader of its own, and then through the owner, which records it (design 5.12); or with
/// --read-only from a copy, unrecorded.
struct AuditRead {
    engine::Operation recorded;
    std::function<events::Result<std::string>(const Inspection&, const events::Progress&)> from_reader;
    engine::AuditReadKind kind = engine::AuditReadKind::tail;
    std::string arguments;  ///< as recorded (engine/gateway/read_questions.hpp)
};
[[nodiscard]] engine::CallResult read_audit(App& app, const AuditRead& read);

}  // namespace ibkr::cli
