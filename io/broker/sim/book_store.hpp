#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"
#include "io/broker/sim/book.hpp"
#include "projections/sqlite.hpp"

namespace ibkr::io::sim {

/// The venue's book on disk: one SQLite file with its orders, executions, cash, holdings and clock, in WAL
/// mode with synchronous FULL, so a commit that succeeded survives a power cut. Every function but `open`,
/// `seed` and `created` belongs between `begin` and `commit` or `rollback`; what one of them returns counts
/// only if `commit` succeeds: the first failure sticks, after it nothing is executed and queries are empty.
/// Two processes may use one book in turn: `begin` waits up to 5 s for the other. One thread at a time.
class BookStore {
public:
    static constexpr int executions_max = 10'000;  ///< rows of one answer, the newest ones
    static constexpr int busy_timeout_ms = 5'000;

    /// Opens the book at `path` (":memory:": a private one), or makes one that starts at `now`; an existing
    /// book keeps its own seed. Another program's file, a damaged one, one that cannot be written or one of a
    /// newer format is BROKER_BACKEND_UNAVAILABLE, and none of its rows is changed.
    [[nodiscard]] static events::Result<std::unique_ptr<BookStore>> open(const std::string& path,
                                                                         std::uint64_t seed, Millis now);

    /// For `open`: a connection whose file has not been looked at.
    explicit BookStore(projections::Database database) : database_(std::move(database)) {}

    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
    [[nodiscard]] Millis created() const noexcept { return created_; }

    /// False: nothing has begun and `failure` says why.
    [[nodiscard]] bool begin();
    /// False after an earlier failure (then nothing is committed) or when the commit itself failed.
    [[nodiscard]] bool commit();
    void rollback() noexcept;
    [[nodiscard]] const std::optional<events::Error>& failure() const noexcept { return failure_; }

    [[nodiscard]] Millis clock();
    void set_clock(Millis now);

    [[nodiscard]] std::int64_t next_order_id();
    void insert_order(const BookOrder& order);
    void update_order(const BookOrder& order);
    [[nodiscard]] std::vector<BookOrder> open_orders();
    [[nodiscard]] std::vector<BookOrder> open_orders_of(std::string_view account_id);
    /// Orders that are open or changed at or after `since`, by id.
    [[nodiscard]] std::vector<BookOrder> recent_orders_of(std::string_view account_id, Millis since);
    [[nodiscard]] std::optional<BookOrder> order(std::string_view account_id, std::int64_t order_id);
    [[nodiscard]] std::optional<BookOrder> order_by_client_id(std::string_view account_id,
                                                              std::string_view client_order_id);

    void insert_execution(std::string_view account_id, const BookExecution& execution);
    /// Executions at or after `since`, oldest first.
    [[nodiscard]] std::vector<BookExecution> executions_of(std::string_view account_id, Millis since);
    [[nodiscard]] std::vector<BookExecution> executions_of_order(std::string_view account_id,
                                                                 std::int64_t order_id, Millis since);

    [[nodiscard]] CashState cash_of(std::string_view account_id);
    void set_cash(std::string_view account_id, const CashState& cash);
    /// Non-zero holdings, by contract number.
    [[nodiscard]] std::vector<Holding> holdings_of(std::string_view account_id);
    void set_holding(std::string_view account_id, const Holding& holding);

private:
    class Query;
    void prepare_file(std::uint64_t seed, Millis now);
    void create_tables(std::uint64_t seed, Millis now);
    [[nodiscard]] std::int64_t single_integer(std::string_view sql);
    [[nodiscard]] std::vector<BookOrder> read_orders(Query query);
    [[nodiscard]] std::optional<BookOrder> read_order(Query query);
    [[nodiscard]] std::vector<BookExecution> read_executions(Query query);
    [[nodiscard]] const Instrument* instrument_numbered(std::int64_t number);
    void fail(std::string why);

    projections::Database database_;
    std::optional<events::Error> failure_;
    std::uint64_t seed_ = 0;
    Millis created_ = 0;
};

}  // namespace ibkr::io::sim
