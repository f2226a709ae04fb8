#include "projections/read_store.hpp"

#include "projections/layout_internal.hpp"

namespace ibkr::projections {

using events::Result;

Result<ReadStore, StoreProblem> ReadStore::open(const std::string& path, const ProjectionList& projections) {
    auto database = Database::try_open(path, store_options(DatabaseOptions::Mode::read_only));
    if (!database) return tl::unexpected(open_problem(database.error(), path));
    const auto inspected = inspect(*database, versions_of(projections));
    if (!inspected) return tl::unexpected(inspected.error());
    return ReadStore(std::move(*database));
}

Result<Checkpoint> ReadStore::begin() {
    if (auto begun = queries_.database().begin_read(); !begun) return events::failure(begun.error());
    auto at = read_checkpoint(queries_.database());
    if (at) return *at;
    queries_.database().rollback();
    return events::failure(at.error().error);
}

Result<Checkpoint> ReadStore::checkpoint() {
    return read([](const Queries&, const Checkpoint& at) -> Result<Checkpoint> { return at; });
}

}  // namespace ibkr::projections
