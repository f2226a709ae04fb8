#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/account_directory.hpp"
#include "engine/ports/broker.hpp"
#include "events/records.hpp"

namespace ibkr::engine {

/// One order as known from two sides: the broker's book and our records. At least one is set; without ours it
/// was placed elsewhere (`"source":"external"`). Borrows both.
struct OrderSides {
    const BrokerOrder* book = nullptr;
    const events::OrderRecord* ours = nullptr;

    [[nodiscard]] events::Timestamp created_at() const;
    /// True for its broker order id or its client order id.
    [[nodiscard]] bool has_id(std::string_view id) const;
};

/// Every order of the book and every record of ours once, newest first. A record and an order of the book are
/// the same order when they carry the same client order id or, where the book says none, the same broker
/// order id. Borrows both lists.
[[nodiscard]] std::vector<OrderSides> join_orders(const std::vector<BrokerOrder>& book,
                                                  const std::vector<events::OrderRecord>& ours);

/// Order. Of ours `status` is the lifecycle's word and `order_state` the exact state.
[[nodiscard]] std::string order_payload(const OrderSides& order, const AccountDirectory& accounts);
[[nodiscard]] std::string orders_payload(const std::vector<OrderSides>& orders,
                                         const AccountDirectory& accounts);

/// A fill, and the order of ours it belongs to; empty for external ones.
struct ExecutionRow {
    events::Execution execution;
    events::WorkflowId order_id;
};
/// [execution]; the caller sorts.
[[nodiscard]] std::string executions_payload(const std::string& account_id,
                                             const std::vector<ExecutionRow>& executions);

}  // namespace ibkr::engine
