#include "statemachines/decide/order_gates.hpp"

#include "statemachines/decide/drafts.hpp"
#include "statemachines/evolve/order_fold.hpp"

namespace ibkr::statemachines {
namespace {

using events::Error;
using events::ErrorCode;

Error busy(const events::OrderRecord& order, std::string_view what, std::string_view participle) {
    Error error = error_of(
        ErrorCode::paper_idempotency_conflict,
        "a " + std::string(what) + " of order " + order.order_id.text() + " is under way, so it cannot be " +
            std::string(participle) + " now",
        "Look at the order and repeat the call once it is " + std::string(order.state) + " no more.");
    error.retryable = true;
    return error;
}

std::string_view write_under_way(const events::OrderRecord& order) {
    if (order.pending) return events::name_of(order.pending->operation);
    return order.state == to_string(OrderState::CancelPending) ? "cancel" : "modify";
}

}  // namespace

std::optional<Error> known_order_gate(const std::optional<events::OrderRecord>& order,
                                      const events::AccountHash& account,
                                      const events::BrokerOrderId& broker_order_id,
                                      events::Environment environment) {
    const bool ours = order && order->account == account && order->environment == environment &&
                      !broker_order_id.empty() && order->broker_order_id == broker_order_id;
    if (ours) return std::nullopt;
    return error_of(ErrorCode::broker_capability_unavailable,
                    "no " + std::string(events::name_of(environment)) + " order " + broker_order_id.text() +
                        " of ours stands in this account",
                    "List the account's orders; an order placed elsewhere is changed where it was placed.");
}

std::optional<Error> table_gate(const events::OrderRecord& order, const OrderEvent& wish,
                                std::string_view participle) {
    const auto state = order_state_of(order);
    const std::string cannot = "the order is " + order.state + ", so it cannot be " + std::string(participle);
    if (!state || is_terminal(*state))
        return error_of(ErrorCode::order_validation_failed, cannot, "Nothing is left to do for this order.");
    if (order.pending) return busy(order, write_under_way(order), participle);
    if (peek_order(order, wish).outcome == RowOutcome::step) return std::nullopt;
    if (state == OrderState::Unknown) {
        Error error = error_of(ErrorCode::order_validation_failed, cannot + " until its outcome is known",
                               "Let reconciliation find the order at the broker, then repeat the call.");
        error.retryable = true;
        return error;
    }
    if (state == OrderState::CancelPending || state == OrderState::ModifyPending)
        return busy(order, write_under_way(order), participle);
    return error_of(ErrorCode::order_validation_failed, cannot, "Look at the order's state.");
}

}  // namespace ibkr::statemachines
