#pragma once

#include "engine/account_directory.hpp"
#include "events/values/order.hpp"

namespace ibkr::engine {

// How what a broker's book says goes into a record. Private to lost_orders.cpp and after_resumption.cpp.

/// The book's terms, their texts from outside redacted and cut.
[[nodiscard]] events::OrderTerms recordable(events::OrderTerms terms, const AccountDirectory& accounts);
/// Empty when it is not an id: an event that holds it could never be read back.
[[nodiscard]] events::BrokerOrderId recordable(const events::BrokerOrderId& id);

}  // namespace ibkr::engine
