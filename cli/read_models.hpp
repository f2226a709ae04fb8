#pragma once

#include <optional>
#include <string>

#include "engine/fold/workflow_projection.hpp"
#include "events/log/log.hpp"
#include "io/config/config.hpp"
#include "projections/rebuild.hpp"
#include "projections/store.hpp"

namespace ibkr::cli {

/// The read models of an owner, open.
struct ReadModels {
    projections::ProjectionStore store;
    engine::WorkflowProjection* workflows = nullptr;         ///< owned by `store`
    std::optional<projections::RebuildReport> rebuilt = {};  ///< by this opening
};

/// Folds the log into a new projection database in place of the old one. The caller owns the directory, whose
/// log is not held.
[[nodiscard]] events::Result<projections::RebuildReport> rebuild_projections(
    const io::Config& config, const events::LogReader& log, const projections::RebuildProgress& progress);

/// What a rebuild that a start had to do says to the operator, in one sentence.
[[nodiscard]] std::string describe_rebuild(const projections::RebuildReport& report);

enum class Rebuild : std::uint8_t {
    when_needed,  ///< when they are missing, damaged, of other versions, or of another history than the log's
    always
};
/// Of a log that is not held: made anew where that is needed. They may be behind the log, as after a crash.
/// Errors: ENGINE_HELD when they are ahead of it, and those of the database.
[[nodiscard]] events::Result<ReadModels> open_read_models(const io::Config& config,
                                                          const events::LogReader& log, Rebuild rebuild,
                                                          const projections::RebuildProgress& progress);

/// Of a log that is held: the database as it stands when it is of this log, else one in memory, folded from
/// what can be read. No file changes.
[[nodiscard]] events::Result<ReadModels> open_read_models_of_held(const io::Config& config,
                                                                  const events::LogReader& log);

}  // namespace ibkr::cli
