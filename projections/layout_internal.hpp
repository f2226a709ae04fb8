#pragma once

#include <string>
#include <utility>
#include <vector>

#include "projections/store.hpp"

// How a projection database says what it is: SQLite's application_id and user_version, the versions of its
// projections, and the checkpoint.
namespace ibkr::projections {

using ProjectionVersions = std::vector<std::pair<std::string, std::uint32_t>>;
[[nodiscard]] ProjectionVersions versions_of(const ProjectionList& projections);

[[nodiscard]] DatabaseOptions store_options(DatabaseOptions::Mode mode);
/// What a failure to open means for a store at `path`.
[[nodiscard]] StoreProblem open_problem(const DatabaseError& error, const std::string& path);

/// True: a database without tables, to be laid out.
[[nodiscard]] events::Result<bool> is_blank(Database& database);
[[nodiscard]] events::Result<void> lay_out(Database& database, const ProjectionList& projections);

/// The checkpoint of a store in order; `expected` empty: whatever its projections' versions are.
[[nodiscard]] events::Result<Checkpoint, StoreProblem> inspect(Database& database,
                                                               const ProjectionVersions& expected);
[[nodiscard]] events::Result<Checkpoint, StoreProblem> read_checkpoint(Database& database);
[[nodiscard]] events::Result<void> write_checkpoint(Database& database, const Checkpoint& checkpoint);

}  // namespace ibkr::projections
