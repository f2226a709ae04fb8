#pragma once
// The reference of the paper flow: a bare loop that writes what the engine wrote, in the same order, with the
// same syncs, and does nothing else. No JSON, no hash, no mac, no decision, no read. Three stores: RocksDB
// with one synced write batch per append; SQLite in WAL mode with synchronous=NORMAL (projections) and FULL
// (venue); every statement prepared once.
#include <memory>
#include <string>

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>
#include <sqlite3.h>

#include "events/crypto/bytes.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/flow_tape_internal.hpp"

namespace ibkr::bench {

class BareDatabase {
public:
    BareDatabase(const std::string& path, const FlowTape& tape, const char* pragmas) : tape_(tape) {
        if (sqlite3_open(path.c_str(), &connection_) != SQLITE_OK) stop("open");
        execute(pragmas);
        statements_.resize(tape.texts.size());
    }
    ~BareDatabase() {
        for (sqlite3_stmt* statement : statements_)
            sqlite3_finalize(statement);
        sqlite3_finalize(begin_);
        sqlite3_finalize(commit_);
        sqlite3_close(connection_);
    }
    BareDatabase(const BareDatabase&) = delete;
    BareDatabase& operator=(const BareDatabase&) = delete;

    void transact(const std::vector<TapedStatement>& statements) {
        run(begin_, "BEGIN IMMEDIATE");
        for (const auto& taped : statements) {
            sqlite3_stmt*& statement = statements_[taped.sql];
            if (statement == nullptr) prepare(statement, tape_.texts[taped.sql].c_str());
            for (std::size_t i = 0; i < taped.values.size(); ++i)
                bind(statement, static_cast<int>(i + 1), taped.values[i]);
            run(statement, nullptr);
        }
        run(commit_, "COMMIT");
    }
    [[nodiscard]] std::int64_t rows_changed() const { return sqlite3_total_changes64(connection_); }

private:
    [[noreturn]] void stop(const char* what) const { give_up(what, sqlite3_errmsg(connection_)); }
    void execute(const char* sql) {
        if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) stop(sql);
    }
    void prepare(sqlite3_stmt*& statement, const char* sql) {
        if (sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
            SQLITE_OK)
            stop(sql);
    }
    void run(sqlite3_stmt*& statement, const char* sql) {
        if (statement == nullptr) prepare(statement, sql);
        int code = SQLITE_ROW;
        while (code == SQLITE_ROW)
            code = sqlite3_step(statement);
        if (code != SQLITE_DONE) stop(sqlite3_sql(statement));
        sqlite3_reset(statement);
    }
    static void bind(sqlite3_stmt* statement, int place, const SqlValue& value) {
        if (const auto* integer = std::get_if<std::int64_t>(&value))
            sqlite3_bind_int64(statement, place, *integer);
        else if (const auto* text = std::get_if<std::string>(&value))
            sqlite3_bind_text(statement, place, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
        else if (const auto* blob = std::get_if<Blob>(&value))
            sqlite3_bind_blob(statement, place, blob->bytes.data(), static_cast<int>(blob->bytes.size()),
                              SQLITE_STATIC);
        else
            sqlite3_bind_null(statement, place);
    }

    const FlowTape& tape_;
    sqlite3* connection_ = nullptr;
    std::vector<sqlite3_stmt*> statements_;
    sqlite3_stmt* begin_ = nullptr;
    sqlite3_stmt* commit_ = nullptr;
};

/// The three stores of a data directory that is a copy of the one the engine starts from; its log stands
/// beside the engine's, empty.
class BareFlow {
public:
    static constexpr std::size_t value_prefix_bytes =
        events::record_header_bytes + std::tuple_size_v<events::Mac>;

    BareFlow(const std::string& directory, const FlowTape& tape)
        : tape_(tape),
          projections_(directory + "/projections.sqlite3", tape,
                       "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4096; "
                       "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-32768"),
          venue_(directory + "/venue.sqlite3", tape, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL") {
        rocksdb::Options options;
        options.create_if_missing = true;
        options.write_buffer_size = std::size_t{16} * 1024 * 1024;
        rocksdb::DB* raw = nullptr;
        const auto status = rocksdb::DB::Open(options, directory + "/bare/log/", &raw);
        log_.reset(raw);
        if (!status.ok()) give_up("bare RocksDB", status.ToString());
        for (const TapeStep& step : tape.steps)
            for (const auto& record : step.records)
                values_.push_back(std::string(value_prefix_bytes, 'h') + record);
    }

    void play() {
        for (const TapeStep& step : tape_.steps) {
            if (step.store == Store::log) append(step.records.size());
            if (step.store == Store::projections) projections_.transact(step.statements);
            if (step.store == Store::venue) venue_.transact(step.statements);
        }
    }

    [[nodiscard]] std::size_t records() const { return appended_; }
    [[nodiscard]] std::int64_t projection_rows() const { return projections_.rows_changed(); }
    [[nodiscard]] std::int64_t venue_rows() const { return venue_.rows_changed(); }

private:
    void append(std::size_t count) {
        rocksdb::WriteOptions durable;
        durable.sync = true;
        rocksdb::WriteBatch batch;
        std::string key;
        for (std::size_t i = 0; i < count; ++i) {
            key.clear();
            events::append_be64(key, appended_);
            batch.Put(key, values_[appended_++]);
        }
        if (!log_->Write(durable, &batch).ok()) give_up("bare RocksDB", "write failed");
    }

    const FlowTape& tape_;
    BareDatabase projections_;
    BareDatabase venue_;
    std::unique_ptr<rocksdb::DB> log_;
    std::vector<std::string> values_;
    std::size_t appended_ = 0;
};

}  // namespace ibkr::bench
