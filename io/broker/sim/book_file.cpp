#include "io/broker/sim/accounts.hpp"
#include "io/broker/sim/book_query_internal.hpp"

namespace ibkr::io::sim {
namespace {

constexpr std::int64_t application_id = 0x49424b56;  // "IBKV"
constexpr std::int64_t format_version = 1;

// Prices and amounts in cents, times in milliseconds since 1970 (UTC), quantities in shares.
constexpr const char* schema = R"sql(
CREATE TABLE venue (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    seed INTEGER NOT NULL, created INTEGER NOT NULL, clock INTEGER NOT NULL) STRICT;
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY, account_id TEXT NOT NULL, client_order_id TEXT NOT NULL,
    contract INTEGER NOT NULL, side TEXT NOT NULL, order_type TEXT NOT NULL, time_in_force TEXT NOT NULL,
    quantity INTEGER NOT NULL, limit_price INTEGER, stop_price INTEGER, trailing_amount INTEGER,
    trailing_percent TEXT, status TEXT NOT NULL, filled INTEGER NOT NULL, filled_value INTEGER NOT NULL,
    fills INTEGER NOT NULL, triggered INTEGER NOT NULL, trail_extreme INTEGER, not_before INTEGER NOT NULL,
    expires INTEGER, created INTEGER NOT NULL, updated INTEGER NOT NULL, reason TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    UNIQUE (account_id, client_order_id), CHECK (filled BETWEEN 0 AND quantity)) STRICT;
CREATE INDEX orders_open ON orders (order_id) WHERE is_open = 1;
CREATE INDEX orders_updated ON orders (account_id, updated);
CREATE TABLE executions (
    order_id INTEGER NOT NULL, number INTEGER NOT NULL, account_id TEXT NOT NULL,
    contract INTEGER NOT NULL, side TEXT NOT NULL, quantity INTEGER NOT NULL CHECK (quantity > 0),
    price INTEGER NOT NULL CHECK (price > 0), executed INTEGER NOT NULL,
    PRIMARY KEY (order_id, number)) STRICT, WITHOUT ROWID;
CREATE INDEX executions_time ON executions (account_id, executed);
CREATE TABLE cash (
    account_id TEXT PRIMARY KEY, cash INTEGER NOT NULL, realized INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE holdings (
    account_id TEXT NOT NULL, contract INTEGER NOT NULL, quantity INTEGER NOT NULL, basis INTEGER NOT NULL,
    PRIMARY KEY (account_id, contract)) STRICT, WITHOUT ROWID;
PRAGMA application_id = 1229081430;
PRAGMA user_version = 1;
)sql";
static_assert(application_id == 1229081430 && format_version == 1);

projections::DatabaseOptions options() {
    projections::DatabaseOptions result;
    result.synchronous = projections::DatabaseOptions::Synchronous::full;
    result.busy_timeout_ms = BookStore::busy_timeout_ms;
    result.name = "simulated venue's book";
    return result;
}

constexpr std::string_view file_advice =
    "check venue.sqlite3 in the data directory: it must be a whole, writable book of this venue; moved away, "
    "a new one is made";

}  // namespace

events::Result<std::unique_ptr<BookStore>> BookStore::open(const std::string& path, std::uint64_t seed,
                                                           Millis now) {
    constexpr auto code = events::ErrorCode::broker_backend_unavailable;
    const std::string advice(file_advice);
    auto database = path == ":memory:" ? projections::Database::in_memory(options().name)
                                       : projections::Database::open(path, options());
    if (!database) return events::failure(code, database.error().message, advice);
    auto store = std::make_unique<BookStore>(std::move(*database));
    if (store->begin()) {
        store->prepare_file(seed, now);
        if (store->commit()) return store;
        store->rollback();
    }
    return events::failure(code, store->failure_->message, advice);
}

void BookStore::prepare_file(std::uint64_t seed, Millis now) {
    const std::int64_t owner = single_integer("PRAGMA application_id");
    const std::int64_t version = single_integer("PRAGMA user_version");
    const std::int64_t tables = single_integer("SELECT count(*) FROM sqlite_schema");
    if (owner == 0 && tables == 0) create_tables(seed, now);
    if (owner != application_id && tables != 0) fail("the file is not a book of the simulated venue");
    if (owner == application_id && version != format_version)
        fail("the simulated venue's book has format " + std::to_string(version) + ", this program knows " +
             std::to_string(format_version));
    Query venue(*this, "SELECT seed, created FROM venue");
    if (!venue.next()) return fail("the simulated venue's book lacks its first row");
    seed_ = static_cast<std::uint64_t>(venue.integer(0));
    created_ = venue.integer(1);
}

void BookStore::create_tables(std::uint64_t seed, Millis now) {
    if (failure_) return;
    if (const auto created = database_.exec(schema); !created) return fail(created.error().message);
    Query(*this, "INSERT INTO venue VALUES (1, ?1, ?2, ?2)", static_cast<std::int64_t>(seed), now).run();
    for (const AccountTerms& account : account_terms()) {
        set_cash(account.account_id, {account.cash, 0});
        if (account.holding_number != 0)
            set_holding(account.account_id, {instrument_numbered(account.holding_number),
                                             account.holding_quantity, account.holding_basis});
    }
}

void BookStore::fail(std::string why) {
    if (failure_) return;
    failure_ = events::failure(events::ErrorCode::broker_backend_unavailable, std::move(why)).value();
}

bool BookStore::begin() {
    failure_.reset();
    if (const auto begun = database_.begin(); !begun) fail(begun.error().message);
    return !failure_;
}

bool BookStore::commit() {
    if (failure_) return false;
    if (const auto done = database_.commit(); !done) fail(done.error().message);
    return !failure_;
}

void BookStore::rollback() noexcept {
    database_.rollback();
}

std::int64_t BookStore::single_integer(std::string_view sql) {
    Query query(*this, sql);
    if (query.next()) return query.integer(0);
    fail("the simulated venue's book lacks a row");
    return 0;
}

Millis BookStore::clock() {
    return single_integer("SELECT clock FROM venue");
}

void BookStore::set_clock(Millis now) {
    Query(*this, "UPDATE venue SET clock = ?1", now).run();
}

}  // namespace ibkr::io::sim
