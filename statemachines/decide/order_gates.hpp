#pragma once

#include <optional>

#include "events/records.hpp"
#include "events/result.hpp"
#include "statemachines/machines/order.hpp"

namespace ibkr::statemachines {

// Gates on an order that exists already. Private to this folder.

/// The order is one of ours, of this account and environment, and known at the broker under its id.
[[nodiscard]] std::optional<events::Error> known_order_gate(const std::optional<events::OrderRecord>& order,
                                                            const events::AccountHash& account,
                                                            const events::BrokerOrderId& broker_order_id,
                                                            events::Environment environment);

/// No other write of ours is under way, and the table takes `wish` now. An order that has ended is
/// ORDER_VALIDATION_FAILED; one that is busy is a retryable PAPER_IDEMPOTENCY_CONFLICT; one whose outcome is
/// unknown is a retryable ORDER_VALIDATION_FAILED.
[[nodiscard]] std::optional<events::Error> table_gate(const events::OrderRecord& order,
                                                      const OrderEvent& wish, std::string_view participle);

}  // namespace ibkr::statemachines
