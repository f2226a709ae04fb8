#pragma once
// What a paper flow writes, taken down while the engine runs it: every appended record, and every statement
// that changes a row with its values, commit by commit. The bare loop plays it back, so that its rows and
// bytes are the engine's own.
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sqlite3.h>

#include "tests/bench/bench.hpp"
#include "tests/support/forwarding_log.hpp"

namespace ibkr::bench {

struct Blob {
    std::string bytes;
};
using SqlValue = std::variant<std::monostate, std::int64_t, std::string, Blob>;

enum class Store : std::uint8_t { log, projections, venue };

struct TapedStatement {
    std::size_t sql = 0;           ///< place in `FlowTape::texts`
    std::vector<SqlValue> values;  ///< parameters 1, 2, ...
};

/// One synced append, or one transaction.
struct TapeStep {
    Store store{};
    std::vector<std::string> records;  ///< of the log
    std::vector<TapedStatement> statements;
};

/// Of several threads' commits in the order in which they came.
struct FlowTape {
    std::vector<std::string> texts;
    std::vector<TapeStep> steps;
    std::mutex mutex;  ///< of all of it, while it is recorded

    [[nodiscard]] std::size_t text(const std::string& sql) {
        const auto [place, added] = places.try_emplace(sql, texts.size());
        if (added) texts.push_back(sql);
        return place->second;
    }
    std::map<std::string, std::size_t> places;
};

/// The values that SQLite put in place of the parameters of `sql`.
[[nodiscard]] inline std::vector<SqlValue> bound_values(std::string_view sql, std::string_view expanded) {
    std::vector<SqlValue> values;
    std::size_t at = 0;  // in expanded
    const auto quoted = [&] {
        std::string text;
        for (++at; expanded[at] != '\'' || expanded.substr(at, 2) == "''"; ++at) {
            if (expanded[at] == '\'') ++at;
            text.push_back(expanded[at]);
        }
        ++at;
        return text;
    };
    const auto literal = [&]() -> SqlValue {
        if (expanded[at] == '\'') return quoted();
        if (expanded.substr(at, 2) == "x'") {
            ++at;
            const std::string digits = quoted();
            Blob blob;
            for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
                blob.bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
            return blob;
        }
        if (expanded.substr(at, 4) == "NULL") return at += 4, std::monostate{};
        std::size_t end = at;
        while (end < expanded.size() && (expanded[end] == '-' || std::isdigit(expanded[end]) != 0))
            ++end;
        const std::string digits(expanded.substr(at, end - at));
        at = end;
        return static_cast<std::int64_t>(std::strtoll(digits.c_str(), nullptr, 10));
    };
    bool in_text = false;
    for (std::size_t i = 0; i < sql.size();) {
        if (sql[i] == '\'') in_text = !in_text;
        if (in_text || sql[i] != '?') {
            if (expanded[at] != sql[i]) give_up("tape", "a statement cannot be taken down");
            ++i, ++at;
            continue;
        }
        std::size_t number = 0;
        for (++i; i < sql.size() && std::isdigit(sql[i]) != 0; ++i)
            number = number * 10 + static_cast<std::size_t>(sql[i] - '0');
        if (number == 0) number = values.size() + 1;
        if (values.size() < number) values.resize(number);
        values[number - 1] = literal();
    }
    return values;
}

/// Takes down what connections opened during its life change, while `tape` is set.
class SqlRecorder {
public:
    SqlRecorder() {
        current_ = this;
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(&SqlRecorder::watch));
    }
    ~SqlRecorder() {
        sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&SqlRecorder::watch));
        current_ = nullptr;
    }
    SqlRecorder(const SqlRecorder&) = delete;
    SqlRecorder& operator=(const SqlRecorder&) = delete;

    FlowTape* tape = nullptr;

private:
    static int watch(sqlite3* connection, const char**, const void*) {
        return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, &SqlRecorder::see, connection);
    }

    static int see(unsigned, void* connection, void* statement, void* text) {
        const bool of_trigger = std::string_view(static_cast<const char*>(text)).starts_with("--");
        if (current_ != nullptr && current_->tape != nullptr && !of_trigger)
            current_->take_down(static_cast<sqlite3*>(connection), static_cast<sqlite3_stmt*>(statement));
        return 0;
    }

    void take_down(sqlite3* connection, sqlite3_stmt* statement) {
        const std::scoped_lock lock(tape->mutex);
        const std::string sql = sqlite3_sql(statement);
        auto& open = open_[connection];
        if (sql.starts_with("BEGIN") || sql.starts_with("ROLLBACK")) {
            open.clear();
        } else if (sql.starts_with("COMMIT")) {
            // A transaction that changed nothing writes nothing.
            if (!open.empty()) tape->steps.push_back({store_of(connection), {}, std::move(open)});
            open.clear();
        } else if (sqlite3_stmt_readonly(statement) == 0 && !sql.starts_with("PRAGMA")) {
            char* const expanded = sqlite3_expanded_sql(statement);
            open.push_back({tape->text(sql), bound_values(sql, expanded)});
            sqlite3_free(expanded);
            if (sqlite3_get_autocommit(connection) != 0) give_up("tape", "a change outside a transaction");
        }
    }

    static Store store_of(sqlite3* connection) {
        const std::string_view file = sqlite3_db_filename(connection, "main");
        return file.ends_with("venue.sqlite3") ? Store::venue : Store::projections;
    }

    static inline SqlRecorder* current_ = nullptr;
    std::map<sqlite3*, std::vector<TapedStatement>> open_;
};

/// A log that takes down what is appended.
class TapingLog final : public testing::ForwardingLog {
public:
    TapingLog(events::Log& log, FlowTape*& tape) : ForwardingLog(log), tape_(tape) {}
    [[nodiscard]] events::Result<events::Head> append(std::span<const events::PendingRecord> records,
                                                      events::SequenceId expected_next) override {
        if (tape_ != nullptr) {
            TapeStep step{Store::log, {}, {}};
            for (const auto& record : records)
                step.records.push_back(record.bytes);
            const std::scoped_lock lock(tape_->mutex);
            tape_->steps.push_back(std::move(step));
        }
        return ForwardingLog::append(records, expected_next);
    }

private:
    FlowTape*& tape_;
};

}  // namespace ibkr::bench
