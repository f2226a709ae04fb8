#include "io/broker/sim/book_store.hpp"

#include <algorithm>

#include "io/broker/sim/book_query_internal.hpp"

namespace ibkr::io::sim {
namespace {

constexpr std::int64_t order_id_before_first = 1000;

std::optional<std::string> percent_text(const BookOrder& order) {
    return order.trailing_percent ? std::optional(order.trailing_percent->to_string()) : std::nullopt;
}

bool percent_from(const std::optional<std::string>& text, std::optional<events::Decimal>& percent) {
    percent.reset();
    if (!text) return true;
    const auto parsed = events::Decimal::parse(*text);
    if (parsed) percent = *parsed;
    return parsed.has_value();
}

/// Reads the columns of `SELECT * FROM orders` but the contract; false when a word is unknown.
template <class Row>
bool read_columns(const Row& row, BookOrder& order) {
    order.order_id = row.integer(0);
    order.account_id = row.text(1);
    order.client_order_id = row.text(2);
    order.quantity = row.integer(7);
    order.limit_price = row.optional_integer(8);
    order.stop_price = row.optional_integer(9);
    order.trailing_amount = row.optional_integer(10);
    order.filled = row.integer(13);
    order.filled_value = row.integer(14);
    order.fills = row.integer(15);
    order.triggered = row.integer(16) != 0;
    order.trail_extreme = row.optional_integer(17);
    order.not_before = row.integer(18);
    order.expires = row.optional_integer(19);
    order.created = row.integer(20);
    order.updated = row.integer(21);
    order.reason = row.text(22);
    return events::enum_from_name(row.text(4), order.side) &&
           events::enum_from_name(row.text(5), order.order_type) &&
           events::enum_from_name(row.text(6), order.time_in_force) &&
           events::enum_from_name(row.text(12), order.status) &&
           percent_from(row.optional_text(11), order.trailing_percent);
}

}  // namespace

const Instrument* BookStore::instrument_numbered(std::int64_t number) {
    const auto found = std::ranges::find(instruments(), number, &Instrument::number);
    if (found != instruments().end()) return &*found;
    fail("the simulated venue's book names a contract that is not listed");
    return nullptr;
}

std::vector<BookOrder> BookStore::read_orders(Query query) {
    std::vector<BookOrder> orders;
    while (query.next()) {
        BookOrder order;
        order.instrument = instrument_numbered(query.integer(3));
        if (!read_columns(query, order)) fail("the simulated venue's book holds a word it does not know");
        if (!failure_) orders.push_back(std::move(order));
    }
    return orders;
}

std::optional<BookOrder> BookStore::read_order(Query query) {
    auto orders = read_orders(std::move(query));
    return orders.empty() ? std::nullopt : std::optional(std::move(orders.front()));
}

std::int64_t BookStore::next_order_id() {
    return std::max(order_id_before_first, single_integer("SELECT coalesce(max(order_id), 0) FROM orders")) +
           1;
}

void BookStore::insert_order(const BookOrder& order) {
    using events::name_of;
    Query(*this,
          "INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
          "?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
          order.order_id, order.account_id, order.client_order_id, order.instrument->number,
          name_of(order.side), name_of(order.order_type), name_of(order.time_in_force), order.quantity,
          order.limit_price, order.stop_price, order.trailing_amount, percent_text(order),
          name_of(order.status), order.filled, order.filled_value, order.fills, order.triggered ? 1 : 0,
          order.trail_extreme, order.not_before, order.expires, order.created, order.updated, order.reason,
          order.is_open() ? 1 : 0)
        .run();
}

void BookStore::update_order(const BookOrder& order) {
    Query(*this,
          "UPDATE orders SET quantity = ?2, limit_price = ?3, stop_price = ?4, trailing_amount = ?5, "
          "trailing_percent = ?6, status = ?7, filled = ?8, filled_value = ?9, fills = ?10, triggered = ?11, "
          "trail_extreme = ?12, not_before = ?13, expires = ?14, updated = ?15, reason = ?16, is_open = ?17, "
          "time_in_force = ?18 WHERE order_id = ?1",
          order.order_id, order.quantity, order.limit_price, order.stop_price, order.trailing_amount,
          percent_text(order), events::name_of(order.status), order.filled, order.filled_value, order.fills,
          order.triggered ? 1 : 0, order.trail_extreme, order.not_before, order.expires, order.updated,
          order.reason, order.is_open() ? 1 : 0, events::name_of(order.time_in_force))
        .run();
}

std::vector<BookOrder> BookStore::open_orders() {
    return read_orders(Query(*this, "SELECT * FROM orders WHERE is_open = 1 ORDER BY order_id"));
}

std::vector<BookOrder> BookStore::open_orders_of(std::string_view account_id) {
    return read_orders(Query(
        *this,
        // Named, because SQLite would rather walk all orders the account ever had.
        "SELECT * FROM orders INDEXED BY orders_open WHERE is_open = 1 AND account_id = ?1 ORDER BY order_id",
        account_id));
}

std::vector<BookOrder> BookStore::recent_orders_of(std::string_view account_id, Millis since) {
    return read_orders(Query(*this,
                             "SELECT * FROM orders WHERE account_id = ?1 AND (is_open = 1 OR updated >= ?2) "
                             "ORDER BY order_id",
                             account_id, since));
}

std::optional<BookOrder> BookStore::order(std::string_view account_id, std::int64_t order_id) {
    return read_order(
        Query(*this, "SELECT * FROM orders WHERE order_id = ?1 AND account_id = ?2", order_id, account_id));
}

std::optional<BookOrder> BookStore::order_by_client_id(std::string_view account_id,
                                                       std::string_view client_order_id) {
    return read_order(Query(*this, "SELECT * FROM orders WHERE account_id = ?1 AND client_order_id = ?2",
                            account_id, client_order_id));
}

void BookStore::insert_execution(std::string_view account_id, const BookExecution& execution) {
    Query(*this, "INSERT INTO executions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", execution.order_id,
          execution.number, account_id, execution.instrument->number, events::name_of(execution.side),
          execution.fill.quantity, execution.fill.price, execution.fill.at)
        .run();
}

std::vector<BookExecution> BookStore::read_executions(Query query) {
    std::vector<BookExecution> executions;
    while (query.next()) {
        BookExecution execution{query.integer(0),
                                query.integer(1),
                                instrument_numbered(query.integer(2)),
                                events::Side::buy,
                                {query.integer(4), query.integer(5), query.integer(6)}};
        if (!events::enum_from_name(query.text(3), execution.side))
            fail("the simulated venue's book holds a word it does not know");
        if (!failure_) executions.push_back(execution);
    }
    return executions;
}

std::vector<BookExecution> BookStore::executions_of(std::string_view account_id, Millis since) {
    auto newest_first = read_executions(
        Query(*this,
              "SELECT order_id, number, contract, side, quantity, price, executed FROM executions "
              "WHERE account_id = ?1 AND executed >= ?2 ORDER BY executed DESC, order_id DESC, number DESC "
              "LIMIT ?3",
              account_id, since, executions_max));
    std::ranges::reverse(newest_first);
    return newest_first;
}

std::vector<BookExecution> BookStore::executions_of_order(std::string_view account_id, std::int64_t order_id,
                                                          Millis since) {
    return read_executions(
        Query(*this,
              "SELECT order_id, number, contract, side, quantity, price, executed FROM executions "
              "WHERE order_id = ?1 AND account_id = ?2 AND executed >= ?3 ORDER BY number LIMIT ?4",
              order_id, account_id, since, executions_max));
}

CashState BookStore::cash_of(std::string_view account_id) {
    Query query(*this, "SELECT cash, realized FROM cash WHERE account_id = ?1", account_id);
    if (query.next()) return {query.integer(0), query.integer(1)};
    fail("the simulated venue's book lacks an account");
    return {};
}

void BookStore::set_cash(std::string_view account_id, const CashState& cash) {
    Query(*this, "INSERT OR REPLACE INTO cash VALUES (?1, ?2, ?3)", account_id, cash.cash, cash.realized)
        .run();
}

std::vector<Holding> BookStore::holdings_of(std::string_view account_id) {
    std::vector<Holding> holdings;
    Query query(*this,
                "SELECT contract, quantity, basis FROM holdings WHERE account_id = ?1 AND quantity <> 0 "
                "ORDER BY contract",
                account_id);
    while (query.next()) {
        const Holding holding{instrument_numbered(query.integer(0)), query.integer(1), query.integer(2)};
        if (!failure_) holdings.push_back(holding);
    }
    return holdings;
}

void BookStore::set_holding(std::string_view account_id, const Holding& holding) {
    if (failure_) return;
    Query(*this, "INSERT OR REPLACE INTO holdings VALUES (?1, ?2, ?3, ?4)", account_id,
          holding.instrument->number, holding.quantity, holding.basis)
        .run();
}

}  // namespace ibkr::io::sim
