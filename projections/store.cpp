#include "projections/store.hpp"

#include "projections/layout_internal.hpp"

namespace ibkr::projections {

using events::ErrorCode;
using events::Result;

namespace {

constexpr std::string_view memory_path = ":memory:";

// Pages of 4 KiB: the write-ahead log is folded back at 16 MiB, 32 MiB of pages stay in memory.
constexpr std::string_view tuning =
    "PRAGMA wal_autocheckpoint=4096; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-32768";

Result<Database, StoreProblem> open_database(const std::string& path) {
    const auto options = store_options(DatabaseOptions::Mode::create);
    auto opened = path == memory_path ? Database::in_memory(options.name).map_error([](events::Error e) {
        return DatabaseError{DatabaseFault::io, std::move(e)};
    })
                                      : Database::try_open(path, options);
    if (!opened) return tl::unexpected(open_problem(opened.error(), path));
    if (auto tuned = opened->exec(tuning); !tuned)
        return tl::unexpected(open_problem({opened->last_fault(), tuned.error()}, path));
    return std::move(*opened);
}

/// Makes the tables of a blank database, in one transaction.
Result<void> lay_out_if_blank(Database& database, const ProjectionList& projections) {
    auto blank = is_blank(database);
    if (!blank) return events::failure(blank.error());
    if (!*blank) return {};
    if (auto begun = database.begin(); !begun) return begun;
    if (auto done = lay_out(database, projections); !done) {
        database.rollback();
        return done;
    }
    return database.commit();
}

}  // namespace

ProjectionStore::ProjectionStore(Database database, ProjectionList projections, Checkpoint checkpoint)
    : Queries(std::move(database)),
      projections_(std::move(projections)),
      checkpoint_(checkpoint),
      applied_(checkpoint.sequence) {}

Result<ProjectionStore, StoreProblem> ProjectionStore::open(const std::string& path,
                                                            ProjectionList projections) {
    auto database = open_database(path);
    if (!database) return tl::unexpected(database.error());
    if (auto laid_out = lay_out_if_blank(*database, projections); !laid_out)
        return tl::unexpected(open_problem({database->last_fault(), laid_out.error()}, path));
    const auto checkpoint = inspect(*database, versions_of(projections));
    if (!checkpoint) return tl::unexpected(checkpoint.error());
    // Otherwise the first write would tell, after the log has its events.
    if (path != memory_path && database->is_read_only())
        return tl::unexpected(open_problem(
            {DatabaseFault::read_only, events::failure(ErrorCode::audit_write_failed,
                                                       "projection database: it can be read but not written",
                                                       std::string(rebuild_advice))
                                           .value()},
            path));
    return ProjectionStore(std::move(*database), std::move(projections), *checkpoint);
}

Result<ProjectionStore, StoreProblem> ProjectionStore::open_read_only(const std::string& path,
                                                                      ProjectionList projections) {
    auto database = Database::try_open(path, store_options(DatabaseOptions::Mode::read_only));
    if (!database) return tl::unexpected(open_problem(database.error(), path));
    const auto checkpoint = inspect(*database, versions_of(projections));
    if (!checkpoint) return tl::unexpected(checkpoint.error());
    return ProjectionStore(std::move(*database), std::move(projections), *checkpoint);
}

Result<void> ProjectionStore::begin() {
    applied_ = checkpoint_.sequence;
    failed_ = false;
    return database().begin();
}

Result<void> ProjectionStore::apply(const events::Event& event) {
    if (!database().in_transaction() || failed_)
        return events::failure(ErrorCode::audit_write_failed, "projections: no transaction to fold into");
    if (event.sequence_id <= applied_) {
        failed_ = true;
        return events::failure(ErrorCode::audit_write_failed,
                               "projections: event " + std::to_string(event.sequence_id.value()) +
                                   " does not come after event " + std::to_string(applied_.value()));
    }
    for (const auto& projection : projections_) {
        auto folded = projection->apply(database(), event);
        if (folded) continue;
        failed_ = true;
        folded.error().message = "projection " + std::string(projection->name()) + ", event " +
                                 std::to_string(event.sequence_id.value()) + ": " + folded.error().message;
        return folded;
    }
    applied_ = event.sequence_id;
    return {};
}

Result<void> ProjectionStore::commit(const Checkpoint& checkpoint) {
    if (failed_ || checkpoint.sequence != applied_) {
        const auto applied = applied_;
        rollback();
        return events::failure(ErrorCode::audit_write_failed,
                               "projections: folded to event " + std::to_string(applied.value()) +
                                   ", not to the checkpoint's " +
                                   std::to_string(checkpoint.sequence.value()));
    }
    auto done = write_checkpoint(database(), checkpoint);
    if (done) done = database().commit();
    if (!done) {
        rollback();
        return done;
    }
    checkpoint_ = checkpoint;
    return {};
}

void ProjectionStore::rollback() noexcept {
    database().rollback();
    applied_ = checkpoint_.sequence;
    failed_ = false;
}

Result<std::vector<TableCount>> table_counts(Database& database) {
    std::vector<TableCount> counts;
    auto names = database.query(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
    for (;;) {
        const auto found = names.step();
        if (!found) return events::failure(found.error());
        if (!*found) return counts;
        std::string table(names.text(0));
        if (table.find('"') != std::string::npos) continue;
        auto row = database.prepare_cached("SELECT count(*) FROM \"" + table + "\"");
        const auto counted = row.step();
        if (!counted) return events::failure(counted.error());
        counts.push_back({std::move(table), row.integer(0)});
    }
}

}  // namespace ibkr::projections
