#pragma once

#include <optional>

#include "events/records.hpp"
#include "events/result.hpp"
#include "projections/sqlite.hpp"

namespace ibkr::projections {

// A workflow's record by its id, for the projection that folds it. Everyone else asks `Queries`.

template <class Record>
using Found = events::Result<std::optional<Record>>;

[[nodiscard]] Found<events::PreviewRecord> get_preview(Database& database, const events::WorkflowId& id);
[[nodiscard]] Found<events::ApprovalRecord> get_approval(Database& database, const events::WorkflowId& id);
[[nodiscard]] Found<events::OrderRecord> get_order(Database& database, const events::WorkflowId& id);
[[nodiscard]] Found<events::GatewayRecord> get_gateway(Database& database, const events::WorkflowId& id);

}  // namespace ibkr::projections
