#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

#include "events/crypto/sha256.hpp"
#include "events/log/record.hpp"
#include "projections/layout_internal.hpp"
#include "projections/row_internal.hpp"

namespace ibkr::projections {

using events::ErrorCode;
using events::Result;

namespace {

constexpr std::int64_t application_id = 0x69626b70;  // "ibkp", in the file's header
constexpr std::int64_t layout_version = 1;

StoreProblem problem(StoreCondition condition, std::string_view message) {
    auto failed =
        events::failure(ErrorCode::audit_write_failed, "projection database: " + std::string(message),
                        std::string(rebuild_advice));
    failed.value().retryable = false;
    return {condition, std::move(failed.value())};
}

StoreProblem damaged_database(events::Error error) {
    error.code = ErrorCode::audit_write_failed;
    error.user_action = rebuild_advice;
    error.retryable = false;
    return {StoreCondition::damaged, std::move(error)};
}

/// A statement of ours that fails on a database that says it is ours: it is not in order.
StoreProblem query_problem(const Database& database, events::Error error) {
    const auto fault = database.last_fault();
    if (fault == DatabaseFault::damaged || fault == DatabaseFault::other || fault == DatabaseFault::none)
        return damaged_database(std::move(error));
    return {StoreCondition::unavailable, std::move(error)};
}

Result<std::int64_t> pragma(Database& database, std::string_view name) {
    auto row = database.prepare_cached("PRAGMA " + std::string(name));
    const auto found = row.step();
    if (!found) return events::failure(found.error());
    return *found ? row.integer(0) : 0;
}

events::Digest check_value(std::int64_t sequence, std::span<const std::uint8_t> mac) {
    std::string text = "ibkr projection checkpoint ";
    text.append(std::to_string(sequence)).append(" ").append(events::text_of(mac));
    return events::sha256(text);
}

bool may_write(const std::string& path) {
    return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

std::string directory_of(const std::string& path) {
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Result<ProjectionVersions> stored_versions(Database& database) {
    ProjectionVersions versions;
    auto rows = database.query("SELECT name, version FROM store_projections ORDER BY position");
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return versions;
        auto& [name, version] = versions.emplace_back();
        if (!(RowReader(rows) >> name >> version).good()) return damaged_row("store_projections");
    }
}

}  // namespace

ProjectionVersions versions_of(const ProjectionList& projections) {
    ProjectionVersions versions;
    for (const auto& projection : projections)
        versions.emplace_back(projection->name(), projection->version());
    return versions;
}

DatabaseOptions store_options(DatabaseOptions::Mode mode) {
    DatabaseOptions options;
    options.mode = mode;
    options.damaged_action = rebuild_advice;
    return options;
}

StoreProblem open_problem(const DatabaseError& error, const std::string& path) {
    switch (error.fault) {
        case DatabaseFault::damaged:
        case DatabaseFault::other:
            return damaged_database(error.error);
        case DatabaseFault::read_only:
            // A flipped format number makes SQLite treat a writable file as one it may only read.
            if (may_write(path) && may_write(directory_of(path))) return damaged_database(error.error);
            break;
        case DatabaseFault::cannot_open:
            if (::access(path.c_str(), F_OK) != 0) return {StoreCondition::absent, error.error};
            break;
        default:
            break;
    }
    return {StoreCondition::unavailable, error.error};
}

Result<bool> is_blank(Database& database) {
    auto row = database.query("SELECT count(*) FROM sqlite_schema");
    const auto found = row.step();
    if (!found) return events::failure(found.error());
    if (row.integer(0) != 0) return false;
    const auto id = pragma(database, "application_id");
    if (!id) return events::failure(id.error());
    return *id == 0;
}

Result<void> lay_out(Database& database, const ProjectionList& projections) {
    auto done = database.exec(
        "PRAGMA application_id=" + std::to_string(application_id) +
        "; PRAGMA user_version=" + std::to_string(layout_version) +
        "; CREATE TABLE store_projections (position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
        " version INTEGER NOT NULL);"
        "CREATE TABLE store_checkpoint (id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL,"
        " mac BLOB NOT NULL, check_value BLOB NOT NULL)");
    if (!done) return done;
    int position = 0;
    for (const auto& projection : projections) {
        done = database.run("INSERT INTO store_projections (position, name, version) VALUES (?1, ?2, ?3)",
                            ++position, projection->name(), projection->version());
        if (done) done = projection->create_tables(database);
        if (!done) return done;
    }
    return write_checkpoint(database, {});
}

Result<Checkpoint, StoreProblem> inspect(Database& database, const ProjectionVersions& expected) {
    const auto id = pragma(database, "application_id");
    const auto version = pragma(database, "user_version");
    if (!id || !version) return tl::unexpected(query_problem(database, (id ? version : id).error()));
    if (*id != application_id)
        return tl::unexpected(problem(StoreCondition::foreign, "the file is not one of this gateway's"));
    if (*version != layout_version)
        return tl::unexpected(
            problem(StoreCondition::foreign, "the file has another layout than this build's"));
    const auto versions = stored_versions(database);
    if (!versions) return tl::unexpected(query_problem(database, versions.error()));
    if (!expected.empty() && *versions != expected)
        return tl::unexpected(
            problem(StoreCondition::version_changed, "it was built by other versions of the projections"));
    return read_checkpoint(database);
}

Result<Checkpoint, StoreProblem> read_checkpoint(Database& database) {
    auto row = database.query("SELECT sequence, mac, check_value FROM store_checkpoint WHERE id = 1");
    const auto found = row.step();
    if (!found) return tl::unexpected(query_problem(database, found.error()));
    Checkpoint checkpoint;
    const auto damaged = [] {
        return tl::unexpected(problem(StoreCondition::checkpoint_damaged, "its checkpoint is damaged"));
    };
    if (!*found) return damaged();
    const auto sequence = row.integer(0);
    const auto mac = row.blob(1);
    const auto check = row.blob(2);
    if (sequence < 0 || std::cmp_greater_equal(sequence, events::sequence_limit) ||
        mac.size() != checkpoint.mac.size())
        return damaged();
    const auto expected = check_value(sequence, mac);
    if (!std::equal(check.begin(), check.end(), expected.begin(), expected.end())) return damaged();
    checkpoint.sequence = events::SequenceId(static_cast<std::uint64_t>(sequence));
    std::copy(mac.begin(), mac.end(), checkpoint.mac.begin());
    return checkpoint;
}

Result<void> write_checkpoint(Database& database, const Checkpoint& checkpoint) {
    const auto sequence = static_cast<std::int64_t>(checkpoint.sequence.value());
    const events::Digest check = check_value(sequence, checkpoint.mac);
    return database.run(
        "INSERT INTO store_checkpoint (id, sequence, mac, check_value) VALUES (1, ?1, ?2, ?3)"
        " ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, mac = excluded.mac,"
        " check_value = excluded.check_value",
        sequence, std::span(checkpoint.mac), std::span(check));
}

}  // namespace ibkr::projections
