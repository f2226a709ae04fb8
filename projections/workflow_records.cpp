#include "projections/workflow_records.hpp"

#include "events/json/codec.hpp"
#include "projections/row_internal.hpp"

namespace ibkr::projections {
namespace {

template <class Record>
events::Result<std::optional<Record>> read_record(Statement row, std::string_view table) {
    const auto found = row.step();
    if (!found) return events::failure(found.error());
    if (!*found) return std::optional<Record>{};
    auto record = events::from_json_text<Record>(row.text(0));
    if (!record) return damaged_row(table);
    return std::optional<Record>(std::move(*record));
}

}  // namespace

events::Result<std::optional<events::PreviewRecord>> get_preview(Database& database,
                                                                 const events::WorkflowId& id) {
    return read_record<events::PreviewRecord>(
        database.query("SELECT record FROM previews WHERE preview_id = ?1", id.text()), "previews");
}

events::Result<std::optional<events::ApprovalRecord>> get_approval(Database& database,
                                                                   const events::WorkflowId& id) {
    return read_record<events::ApprovalRecord>(
        database.query("SELECT record FROM approvals WHERE approval_id = ?1", id.text()), "approvals");
}

events::Result<std::optional<events::OrderRecord>> get_order(Database& database,
                                                             const events::WorkflowId& id) {
    return read_record<events::OrderRecord>(
        database.query("SELECT record FROM orders WHERE order_id = ?1", id.text()), "orders");
}

events::Result<std::optional<events::GatewayRecord>> get_gateway(Database& database,
                                                                 const events::WorkflowId& id) {
    return read_record<events::GatewayRecord>(
        database.query("SELECT record FROM gateway WHERE workflow_id = ?1", id.text()), "gateway");
}

}  // namespace ibkr::projections
