#pragma once

#include "projections/projection.hpp"

namespace ibkr::projections {

/// The newest `policy_loaded` of each kind and name. Reading: `Queries::policy`, `policies`.
class Policies final : public Projection {
public:
    [[nodiscard]] std::string_view name() const override { return "policies"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] events::Result<void> create_tables(Database& database) override;
    [[nodiscard]] events::Result<void> apply(Database& database, const events::Event& event) override;
};

}  // namespace ibkr::projections
