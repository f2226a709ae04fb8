#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "events/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace ibkr::projections {

/// What kind of trouble SQLite reported, for callers that act on it (rebuild, wait, say "disk full").
enum class DatabaseFault : std::uint8_t {
    none,
    busy,         ///< another connection kept its lock longer than the busy timeout
    full,         ///< no room on the disk, or past `PRAGMA max_page_count`
    read_only,    ///< file or directory may not be written
    cannot_open,  ///< absent, or its directory is
    damaged,      ///< not a database, or its pages contradict each other
    io,           ///< the disk failed
    other,
};

/// A failure with its kind. The Error says what SQLite said, never a path, and is AUDIT_WRITE_FAILED, or
/// ENGINE_BUSY when a lock was not to be had.
struct DatabaseError {
    DatabaseFault fault = DatabaseFault::other;
    events::Error error;
};

struct DatabaseOptions {
    enum class Mode : std::uint8_t {
        create,      ///< read and write; made (0600) when absent
        read_write,  ///< must exist
        read_only,   ///< must exist; nothing beside it is written where the directory forbids it
    };
    /// WAL either way. `normal`: a commit survives the process but the newest ones may be missing after a
    /// power failure; enough for what can be derived again. `full`: a commit is on disk when it returns.
    enum class Synchronous : std::uint8_t { normal, full };

    Mode mode = Mode::create;
    Synchronous synchronous = Synchronous::normal;
    int busy_timeout_ms = 2'000;
    std::string name = "projection database";  ///< how messages call it
    std::string damaged_action;  ///< what the user can do when it is damaged; empty: the error code's advice
};

/// A prepared statement borrowed from its Database; given back (reset, bindings cleared) when it goes out of
/// scope, which must be before the Database does. A failure while preparing or binding is kept and returned
/// by the next `step` or `run`. Parameters and columns as in SQL: parameters count from 1, columns from 0.
class Statement {
public:
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    Statement& bind(int parameter, std::string_view text);  ///< copied
    Statement& bind(int parameter, std::span<const std::uint8_t> blob);
    Statement& bind(int parameter, std::nullopt_t);
    template <std::integral T>
    Statement& bind(int parameter, T value) {
        return bind_integer(parameter, static_cast<std::int64_t>(value));
    }
    /// Parameters 1, 2, 3, ... in this order.
    template <class... Values>
    Statement& bind_all(const Values&... values) {
        int parameter = 0;
        (bind(++parameter, values), ...);
        return *this;
    }

    /// True: a row can be read. False: there is no further row.
    [[nodiscard]] events::Result<bool> step();
    /// Steps to the end.
    [[nodiscard]] events::Result<void> run();
    /// To be bound and stepped again.
    Statement& reset();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string_view text(int column) const;               ///< valid until the next step
    [[nodiscard]] std::span<const std::uint8_t> blob(int column) const;  ///< valid until the next step
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] int columns() const;

private:
    friend class Database;
    struct Slot;
    struct Label;
    Statement(sqlite3* connection, const Label* label, sqlite3_stmt* statement, Slot* slot, int code);
    Statement& bind_integer(int parameter, std::int64_t value);
    void keep(int code) noexcept;

    sqlite3* connection_;
    const Label* label_;
    sqlite3_stmt* statement_;
    Slot* slot_;  ///< of the cache; null: this object finalizes the statement
    int first_failure_;
};

/// One SQLite connection. One thread at a time.
class Database {
public:
    [[nodiscard]] static events::Result<Database, DatabaseError> try_open(const std::string& path,
                                                                          const DatabaseOptions& options);
    [[nodiscard]] static events::Result<Database> open(const std::string& path,
                                                       const DatabaseOptions& options = {});
    /// Private to this connection, gone with it.
    [[nodiscard]] static events::Result<Database> in_memory(std::string name = "in-memory database");

    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    /// Rolls an open transaction back.
    ~Database();

    /// One or more statements without parameters.
    [[nodiscard]] events::Result<void> exec(std::string_view sql);
    /// Prepared once per text and connection. `sql` is a constant of the code: at most `statements_max`
    /// different texts are kept; further ones work and are prepared each time.
    [[nodiscard]] Statement prepare_cached(std::string_view sql);
    /// prepare_cached, bound: `db.query("... ?1 ... ?2", a, b)`, to be stepped.
    template <class... Values>
    [[nodiscard]] Statement query(std::string_view sql, const Values&... values) {
        Statement statement = prepare_cached(sql);
        statement.bind_all(values...);
        return statement;
    }
    /// query, run to its end.
    template <class... Values>
    [[nodiscard]] events::Result<void> run(std::string_view sql, const Values&... values) {
        return query(sql, values...).run();
    }
    static constexpr std::size_t statements_max = 256;

    /// A transaction that may write; holds the database's one write lock until commit or rollback.
    [[nodiscard]] events::Result<void> begin();
    /// A transaction in which all reads see one moment.
    [[nodiscard]] events::Result<void> begin_read();
    /// After a failed commit the transaction is rolled back.
    [[nodiscard]] events::Result<void> commit();
    /// Nothing to do outside a transaction.
    void rollback() noexcept;
    [[nodiscard]] bool in_transaction() const noexcept;

    /// Rows the last insert, update or delete changed.
    [[nodiscard]] std::int64_t changes() const noexcept;
    /// True once a page was read of a file that can only be read: opened so, without permission to write, or
    /// with a format number that this SQLite does not write.
    [[nodiscard]] bool is_read_only() const noexcept;
    /// The kind of the newest failure on this connection.
    [[nodiscard]] DatabaseFault last_fault() const noexcept;

private:
    struct State;
    explicit Database(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace ibkr::projections
