#include "engine/order_executions.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace ibkr::engine {

using events::AccountHash;
using events::Execution;
using events::failure;
using events::OrderRecord;
using events::Result;
using projections::Queries;

namespace {

bool fits(const Execution& execution, const events::OrderTerms& terms) {
    return execution.contract_id == terms.contract.contract_id && execution.side == terms.side;
}

}  // namespace

Result<std::vector<Execution>> executions_of_order(const Queries& models, const events::WorkflowId& order_id,
                                                   const AccountHash& account, const BrokerOrder& book,
                                                   const std::vector<Execution>& listed) {
    const auto same_id = models.orders_by_broker_id(account, book.broker_order_id);
    if (!same_id) return failure(same_id.error());
    const bool shared = std::ranges::any_of(*same_id, [&](const OrderRecord& other) {
        return other.order_id != order_id && other.terms.side == book.terms.side &&
               other.terms.contract.contract_id == book.terms.contract.contract_id;
    });
    std::vector<Execution> own;
    std::ranges::copy_if(listed, std::back_inserter(own), [&](const Execution& execution) {
        if (!fits(execution, book.terms)) return false;
        if (!execution.client_order_id.empty()) return execution.client_order_id == book.client_order_id;
        return !shared && execution.broker_order_id == book.broker_order_id;
    });
    return own;
}

Result<std::optional<OrderRecord>> order_of_execution(const Queries& models, const AccountHash& account,
                                                      const Execution& execution) {
    std::vector<OrderRecord> candidates;
    if (execution.client_order_id.empty()) {
        auto same_id = models.orders_by_broker_id(account, execution.broker_order_id);
        if (!same_id) return failure(same_id.error());
        candidates = std::move(*same_id);
    } else {
        auto own = models.order_by_client_id(account, execution.client_order_id);
        if (!own) return failure(own.error());
        if (*own) candidates.push_back(std::move(**own));
    }
    std::erase_if(candidates, [&](const OrderRecord& order) { return !fits(execution, order.terms); });
    if (candidates.size() != 1) return std::optional<OrderRecord>{};
    return std::optional(std::move(candidates.front()));
}

Result<bool> awaits_executions(const Queries& models, const OrderRecord& order, const BrokerOrder& book,
                               const std::vector<Execution>& reported) {
    std::map<events::ExecutionId, events::Quantity> fills;
    std::vector<events::ExecutionId> ids;
    for (const Execution& fill : reported)
        if (fills.emplace(fill.execution_id, fill.quantity).second) ids.push_back(fill.execution_id);
    const auto known = models.known_executions(order.account, ids);
    if (!known) return failure(known.error());
    events::Quantity awaited = book.filled_quantity;
    for (const auto& [id, quantity] : fills)
        if (!known->contains(id)) awaited = awaited.minus(quantity).value_or(awaited);
    return awaited > order.filled_quantity;
}

}  // namespace ibkr::engine
