#include "projections/rebuild.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include "projections/layout_internal.hpp"

namespace ibkr::projections {

using events::Result;

namespace {

tl::unexpected<events::Error> file_failure(std::string_view what) {
    const int number = errno;
    return events::failure(
        events::ErrorCode::audit_write_failed,
        "projection database: cannot " + std::string(what) + ": " + std::generic_category().message(number));
}

Result<void> sync_file(const std::string& path, int flags) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC);
    if (file < 0) return file_failure("open what was rebuilt");
    const bool synced = ::fsync(file) == 0;
    if (!synced) {
        const auto failed = file_failure("sync what was rebuilt");
        ::close(file);
        return failed;
    }
    ::close(file);
    return {};
}

/// A database file with what SQLite keeps beside it.
void remove_database(const std::string& path) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"})
        ::unlink((path + suffix).c_str());
}

Result<std::uint64_t> fold_all(ProjectionStore& store, const EventSource& source,
                               const RebuildProgress& progress) {
    // Nothing is read from the new file before it is synced as a whole.
    if (auto set = store.database().exec("PRAGMA synchronous=OFF"); !set) return events::failure(set.error());
    std::uint64_t events_folded = 0;
    LoggedEvent next;
    for (bool more = true; more;) {
        if (auto begun = store.begin(); !begun) return events::failure(begun.error());
        Checkpoint reached = store.checkpoint();
        for (std::uint64_t i = 0; i < rebuild_batch_events; ++i) {
            const auto found = source(next);
            if (!found) return events::failure(found.error());
            more = *found;
            if (!more) break;
            if (auto folded = store.apply(next.event); !folded) return events::failure(folded.error());
            reached = {next.event.sequence_id, next.mac};
            ++events_folded;
        }
        if (auto done = store.commit(reached); !done) return events::failure(done.error());
        if (progress && more) progress(reached.sequence);
    }
    return events_folded;
}

/// What the old file was, as far as it can be told.
void look_at_old(const std::string& path, const ProjectionVersions& versions, RebuildReport& report,
                 std::vector<TableCount>& counts) {
    auto database = Database::try_open(path, store_options(DatabaseOptions::Mode::read_write));
    if (!database) {
        report.before = open_problem(database.error(), path).condition;
        return;
    }
    const auto checkpoint = inspect(*database, versions);
    report.before = checkpoint ? StoreCondition::ready : checkpoint.error().condition;
    if (checkpoint) report.checkpoint_before = *checkpoint;
    if (auto counted = table_counts(*database)) counts = std::move(*counted);
    static_cast<void>(database->exec("PRAGMA wal_checkpoint(TRUNCATE)"));
}

/// The old file goes aside first, with its write-ahead log: SQLite would play a log left behind into the new.
Result<void> replace(const std::string& path, const std::string& fresh) {
    const std::string old = path + ".previous";
    remove_database(old);
    for (const char* suffix : {"-wal", "-shm", ""}) {
        const std::string from = path + suffix;
        if (::rename(from.c_str(), (old + suffix).c_str()) != 0 && errno != ENOENT)
            return file_failure("put the old file aside");
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) {
        const auto failed = file_failure("put the new file in place");
        for (const char* suffix : {"-wal", "-shm", ""})
            ::rename((old + suffix).c_str(), (path + suffix).c_str());
        return failed;
    }
    const auto slash = path.find_last_of('/');
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    if (auto synced = sync_file(directory, O_RDONLY | O_DIRECTORY); !synced) return synced;
    remove_database(old);
    return {};
}

std::vector<RebuiltTable> compare(const std::vector<TableCount>& before,
                                  const std::vector<TableCount>& after) {
    std::vector<RebuiltTable> tables;
    for (const auto& [table, rows] : after) {
        const auto old =
            std::find_if(before.begin(), before.end(), [&](const auto& c) { return c.table == table; });
        tables.push_back({table, old == before.end() ? std::nullopt : std::optional(old->rows), rows});
    }
    return tables;
}

/// Folds into `fresh`, and closes it whole.
Result<std::vector<TableCount>> build(const std::string& fresh, ProjectionList projections,
                                      const EventSource& source, const RebuildProgress& progress,
                                      RebuildReport& report) {
    auto store = ProjectionStore::open(fresh, std::move(projections));
    if (!store) return events::failure(store.error().error);
    auto folded = fold_all(*store, source, progress);
    if (!folded) return events::failure(folded.error());
    report.events = *folded;
    report.checkpoint = store->checkpoint();
    auto counts = table_counts(store->database());
    if (!counts) return counts;
    auto closed = store->database().exec("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!closed) return events::failure(closed.error());
    return counts;
}

}  // namespace

bool RebuildReport::was_wrong() const {
    if (before != StoreCondition::ready || checkpoint_before != checkpoint) return false;
    return std::any_of(tables.begin(), tables.end(), [](const auto& t) { return t.before != t.after; });
}

Result<RebuildReport> rebuild(const std::string& path, ProjectionList projections, const EventSource& source,
                              const RebuildProgress& progress) {
    const std::string fresh = path + ".rebuild";
    remove_database(fresh);
    const auto versions = versions_of(projections);
    RebuildReport report;
    auto after = build(fresh, std::move(projections), source, progress, report);
    if (!after) {
        remove_database(fresh);
        return events::failure(after.error());
    }
    if (auto synced = sync_file(fresh, O_RDONLY); !synced) return events::failure(synced.error());
    std::vector<TableCount> before;
    look_at_old(path, versions, report, before);
    report.tables = compare(before, *after);
    if (auto replaced = replace(path, fresh); !replaced) return events::failure(replaced.error());
    return report;
}

}  // namespace ibkr::projections
