#include "engine/effects/one_call_broker.hpp"

namespace ibkr::engine {

events::Result<BrokerSession> OneCallBroker::session() {
    const std::scoped_lock one(mutex_);
    return broker_.session();
}

events::Result<std::vector<BrokerAccount>> OneCallBroker::accounts() {
    const std::scoped_lock one(mutex_);
    return broker_.accounts();
}

events::Result<BrokerPortfolio> OneCallBroker::portfolio(const events::AccountId& account) {
    const std::scoped_lock one(mutex_);
    return broker_.portfolio(account);
}

events::Result<std::vector<BrokerPosition>> OneCallBroker::positions(const events::AccountId& account) {
    const std::scoped_lock one(mutex_);
    return broker_.positions(account);
}

events::Result<std::vector<events::Contract>> OneCallBroker::search_contracts(std::string_view query) {
    const std::scoped_lock one(mutex_);
    return broker_.search_contracts(query);
}

events::Result<events::Contract> OneCallBroker::contract(const events::ContractId& id) {
    const std::scoped_lock one(mutex_);
    return broker_.contract(id);
}

events::Result<events::Quote> OneCallBroker::quote(const events::ContractId& id) {
    const std::scoped_lock one(mutex_);
    return broker_.quote(id);
}

events::Result<std::vector<Bar>> OneCallBroker::bars(const events::ContractId& id, std::string_view duration,
                                                     std::string_view bar_size) {
    const std::scoped_lock one(mutex_);
    return broker_.bars(id, duration, bar_size);
}

events::Result<std::vector<BrokerOrder>> OneCallBroker::orders(const events::AccountId& account) {
    const std::scoped_lock one(mutex_);
    return broker_.orders(account);
}

events::Result<std::optional<BrokerOrder>> OneCallBroker::find_by_client_order_id(
    const events::AccountId& account, const events::ClientOrderId& id) {
    const std::scoped_lock one(mutex_);
    return broker_.find_by_client_order_id(account, id);
}

events::Result<std::vector<events::Execution>> OneCallBroker::executions(const events::AccountId& account) {
    const std::scoped_lock one(mutex_);
    return broker_.executions(account);
}

events::Result<std::vector<events::Execution>> OneCallBroker::executions_of_order(
    const events::AccountId& account, const events::BrokerOrderId& order) {
    const std::scoped_lock one(mutex_);
    return broker_.executions_of_order(account, order);
}

BrokerAnswer OneCallBroker::submit(const SubmitRequest& request) {
    const std::scoped_lock one(mutex_);
    return broker_.submit(request);
}

BrokerAnswer OneCallBroker::cancel(const CancelRequest& request) {
    const std::scoped_lock one(mutex_);
    return broker_.cancel(request);
}

BrokerAnswer OneCallBroker::modify(const ModifyRequest& request) {
    const std::scoped_lock one(mutex_);
    return broker_.modify(request);
}

}  // namespace ibkr::engine
