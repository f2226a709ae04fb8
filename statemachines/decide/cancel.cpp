#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"
#include "statemachines/decide/gates.hpp"
#include "statemachines/decide/order_gates.hpp"
#include "statemachines/hashing.hpp"

namespace ibkr::statemachines {
namespace {

using events::Environment;
using events::Error;
using events::ErrorCode;

/// A cancel only lowers the stake, so an account whose mode could not be read does not stop it; a live one
/// does.
std::optional<Error> mode_gate(const OrderFacts& facts) {
    if (facts.market.account_mode != events::AccountMode::live) return std::nullopt;
    return error_of(ErrorCode::paper_trading_disabled, "the order is a paper order and the account is live",
                    "Check which account the broker session is for.");
}

}  // namespace

Decided decide(const CancelOrder& command, const OrderFacts& facts, const ExistingOrderView& view) {
    const auto refuse = [&](Error error) {
        Decided decided = refused(std::move(error), command.account);
        if (view.order && view.order->account == command.account) decided.subject = view.order->order_id;
        return decided;
    };
    if (auto error = key_gate(command.idempotency_key)) return refuse(std::move(*error));
    if (auto answer = idempotency_gate(view.bound, request_hash(command), command.account)) return *answer;
    if (auto error = paper_gate(view.policy, facts, command.account)) return refuse(std::move(*error));
    if (auto error =
            known_order_gate(view.order, command.account, command.broker_order_id, Environment::paper))
        return refuse(std::move(*error));
    if (auto error = table_gate(*view.order, CancelIntended{}, "cancelled")) return refuse(std::move(*error));
    if (auto error = mode_gate(facts)) return refuse(std::move(*error));

    const auto& order = *view.order;
    const events::Timestamp send_by = facts.now.plus_ms(view.policy.settings.send_window_ms);
    events::OrderCancelIntended intent{facts.new_id,
                                       order.environment,
                                       order.broker_order_id,
                                       command.idempotency_key,
                                       request_hash(command),
                                       send_by,
                                       {}};
    BrokerWrite write;
    write.operation = events::Operation::cancel;
    write.order_id = order.order_id;
    write.intent_id = facts.new_id;
    write.account = command.account;
    write.environment = order.environment;
    write.client_order_id = order.client_order_id;
    write.broker_order_id = order.broker_order_id;
    write.send_by = send_by;

    Decided decided;
    decided.events.push_back(draft(std::move(intent), order.order_id, command.account));
    add_send_started(decided, write, facts.network_broker);
    decided.effects.push_back(std::move(write));
    decided.subject = order.order_id;
    return decided;
}

}  // namespace ibkr::statemachines
