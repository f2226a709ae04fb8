#pragma once

#include "projections/projection.hpp"

namespace ibkr::projections {

/// Orders and notional per account, environment and policy (design 5.8), counted at the intent on log time.
/// 1. A submit counts one order and its notional, a modify one order and its added notional, a cancel
/// nothing.
/// 2. `not_sent` and `not_placed` give back order and notional, `rejected` the notional alone; nothing else
/// gives back. 3. What was given back counts again when an execution shows that the order was in the book.
/// 4. Each intent is kept, and its sums per hour beside it, so that a count costs as many rows as the period
/// has hours, plus the intents of its first hour when it begins within one. Reading: `Queries::count`,
/// `counts`.
class RateCounters final : public Projection {
public:
    [[nodiscard]] std::string_view name() const override { return "rate_counters"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] events::Result<void> create_tables(Database& database) override;
    [[nodiscard]] events::Result<void> apply(Database& database, const events::Event& event) override;
};

}  // namespace ibkr::projections
