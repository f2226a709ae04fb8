#pragma once

#include <optional>
#include <vector>

#include "engine/ports/broker.hpp"
#include "events/records.hpp"
#include "projections/queries.hpp"
#include "statemachines/report_commands.hpp"

namespace ibkr::engine {

// Which order of ours an execution is of. Brokers give their order ids out again (order-safety fault 6), so
//  1. one that carries a client order id is of the order with that id, whatever its broker id;
//  2. one without is of the order with its broker id, unless another order of ours has, or had, the same one;
//  3. contract and side must be the order's as well.
// What cannot be told is booked to no order: the order it may be of stays open and counts in full until its
// executions are there.

/// Those of `listed` that are of the order that `book` shows, ours under `order_id`.
[[nodiscard]] events::Result<std::vector<events::Execution>> executions_of_order(
    const projections::Queries& models, const events::WorkflowId& order_id,
    const events::AccountHash& account, const BrokerOrder& book,
    const std::vector<events::Execution>& listed);

/// The order that an execution on `account` is of; nullopt: none of ours, or it cannot be told.
[[nodiscard]] events::Result<std::optional<events::OrderRecord>> order_of_execution(
    const projections::Queries& models, const events::AccountHash& account,
    const events::Execution& execution);

/// Whether the book counts more fills than are booked, and reported beside it: executions are still to come.
[[nodiscard]] events::Result<bool> awaits_executions(const projections::Queries& models,
                                                     const events::OrderRecord& order,
                                                     const BrokerOrder& book,
                                                     const std::vector<events::Execution>& reported);

}  // namespace ibkr::engine
