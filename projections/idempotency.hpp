#pragma once

#include "projections/projection.hpp"

namespace ibkr::projections {

/// Which keys are bound, and to what first answer (design 5.7). A key is bound by its intent event, per
/// environment and account, and never expires; the first binding and the first outcome stay. Reading:
/// `Queries::idempotency`.
class Idempotency final : public Projection {
public:
    [[nodiscard]] std::string_view name() const override { return "idempotency"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] events::Result<void> create_tables(Database& database) override;
    [[nodiscard]] events::Result<void> apply(Database& database, const events::Event& event) override;
};

}  // namespace ibkr::projections
