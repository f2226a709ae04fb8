#pragma once

#include "projections/projection.hpp"

namespace ibkr::projections {

/// Positions as recorded, and every execution once (design 5.6 and 5.10). An execution is known by account
/// and execution id; the first record of it stays. A recorded position older than the base in force is left
/// alone. The sum of what was executed after the base is kept beside it, so that a position costs one row.
/// Reading: `Queries::exposure` (with the open orders of workflow_tables), `known_executions`, `executions`.
class ExposureProjection final : public Projection {
public:
    [[nodiscard]] std::string_view name() const override { return "exposure"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] events::Result<void> create_tables(Database& database) override;
    [[nodiscard]] events::Result<void> apply(Database& database, const events::Event& event) override;
};

}  // namespace ibkr::projections
