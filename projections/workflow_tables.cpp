#include "projections/workflow_tables.hpp"

#include "events/json/codec.hpp"
#include "projections/row_internal.hpp"

namespace ibkr::projections {

using events::Result;

Result<void> create_workflow_tables(Database& database) {
    // The partial indexes hold only what is open, pending, unknown or due: small, however long the log is.
    return database.exec(R"sql(
        CREATE TABLE previews (
            preview_id TEXT PRIMARY KEY NOT NULL, account TEXT NOT NULL, state TEXT NOT NULL, expires_at INTEGER,
            awaits_expiry INTEGER NOT NULL, record TEXT NOT NULL);
        CREATE INDEX previews_of_account ON previews (account);
        CREATE INDEX previews_due ON previews (expires_at) WHERE awaits_expiry = 1;

        CREATE TABLE approvals (
            approval_id TEXT PRIMARY KEY NOT NULL, preview_id TEXT NOT NULL, account TEXT NOT NULL,
            state TEXT NOT NULL, expires_at INTEGER NOT NULL, is_open INTEGER NOT NULL,
            awaits_expiry INTEGER NOT NULL, record TEXT NOT NULL);
        CREATE INDEX approvals_of_preview ON approvals (preview_id);
        CREATE INDEX approvals_of_account ON approvals (account);
        CREATE INDEX approvals_due ON approvals (expires_at) WHERE awaits_expiry = 1;

        CREATE TABLE orders (
            order_id TEXT PRIMARY KEY NOT NULL, account TEXT NOT NULL, contract_id TEXT NOT NULL,
            side TEXT NOT NULL, client_order_id TEXT NOT NULL, state TEXT NOT NULL, is_open INTEGER NOT NULL,
            has_pending_intent INTEGER NOT NULL, broker_order_id TEXT NOT NULL,
            open_quantity TEXT NOT NULL, filled_quantity TEXT NOT NULL, record TEXT NOT NULL);
        CREATE INDEX orders_of_account ON orders (account);
        CREATE INDEX orders_open ON orders (account, contract_id) WHERE is_open = 1;
        CREATE INDEX orders_pending ON orders (has_pending_intent) WHERE has_pending_intent = 1;
        CREATE INDEX orders_unknown ON orders (state) WHERE state = 'unknown';
        CREATE INDEX orders_by_broker_id ON orders (broker_order_id) WHERE broker_order_id <> '';
        CREATE INDEX orders_by_client_id ON orders (client_order_id) WHERE client_order_id <> '';

        CREATE TABLE gateway (workflow_id TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL, record TEXT NOT NULL);
    )sql");
}

// An update leaves the indexes of the columns it does not name alone; only a workflow's first record is an
// insert.

Result<void> put_preview(Database& database, const events::PreviewRecord& record) {
    const std::string json = events::to_canonical_json(record);
    const bool awaits_expiry = record.state == "created" && record.expires_at.has_value();
    auto update = database.query(
        "UPDATE previews SET state = ?2, expires_at = ?3, awaits_expiry = ?4, record = ?5 WHERE preview_id = "
        "?1",
        record.preview_id.text(), record.state);
    if (record.expires_at) update.bind(3, record.expires_at->unix_ms());
    update.bind(4, awaits_expiry).bind(5, json);
    if (auto done = update.run(); !done || database.changes() != 0) return done;
    auto insert = database.query(
        "INSERT INTO previews (preview_id, state, expires_at, awaits_expiry, record, account)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        record.preview_id.text(), record.state);
    if (record.expires_at) insert.bind(3, record.expires_at->unix_ms());
    return insert.bind(4, awaits_expiry).bind(5, json).bind(6, record.account.text()).run();
}

Result<void> put_approval(Database& database, const events::ApprovalRecord& record) {
    const std::string json = events::to_canonical_json(record);
    const bool is_open =
        record.state == "pending" || record.state == "approved" || record.state == "reserved";
    const bool awaits_expiry = is_open && !record.expired_meanwhile;
    auto done = database.run(
        "UPDATE approvals SET state = ?2, is_open = ?3, awaits_expiry = ?4, record = ?5 WHERE approval_id = "
        "?1",
        record.approval_id.text(), record.state, is_open, awaits_expiry, json);
    if (!done || database.changes() != 0) return done;
    return database.run(
        "INSERT INTO approvals (approval_id, state, is_open, awaits_expiry, record, expires_at, preview_id, "
        "account)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        record.approval_id.text(), record.state, is_open, awaits_expiry, json, record.expires_at.unix_ms(),
        record.preview_id.text(), record.account.text());
}

namespace {

/// What the order may at most come to: under a modify without answer the larger of the two quantities. Once
/// such a modify ended unknown, what was counted stays the least.
Result<events::Decimal> open_quantity(Database& database, const events::OrderRecord& record) {
    events::Decimal quantity = record.terms.quantity.value();
    if (record.pending && record.pending->changes.quantity)
        quantity = std::max(quantity, record.pending->changes.quantity->value());
    if (!record.modify_unknown) return quantity;
    auto row = database.query("SELECT open_quantity FROM orders WHERE order_id = ?1", record.order_id.text());
    const auto found = row.step();
    if (!found) return events::failure(found.error());
    events::Decimal before;
    if (*found && !(RowReader(row) >> before).good()) return damaged_row("orders");
    return std::max(quantity, before);
}

}  // namespace

Result<void> put_order(Database& database, const events::OrderRecord& record, bool is_open) {
    const auto quantity = open_quantity(database, record);
    if (!quantity) return events::failure(quantity.error());
    const std::string json = events::to_canonical_json(record);
    auto done = database.run(
        "UPDATE orders SET state = ?2, is_open = ?3, has_pending_intent = ?4, broker_order_id = ?5,"
        " open_quantity = ?6, filled_quantity = ?7, record = ?8 WHERE order_id = ?1",
        record.order_id.text(), record.state, is_open, record.pending.has_value(),
        record.broker_order_id.text(), quantity->to_string(), record.filled_quantity.value().to_string(),
        json);
    if (!done || database.changes() != 0) return done;
    return database.run(
        "INSERT INTO orders (order_id, state, is_open, has_pending_intent, broker_order_id, open_quantity,"
        " filled_quantity, record, account, contract_id, side, client_order_id)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        record.order_id.text(), record.state, is_open, record.pending.has_value(),
        record.broker_order_id.text(), quantity->to_string(), record.filled_quantity.value().to_string(),
        json, record.account.text(), record.terms.contract.contract_id.text(), column_text(record.terms.side),
        record.client_order_id.text());
}

Result<void> put_gateway(Database& database, const events::GatewayRecord& record) {
    return database.run(
        "INSERT INTO gateway (workflow_id, state, record) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (workflow_id) DO UPDATE SET state = excluded.state, record = excluded.record",
        record.workflow_id.text(), record.state, events::to_canonical_json(record));
}

}  // namespace ibkr::projections
