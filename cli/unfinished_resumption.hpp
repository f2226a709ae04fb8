#pragma once

#include <string>
#include <vector>

#include "events/log/record.hpp"
#include "io/config/config.hpp"
#include "projections/queries.hpp"
#include "statemachines/commands.hpp"

namespace ibkr::cli {

/// What the read models at `path` know and the log does not (`engine::orders_ahead`); nothing when they are
/// missing, damaged or of another version of the program. `of_the_log` is folded up to the log's head.
[[nodiscard]] events::Result<std::vector<statemachines::RecordFoundOrder>> found_in_models(
    const std::string& path, const projections::Queries& of_the_log);

/// What `engine resume` still has to record after `log_resumed`, kept so that no crash forgets it: a folder
/// `quarantine/resumption-<branch>-<n>` that is made before the log is touched, with a copy of the read
/// models
/// (`projections.sqlite3`) as they were and the file `unfinished`, which goes when everything is recorded.
/// <branch> is that of the log before; a folder of a branch that the log has left is due.
class UnfinishedResumption {
public:
    /// Makes the folder and the copy, synced; those of an earlier try on the same branch stand. Models that
    /// are missing or cannot be read are not copied. The caller holds the directory's lock and is
    /// in no transaction of them. Errors: audit_write_failed, config_invalid.
    [[nodiscard]] static events::Result<void> begin(const io::Config& config, std::uint32_t branch);

    /// Those that are due in a log that goes on at `branch`.
    [[nodiscard]] static events::Result<UnfinishedResumption> find(const io::Config& config,
                                                                   std::uint32_t branch);
    [[nodiscard]] bool due() const noexcept { return !folders_.empty(); }
    /// What the copies know and the log does not.
    [[nodiscard]] events::Result<std::vector<statemachines::RecordFoundOrder>> found(
        const projections::Queries& of_the_log) const;
    /// Everything is recorded. The copies stay.
    [[nodiscard]] events::Result<void> finish() const;

private:
    std::vector<std::string> folders_;  ///< paths
};

}  // namespace ibkr::cli
