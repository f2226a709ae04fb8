#include "projections/sqlite.hpp"

#include <cassert>
#include <fcntl.h>
#include <functional>
#include <unistd.h>
#include <unordered_map>

#include "projections/sqlite_statement_internal.hpp"

namespace ibkr::projections {
namespace {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

/// Made by us, so that nobody else can read it. Only when absent: closing a descriptor of a database that
/// another connection of this process holds would drop that connection's locks.
void create_private_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) ::close(file);
}

std::string immutable_uri(const std::string& path) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string uri = "file:";
    for (const char c : path) {
        if (c == '?' || c == '#' || c == '%') {
            const auto byte = static_cast<unsigned char>(c);
            uri += {'%', digits[byte >> 4U], digits[byte & 0xfU]};
        } else {
            uri += c;
        }
    }
    return uri + "?immutable=1";
}

/// A database in a directory that we may not write and that no writer has open: SQLite cannot make its
/// shared-memory file there and needs none.
bool nobody_writes_beside(const std::string& path) {
    const auto slash = path.find_last_of('/');
    const std::string directory =
        slash == std::string::npos ? "." : (slash == 0 ? "/" : path.substr(0, slash));
    const auto may = [](const std::string& file, int what) {
        return ::faccessat(AT_FDCWD, file.c_str(), what, AT_EACCESS) == 0;
    };
    return !may(directory, W_OK) && !may(path + "-wal", F_OK) && may(path, R_OK);
}

}  // namespace

struct Database::State {
    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        for (auto& [sql, slot] : statements) {
            assert(!slot->in_use && "a Statement outlived its Database");
            sqlite3_finalize(slot->statement);
        }
        sqlite3_close(connection);
    }

    sqlite3* connection = nullptr;
    Statement::Label label;
    std::unordered_map<std::string, std::unique_ptr<Statement::Slot>, TextHash, std::equal_to<>> statements;

    [[nodiscard]] events::Result<void> exec(const char* sql) const {
        if (sqlite3_exec(connection, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
        return events::failure(label.error_on(connection, sqlite3_extended_errcode(connection)));
    }

    /// The first access to the file: a damaged or foreign one is noticed here.
    [[nodiscard]] events::Result<void> configure(const DatabaseOptions& options) const {
        sqlite3_extended_result_codes(connection, 1);
        sqlite3_busy_timeout(connection, options.busy_timeout_ms);
        sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
        if (options.mode == DatabaseOptions::Mode::read_only)
            return exec("PRAGMA cell_size_check=1; PRAGMA query_only=1; SELECT count(*) FROM sqlite_schema");
        const bool full = options.synchronous == DatabaseOptions::Synchronous::full;
        return exec(full ? "PRAGMA cell_size_check=1; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                           "SELECT count(*) FROM sqlite_schema"
                         : "PRAGMA cell_size_check=1; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                           "SELECT count(*) FROM sqlite_schema");
    }

    [[nodiscard]] events::Result<void> connect(const std::string& path, int flags,
                                               const DatabaseOptions& options) {
        label = {options.name, options.damaged_action};
        const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
        if (code != SQLITE_OK) return events::failure(label.error_on(connection, code));
        return configure(options);
    }
};

Database::Database(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

events::Result<Database, DatabaseError> Database::try_open(const std::string& path,
                                                           const DatabaseOptions& options) {
    using Mode = DatabaseOptions::Mode;
    if (options.mode == Mode::create) create_private_file(path);
    int flags = SQLITE_OPEN_NOMUTEX;
    flags |= options.mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (options.mode == Mode::create) flags |= SQLITE_OPEN_CREATE;

    auto state = std::make_unique<State>();
    auto opened = state->connect(path, flags, options);
    if (!opened && options.mode == Mode::read_only && nobody_writes_beside(path)) {
        state = std::make_unique<State>();
        opened = state->connect(immutable_uri(path), flags | SQLITE_OPEN_URI, options);
    }
    if (opened) return Database(std::move(state));
    const auto fault =
        state->connection == nullptr ? DatabaseFault::other : fault_of(sqlite3_errcode(state->connection));
    return tl::unexpected(DatabaseError{fault, opened.error()});
}

events::Result<Database> Database::open(const std::string& path, const DatabaseOptions& options) {
    return try_open(path, options).map_error([](DatabaseError e) { return std::move(e.error); });
}

events::Result<Database> Database::in_memory(std::string name) {
    DatabaseOptions options;
    options.name = std::move(name);
    auto state = std::make_unique<State>();
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
    if (const auto opened = state->connect(":memory:", flags, options); !opened)
        return events::failure(opened.error());
    return Database(std::move(state));
}

events::Result<void> Database::exec(std::string_view sql) {
    return state_->exec(std::string(sql).c_str());
}

Statement Database::prepare_cached(std::string_view sql) {
    auto& cache = state_->statements;
    const auto known = cache.find(sql);
    if (known != cache.end() && !known->second->in_use) {
        known->second->in_use = true;
        return {state_->connection, &state_->label, known->second->statement, known->second.get(), SQLITE_OK};
    }
    const bool keep = known == cache.end() && cache.size() < statements_max;
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(state_->connection, sql.data(), static_cast<int>(sql.size()),
                                        keep ? SQLITE_PREPARE_PERSISTENT : 0U, &statement, nullptr);
    if (code != SQLITE_OK || !keep) return {state_->connection, &state_->label, statement, nullptr, code};
    auto slot = std::make_unique<Statement::Slot>(Statement::Slot{statement, true});
    Statement::Slot* kept = slot.get();
    cache.emplace(sql, std::move(slot));
    return {state_->connection, &state_->label, statement, kept, SQLITE_OK};
}

events::Result<void> Database::begin() {
    return run("BEGIN IMMEDIATE");
}

events::Result<void> Database::begin_read() {
    return run("BEGIN");
}

events::Result<void> Database::commit() {
    auto done = run("COMMIT");
    if (!done) rollback();
    return done;
}

void Database::rollback() noexcept {
    if (in_transaction()) sqlite3_exec(state_->connection, "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Database::in_transaction() const noexcept {
    return state_->connection != nullptr && sqlite3_get_autocommit(state_->connection) == 0;
}

std::int64_t Database::changes() const noexcept {
    return sqlite3_changes64(state_->connection);
}

bool Database::is_read_only() const noexcept {
    return sqlite3_db_readonly(state_->connection, "main") == 1;
}

DatabaseFault Database::last_fault() const noexcept {
    return fault_of(sqlite3_errcode(state_->connection));
}

}  // namespace ibkr::projections
