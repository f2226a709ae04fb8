#pragma once

#include <optional>

#include "events/records.hpp"
#include "events/result.hpp"
#include "projections/sqlite.hpp"

namespace ibkr::projections {

// One workflow's record, read on the connection that folds it: what the `workflows` projection steps from.

[[nodiscard]] events::Result<std::optional<events::PreviewRecord>> get_preview(Database& database,
                                                                               const events::WorkflowId& id);
[[nodiscard]] events::Result<std::optional<events::ApprovalRecord>> get_approval(
    Database& database, const events::WorkflowId& id);
[[nodiscard]] events::Result<std::optional<events::OrderRecord>> get_order(Database& database,
                                                                           const events::WorkflowId& id);
[[nodiscard]] events::Result<std::optional<events::GatewayRecord>> get_gateway(Database& database,
                                                                               const events::WorkflowId& id);

}  // namespace ibkr::projections
