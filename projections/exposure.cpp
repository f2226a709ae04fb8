#include "projections/exposure.hpp"

#include "projections/row_internal.hpp"

namespace ibkr::projections {

using events::Decimal;
using events::Event;
using events::Result;

namespace {

struct Position {
    Decimal base;
    std::optional<events::Timestamp> as_of;
    Decimal executed_since;
};

Decimal signed_quantity(events::Side side, const Decimal& quantity) {
    return side == events::Side::buy ? quantity : quantity.negated();
}

Result<Position> find_position(Database& database, const events::AccountHash& account,
                               const events::ContractId& contract) {
    Position position;
    auto row = database.query(
        "SELECT base, as_of, executed_since FROM positions WHERE account = ?1 AND contract_id = ?2",
        account.text(), contract.text());
    const auto found = row.step();
    if (!found) return events::failure(found.error());
    if (!*found) return position;
    if (!(RowReader(row) >> position.base >> position.as_of >> position.executed_since).good())
        return damaged_row("positions");
    return position;
}

Result<void> put_position(Database& database, const events::AccountHash& account,
                          const events::ContractId& contract, const Position& position) {
    auto put = database.query(
        "INSERT INTO positions (account, contract_id, base, executed_since, as_of) VALUES (?1, ?2, ?3, ?4, "
        "?5)"
        " ON CONFLICT (account, contract_id) DO UPDATE SET base = excluded.base,"
        " executed_since = excluded.executed_since, as_of = excluded.as_of",
        account.text(), contract.text(), position.base.to_string(), position.executed_since.to_string());
    if (position.as_of) put.bind(5, position.as_of->unix_ms());
    return put.run();
}

Result<Decimal> executed_after(Database& database, const events::AccountHash& account,
                               const events::ContractId& contract, events::Timestamp as_of) {
    auto rows = database.query(
        "SELECT side, quantity FROM executions WHERE account = ?1 AND contract_id = ?2 AND executed_at > ?3",
        account.text(), contract.text(), as_of.unix_ms());
    Decimal sum;
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return sum;
        events::Side side{};
        Decimal quantity;
        if (!(RowReader(rows) >> side >> quantity).good()) return damaged_row("executions");
        sum = add_or_largest(sum, signed_quantity(side, quantity));
    }
}

Result<void> record_base(Database& database, const Event& event, const events::PositionFact& fact) {
    auto position = find_position(database, event.account_id_hash, fact.contract_id);
    if (!position) return events::failure(position.error());
    if (position->as_of && *position->as_of > fact.as_of) return {};
    auto since = executed_after(database, event.account_id_hash, fact.contract_id, fact.as_of);
    if (!since) return events::failure(since.error());
    return put_position(database, event.account_id_hash, fact.contract_id,
                        {fact.quantity.value(), fact.as_of, *since});
}

Result<void> record_execution(Database& database, const Event& event, const events::Execution& execution) {
    const auto& account = event.account_id_hash;
    auto inserted = database.run(
        "INSERT OR IGNORE INTO executions (account, execution_id, sequence, order_id, broker_order_id,"
        " contract_id, side, quantity, price, currency, executed_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        account.text(), execution.execution_id.text(), event.sequence_id.value(), event.workflow_id.text(),
        execution.broker_order_id.text(), execution.contract_id.text(), column_text(execution.side),
        execution.quantity.value().to_string(), execution.price.value().to_string(),
        execution.currency.code(), execution.executed_at.unix_ms());
    if (!inserted || database.changes() == 0) return inserted;
    auto position = find_position(database, account, execution.contract_id);
    if (!position) return events::failure(position.error());
    // Of the same millisecond but recorded after the base: counted, so that limits never see too little.
    if (position->as_of && execution.executed_at < *position->as_of) return {};
    position->executed_since =
        add_or_largest(position->executed_since, signed_quantity(execution.side, execution.quantity.value()));
    return put_position(database, account, execution.contract_id, *position);
}

}  // namespace

Result<void> ExposureProjection::create_tables(Database& database) {
    return database.exec(R"sql(
        CREATE TABLE positions (
            account TEXT NOT NULL, contract_id TEXT NOT NULL, base TEXT NOT NULL, as_of INTEGER,
            executed_since TEXT NOT NULL, PRIMARY KEY (account, contract_id)) WITHOUT ROWID;
        CREATE TABLE executions (
            account TEXT NOT NULL, execution_id TEXT NOT NULL, sequence INTEGER NOT NULL, order_id TEXT NOT NULL,
            broker_order_id TEXT NOT NULL, contract_id TEXT NOT NULL, side TEXT NOT NULL,
            quantity TEXT NOT NULL, price TEXT NOT NULL, currency TEXT NOT NULL, executed_at INTEGER NOT NULL,
            PRIMARY KEY (account, execution_id)) WITHOUT ROWID;
        CREATE INDEX executions_in_time ON executions (executed_at);
        CREATE INDEX executions_of_contract ON executions (account, contract_id, executed_at);
    )sql");
}

Result<void> ExposureProjection::apply(Database& database, const Event& event) {
    if (const auto* recorded = std::get_if<events::PositionRecorded>(&event.body))
        return record_base(database, event, recorded->position);
    if (const auto* executed = std::get_if<events::OrderExecutionRecorded>(&event.body))
        return record_execution(database, event, executed->execution);
    return {};
}

Result<events::Exposure> Queries::exposure(const events::AccountHash& account,
                                           const events::ContractId& contract) const {
    const auto position = find_position(*database_, account, contract);
    if (!position) return events::failure(position.error());
    Decimal open_buys;
    Decimal open_sells;
    auto rows = database_->query(
        "SELECT side, open_quantity, filled_quantity FROM orders WHERE is_open = 1 AND account = ?1"
        " AND contract_id = ?2",
        account.text(), contract.text());
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) break;
        events::Side side{};
        Decimal quantity;
        Decimal filled;
        if (!(RowReader(rows) >> side >> quantity >> filled).good()) return damaged_row("orders");
        if (filled >= quantity) continue;
        Decimal& open = side == events::Side::buy ? open_buys : open_sells;
        open = add_or_largest(open, add_or_largest(quantity, filled.negated()));
    }
    return events::Exposure{events::Quantity(add_or_largest(position->base, position->executed_since)),
                            events::Quantity(open_buys), events::Quantity(open_sells), position->as_of};
}

}  // namespace ibkr::projections
