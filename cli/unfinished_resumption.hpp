#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/log/record.hpp"
#include "io/config/config.hpp"
#include "projections/queries.hpp"
#include "statemachines/commands.hpp"

namespace ibkr::cli {

/// How much of the read models a resumption could ask.
enum class ReadModelsState : std::uint8_t {
    complete,
    partly_unreadable,  ///< rows or tables were skipped, or their checkpoint is damaged
    unreadable          ///< missing, no database of ours, of another version of the program
};
[[nodiscard]] std::string_view to_string(ReadModelsState state) noexcept;

struct FoundInModels {
    std::vector<statemachines::RecordFoundOrder> orders;
    ReadModelsState state = ReadModelsState::unreadable;
};
/// What the read models at `path` know and the log does not (`engine::orders_ahead`), as far as they can be
/// read. `of_the_log` is folded up to the log's head. Errors: ENGINE_BUSY, a database that cannot be opened
/// just now, and those of `of_the_log`.
[[nodiscard]] events::Result<FoundInModels> found_in_models(const std::string& path,
                                                            const projections::Queries& of_the_log);

/// What `engine resume` still has to record after `log_resumed`, kept so that no crash forgets it: a folder
/// `quarantine/resumption-<branch>-<n>` that is made before the log is touched, with a copy of the read
/// models (`projections.sqlite3`) as they were and the file `unfinished`, which goes when everything is
/// recorded. <branch> is that of the log before; a folder of a branch that the log has left is due.
class UnfinishedResumption {
public:
    /// Makes a new folder with a copy of the models as they are now, damaged ones too, synced. Those of
    /// earlier tries stand and are due as well: each shows what was known at its time. Missing models are not
    /// copied. The caller holds the directory's lock and is in no transaction of them. Errors:
    /// audit_write_failed, config_invalid.
    [[nodiscard]] static events::Result<void> begin(const io::Config& config, std::uint32_t branch);

    /// Those that are due in a log that goes on at `branch`.
    [[nodiscard]] static events::Result<UnfinishedResumption> find(const io::Config& config,
                                                                   std::uint32_t branch);
    [[nodiscard]] bool due() const noexcept { return !folders_.empty(); }
    /// What the copies know and the log does not, each order and key as the newest copy has it; the state is
    /// the newest copy's.
    [[nodiscard]] events::Result<FoundInModels> found(const projections::Queries& of_the_log) const;
    /// Everything is recorded. The copies stay.
    [[nodiscard]] events::Result<void> finish() const;

private:
    std::vector<std::string> folders_;  ///< paths, newest first
};

}  // namespace ibkr::cli
