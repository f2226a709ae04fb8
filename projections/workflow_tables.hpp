#pragma once

#include "events/records.hpp"
#include "events/result.hpp"
#include "projections/sqlite.hpp"

namespace ibkr::projections {

// The records of the workflows, as the engine's `workflows` projection folds them by the state machines. This
// file only keeps them: which state follows which is decided there. Reading: queries.hpp.

/// Bump when the tables or what is written into them change; part of the version of the projection that
/// owns them.
inline constexpr std::uint32_t workflow_tables_version = 1;

[[nodiscard]] events::Result<void> create_workflow_tables(Database& database);

// Each replaces the record of the same workflow.
[[nodiscard]] events::Result<void> put_preview(Database& database, const events::PreviewRecord& record);
[[nodiscard]] events::Result<void> put_approval(Database& database, const events::ApprovalRecord& record);
/// `is_open`: the machine's word that the state is not terminal. While it holds, the order counts towards
/// exposure with what is unfilled.
[[nodiscard]] events::Result<void> put_order(Database& database, const events::OrderRecord& record,
                                             bool is_open);
[[nodiscard]] events::Result<void> put_gateway(Database& database, const events::GatewayRecord& record);

}  // namespace ibkr::projections
