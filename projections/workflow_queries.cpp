#include <algorithm>
#include <tuple>

#include "events/json/codec.hpp"
#include "projections/row_internal.hpp"
#include "projections/workflow_records.hpp"

namespace ibkr::projections {

using events::AccountHash;
using events::ApprovalRecord;
using events::GatewayRecord;
using events::OrderRecord;
using events::PreviewRecord;
using events::Result;
using events::WorkflowId;

namespace {

/// A record gathers what several events said, so it may be longer than any one of them.
constexpr events::JsonLimits record_limits{.bytes_max = 1'048'576, .depth_max = 128};

/// Column 0 of every statement here is `record`.
template <class Record>
Result<std::optional<Record>> one(Statement row, std::string_view table) {
    const auto found = row.step();
    if (!found) return events::failure(found.error());
    if (!*found) return std::optional<Record>{};
    auto record = events::from_json_text<Record>(row.text(0), record_limits);
    if (!record) return damaged_row(table);
    return std::optional<Record>(std::move(*record));
}

template <class Record>
Result<std::vector<Record>> all(Statement rows, std::string_view table) {
    std::vector<Record> records;
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return records;
        auto record = events::from_json_text<Record>(rows.text(0), record_limits);
        if (!record) return damaged_row(table);
        records.push_back(std::move(*record));
    }
}

Result<std::vector<OrderRecord>> all_orders(Statement rows) {
    return all<OrderRecord>(std::move(rows), "orders");
}

}  // namespace

Found<PreviewRecord> get_preview(Database& database, const WorkflowId& id) {
    return one<PreviewRecord>(database.query("SELECT record FROM previews WHERE preview_id = ?1", id.text()),
                              "previews");
}

Found<ApprovalRecord> get_approval(Database& database, const WorkflowId& id) {
    return one<ApprovalRecord>(
        database.query("SELECT record FROM approvals WHERE approval_id = ?1", id.text()), "approvals");
}

Found<OrderRecord> get_order(Database& database, const WorkflowId& id) {
    return one<OrderRecord>(database.query("SELECT record FROM orders WHERE order_id = ?1", id.text()),
                            "orders");
}

Found<GatewayRecord> get_gateway(Database& database, const WorkflowId& id) {
    return one<GatewayRecord>(database.query("SELECT record FROM gateway WHERE workflow_id = ?1", id.text()),
                              "gateway");
}

Found<PreviewRecord> Queries::preview(const WorkflowId& id) const {
    return get_preview(*database_, id);
}
Found<ApprovalRecord> Queries::approval(const WorkflowId& id) const {
    return get_approval(*database_, id);
}
Found<OrderRecord> Queries::order(const WorkflowId& id) const {
    return get_order(*database_, id);
}
Found<GatewayRecord> Queries::gateway(const WorkflowId& id) const {
    return get_gateway(*database_, id);
}

// Rows are numbered as they were inserted, in log order: rowid is "newest first" without an index of its own.

Result<std::vector<PreviewRecord>> Queries::previews(const AccountHash& account, std::uint32_t limit) const {
    const auto rows = cut_limit(limit);
    return all<PreviewRecord>(
        account.empty()
            ? database_->query("SELECT record FROM previews ORDER BY rowid DESC LIMIT ?1", rows)
            : database_->query("SELECT record FROM previews WHERE account = ?2 ORDER BY rowid DESC LIMIT ?1",
                               rows, account.text()),
        "previews");
}

Result<std::vector<ApprovalRecord>> Queries::approvals(const ApprovalFilter& filter) const {
    std::string sql = "SELECT record FROM approvals WHERE 1";
    if (!filter.account.empty()) sql += " AND account = ?2";
    if (!filter.preview_id.empty()) sql += " AND preview_id = ?3";
    if (!filter.state.empty()) sql += " AND state = ?4";
    auto rows = database_->prepare_cached(sql + " ORDER BY rowid DESC LIMIT ?1");
    rows.bind(1, cut_limit(filter.limit));
    if (!filter.account.empty()) rows.bind(2, filter.account.text());
    if (!filter.preview_id.empty()) rows.bind(3, filter.preview_id.text());
    if (!filter.state.empty()) rows.bind(4, filter.state);
    return all<ApprovalRecord>(std::move(rows), "approvals");
}

Result<std::optional<ApprovalRecord>> Queries::open_approval_of(const WorkflowId& preview_id) const {
    return one<ApprovalRecord>(
        database_->query("SELECT record FROM approvals WHERE preview_id = ?1 AND is_open = 1"
                         " ORDER BY rowid DESC LIMIT 1",
                         preview_id.text()),
        "approvals");
}

Result<std::vector<OrderRecord>> Queries::orders(const AccountHash& account, std::uint32_t limit) const {
    const auto rows = cut_limit(limit);
    return all_orders(
        account.empty()
            ? database_->query("SELECT record FROM orders ORDER BY rowid DESC LIMIT ?1", rows)
            : database_->query("SELECT record FROM orders WHERE account = ?2 ORDER BY rowid DESC LIMIT ?1",
                               rows, account.text()));
}

Result<std::vector<OrderRecord>> Queries::open_orders(const AccountHash& account, std::uint32_t limit) const {
    const auto rows = cut_limit(limit);
    return all_orders(
        account.empty()
            ? database_->query("SELECT record FROM orders INDEXED BY orders_open WHERE is_open = 1 ORDER BY "
                               "rowid LIMIT ?1",
                               rows)
            : database_->query(
                  "SELECT record FROM orders INDEXED BY orders_open WHERE is_open = 1 AND account = ?2"
                  " ORDER BY rowid LIMIT ?1",
                  rows, account.text()));
}

Result<std::vector<OrderRecord>> Queries::open_orders_of(const AccountHash& account,
                                                         const events::ContractId& contract) const {
    return all_orders(database_->query(
        "SELECT record FROM orders WHERE is_open = 1 AND account = ?1 AND contract_id = ?2 ORDER BY rowid",
        account.text(), contract.text()));
}

Result<std::vector<OrderRecord>> Queries::orders_with_pending_intent() const {
    return all_orders(
        database_->query("SELECT record FROM orders WHERE has_pending_intent = 1 ORDER BY rowid"));
}

Result<std::vector<OrderRecord>> Queries::unknown_orders() const {
    return all_orders(database_->query("SELECT record FROM orders WHERE state = 'unknown' ORDER BY rowid"));
}

Result<std::optional<OrderRecord>> Queries::order_by_broker_id(const AccountHash& account,
                                                               const events::BrokerOrderId& id) const {
    return one<OrderRecord>(
        database_->query("SELECT record FROM orders WHERE broker_order_id = ?1 AND broker_order_id <> ''"
                         " AND account = ?2 ORDER BY is_open DESC, rowid DESC LIMIT 1",
                         id.text(), account.text()),
        "orders");
}

Result<std::vector<OrderRecord>> Queries::orders_by_broker_id(const AccountHash& account,
                                                              const events::BrokerOrderId& id) const {
    return all_orders(
        database_->query("SELECT record FROM orders WHERE broker_order_id = ?1 AND broker_order_id <> ''"
                         " AND account = ?2 ORDER BY is_open DESC, rowid DESC",
                         id.text(), account.text()));
}

Result<std::optional<OrderRecord>> Queries::order_by_client_id(const events::ClientOrderId& id) const {
    return one<OrderRecord>(
        database_->query("SELECT record FROM orders WHERE client_order_id = ?1 AND client_order_id <> ''"
                         " ORDER BY rowid DESC LIMIT 1",
                         id.text()),
        "orders");
}

Result<std::optional<OrderRecord>> Queries::order_by_client_id(const AccountHash& account,
                                                               const events::ClientOrderId& id) const {
    return one<OrderRecord>(
        database_->query("SELECT record FROM orders WHERE client_order_id = ?1 AND client_order_id <> ''"
                         " AND account = ?2 ORDER BY rowid DESC LIMIT 1",
                         id.text(), account.text()),
        "orders");
}

Result<std::vector<WorkflowId>> Queries::orders_after(TablePosition& position, std::uint32_t limit) const {
    auto rows =
        database_->query("SELECT rowid, order_id FROM orders WHERE rowid > ?1 ORDER BY rowid LIMIT ?2",
                         position.row, cut_limit(limit));
    std::vector<WorkflowId> ids;
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return ids;
        position.row = rows.integer(0);
        if (!from_text(rows.text(1), ids.emplace_back())) return damaged_row("orders");
    }
}

Result<std::vector<ApprovalRecord>> Queries::open_approvals_after(TablePosition& position,
                                                                  std::uint32_t limit) const {
    auto rows = database_->query(
        "SELECT record, rowid FROM approvals WHERE is_open = 1 AND rowid > ?1 ORDER BY rowid LIMIT ?2",
        position.row, cut_limit(limit));
    std::vector<ApprovalRecord> records;
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return records;
        position.row = rows.integer(1);
        auto record = events::from_json_text<ApprovalRecord>(rows.text(0), record_limits);
        if (!record) return damaged_row("approvals");
        records.push_back(std::move(*record));
    }
}

Result<bool> Queries::has_order(const WorkflowId& id) const {
    return database_->query("SELECT 1 FROM orders WHERE order_id = ?1", id.text()).step();
}

namespace {

Result<void> add_due(Statement rows, DueKind kind, std::vector<DueTimer>& timers) {
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return {};
        DueTimer timer;
        timer.kind = kind;
        if (!(RowReader(rows) >> timer.workflow_id >> timer.due_at).good())
            return damaged_row("previews or approvals");
        timers.push_back(std::move(timer));
    }
}

}  // namespace

Result<std::vector<DueTimer>> Queries::due_timers(events::Timestamp now, std::uint32_t limit) const {
    const auto rows = cut_limit(limit);
    std::vector<DueTimer> timers;
    auto done = add_due(database_->query("SELECT preview_id, expires_at FROM previews WHERE awaits_expiry = 1"
                                         " AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
                                         now.unix_ms(), rows),
                        DueKind::preview, timers);
    if (done)
        done =
            add_due(database_->query("SELECT approval_id, expires_at FROM approvals WHERE awaits_expiry = 1"
                                     " AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
                                     now.unix_ms(), rows),
                    DueKind::approval, timers);
    if (!done) return events::failure(done.error());
    std::sort(timers.begin(), timers.end(), [](const DueTimer& a, const DueTimer& b) {
        return std::tie(a.due_at, a.kind, a.workflow_id) < std::tie(b.due_at, b.kind, b.workflow_id);
    });
    if (timers.size() > rows) timers.resize(rows);
    return timers;
}

Result<std::optional<events::Timestamp>> Queries::earliest_due() const {
    auto row = database_->query(
        "SELECT min(due) FROM (SELECT min(expires_at) AS due FROM previews WHERE awaits_expiry = 1"
        " UNION ALL SELECT min(expires_at) FROM approvals WHERE awaits_expiry = 1)");
    const auto found = row.step();
    if (!found) return events::failure(found.error());
    if (!*found || row.is_null(0)) return std::optional<events::Timestamp>{};
    return std::optional(events::Timestamp(row.integer(0)));
}

}  // namespace ibkr::projections
