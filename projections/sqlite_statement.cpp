#include <cassert>
#include <limits>

#include "projections/sqlite_statement_internal.hpp"

namespace ibkr::projections {

using events::ErrorCode;

DatabaseFault fault_of(int code) noexcept {
    switch (code & 0xff) {
        case SQLITE_OK:
        case SQLITE_ROW:
        case SQLITE_DONE:
            return DatabaseFault::none;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return DatabaseFault::busy;
        case SQLITE_FULL:
            return DatabaseFault::full;
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return DatabaseFault::read_only;
        case SQLITE_CANTOPEN:
            return DatabaseFault::cannot_open;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FORMAT:
            return DatabaseFault::damaged;
        case SQLITE_IOERR:
            return DatabaseFault::io;
        default:
            return DatabaseFault::other;
    }
}

events::Error Statement::Label::error(int code, std::string_view said) const {
    const DatabaseFault fault = fault_of(code);
    const auto kind = fault == DatabaseFault::busy ? ErrorCode::engine_busy : ErrorCode::audit_write_failed;
    std::string message(name);
    message.append(": ").append(said).append(" (SQLite ").append(std::to_string(code)).append(")");
    events::Error error = events::failure(kind, std::move(message)).value();
    if (fault == DatabaseFault::damaged && !damaged_action.empty()) {
        error.user_action = damaged_action;
        error.retryable = false;
    }
    return error;
}

events::Error Statement::Label::error_on(sqlite3* connection, int code) const {
    const bool current = connection != nullptr && (sqlite3_errcode(connection) & 0xff) == (code & 0xff);
    return error(code, current ? sqlite3_errmsg(connection) : sqlite3_errstr(code));
}

Statement::Statement(sqlite3* connection, const Label* label, sqlite3_stmt* statement, Slot* slot, int code)
    : connection_(connection), label_(label), statement_(statement), slot_(slot), first_failure_(code) {}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      label_(other.label_),
      statement_(std::exchange(other.statement_, nullptr)),
      slot_(std::exchange(other.slot_, nullptr)),
      first_failure_(other.first_failure_) {}

Statement::~Statement() {
    if (slot_ == nullptr) {
        sqlite3_finalize(statement_);
        return;
    }
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    slot_->in_use = false;
}

void Statement::keep(int code) noexcept {
    if (code != SQLITE_OK && first_failure_ == SQLITE_OK) first_failure_ = code;
}

Statement& Statement::bind(int parameter, std::string_view text) {
    if (statement_ != nullptr)
        keep(sqlite3_bind_text64(statement_, parameter, text.empty() ? "" : text.data(), text.size(),
                                 SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int parameter, std::span<const std::uint8_t> blob) {
    if (statement_ == nullptr) return *this;
    if (blob.empty())
        keep(sqlite3_bind_zeroblob(statement_, parameter, 0));
    else
        keep(sqlite3_bind_blob64(statement_, parameter, blob.data(), blob.size(), SQLITE_TRANSIENT));
    return *this;
}

Statement& Statement::bind(int parameter, std::nullopt_t) {
    if (statement_ != nullptr) keep(sqlite3_bind_null(statement_, parameter));
    return *this;
}

Statement& Statement::bind_integer(int parameter, std::int64_t value) {
    if (statement_ != nullptr) keep(sqlite3_bind_int64(statement_, parameter, value));
    return *this;
}

events::Result<bool> Statement::step() {
    if (first_failure_ != SQLITE_OK) return events::failure(label_->error_on(connection_, first_failure_));
    assert(statement_ != nullptr);
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    first_failure_ = sqlite3_extended_errcode(connection_);
    return events::failure(label_->error_on(connection_, first_failure_));
}

events::Result<void> Statement::run() {
    for (;;) {
        const auto row = step();
        if (!row) return events::failure(row.error());
        if (!*row) return {};
    }
}

Statement& Statement::reset() {
    if (statement_ != nullptr) {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    return *this;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
    const auto* data = sqlite3_column_text(statement_, column);
    if (data == nullptr) return {};
    return {reinterpret_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::uint8_t> Statement::blob(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

int Statement::columns() const {
    return sqlite3_column_count(statement_);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

}  // namespace ibkr::projections
