#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "cli/commands/audit/key_options.hpp"
#include "cli/commands/audit/log_source.hpp"
#include "engine/replay/export_log.hpp"

namespace ibkr::cli {

/// The options that say which history a command looks at: --file with its keys, --fixture; without them it is
/// the log of the configured data directory.
[[nodiscard]] std::vector<Option> history_options();

/// CONFIG_INVALID when --file and --fixture are both given, or keys without --file.
[[nodiscard]] events::Result<void> check_history_options(const Arguments& arguments);

/// One history to look at: the live log as far as its owner has acknowledged it, an export, or a fixture.
class History {
public:
    /// Errors: those of `check_history_options`, and of what is opened.
    [[nodiscard]] static events::Result<History> open(const App& app, const Arguments& arguments);

    [[nodiscard]] const events::LogReader& log() const;
    /// Why the log may have lost its newest events and takes no more; empty when it is not held. Of the live
    /// log alone: an export does not say.
    [[nodiscard]] std::string held() const;

private:
    std::unique_ptr<SuppliedKeys> keys_;  ///< of `file_`
    std::unique_ptr<engine::ExportLog> file_;
    std::unique_ptr<Inspection> live_;
};

/// A positional argument or option that names an event by its number; nothing when it is no number. A number
/// beyond all events is the last there can be, so that it is told where the history ends.
[[nodiscard]] std::optional<events::SequenceId> sequence_from(std::string_view text);

/// A workflow's id. ORDER_VALIDATION_FAILED when the text cannot be one.
[[nodiscard]] events::Result<events::WorkflowId> workflow_from(std::string_view text);

}  // namespace ibkr::cli
