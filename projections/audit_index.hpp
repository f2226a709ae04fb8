#pragma once

#include "projections/projection.hpp"

namespace ibkr::projections {

/// The envelope of every event, to find it by. The record itself stays in the log. Reading:
/// `Queries::event_by_id`, `events_of_command`, `find_events`.
class AuditIndex final : public Projection {
public:
    [[nodiscard]] std::string_view name() const override { return "audit_index"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] events::Result<void> create_tables(Database& database) override;
    [[nodiscard]] events::Result<void> apply(Database& database, const events::Event& event) override;
};

}  // namespace ibkr::projections
