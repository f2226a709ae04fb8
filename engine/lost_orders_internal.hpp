#pragma once

#include "engine/account_directory.hpp"
#include "events/values/order.hpp"

namespace ibkr::engine {

// How what a broker's book says goes into a record, and is compared with one. Private to the files that
// settle what was lost: lost_orders.cpp, after_resumption.cpp, recovery.cpp.

/// The book's terms, their texts from outside redacted and cut.
[[nodiscard]] events::OrderTerms recordable(events::OrderTerms terms, const AccountDirectory& accounts);
/// Empty when it is not an id: an event that holds it could never be read back.
[[nodiscard]] events::BrokerOrderId recordable(const events::BrokerOrderId& id);
/// Whether an order was changed. Prices that the venue itself moves (a trailing stop's) are not compared.
[[nodiscard]] bool has_other_terms(const events::OrderTerms& ours, const events::OrderTerms& theirs);

}  // namespace ibkr::engine
