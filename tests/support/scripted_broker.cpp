#include "tests/support/scripted_broker.hpp"

#include <algorithm>
#include <utility>

namespace ibkr::testing {

using namespace ibkr::engine;
using namespace ibkr::events;

Contract ScriptedBroker::stock() {
    return {ContractId("265598"), "AAPL", "APPLE INC", AssetClass::stock, "SMART", Currency{}};
}

WriteFault ScriptedBroker::take_fault() {
    ++writes_begun_;
    if (const auto event = std::exchange(before_write_, nullptr)) event();
    if (faults_.empty()) return WriteFault::none;
    const WriteFault fault = faults_.front();
    faults_.pop_front();
    return fault;
}

BrokerOrder* ScriptedBroker::find(const BrokerOrderId& id) {
    const auto found = std::find_if(book_.begin(), book_.end(),
                                    [&](const BrokerOrder& order) { return order.broker_order_id == id; });
    return found == book_.end() ? nullptr : &*found;
}

std::size_t ScriptedBroker::placed(const ClientOrderId& id) const {
    return static_cast<std::size_t>(std::count_if(
        book_.begin(), book_.end(), [&](const BrokerOrder& order) { return order.client_order_id == id; }));
}

Quantity ScriptedBroker::position() const {
    Quantity sum;
    for (const Execution& fill : executions_)
        sum = fill.side == Side::buy ? *sum.plus(fill.quantity) : *sum.minus(fill.quantity);
    return sum;
}

void ScriptedBroker::fill(const BrokerOrderId& id, Quantity quantity, Price price) {
    BrokerOrder* order = find(id);
    if (order == nullptr) return;
    order->filled_quantity = *order->filled_quantity.plus(quantity);
    order->status = order->filled_quantity >= order->terms.quantity ? BrokerOrderStatus::filled
                                                                    : BrokerOrderStatus::partially_filled;
    executions_.push_back({ExecutionId("exec-" + std::to_string(executions_.size() + 1)),
                           id,
                           {},
                           order->terms.contract.contract_id,
                           order->terms.side,
                           quantity,
                           price,
                           Currency{},
                           clock_.now()});
}

BrokerAnswer ScriptedBroker::answer(WriteFault fault, const BrokerOrder& order) {
    if (fault == WriteFault::lose_answer)
        return {Outcome::unknown, {}, std::nullopt, "no answer arrived", {}};
    return {Outcome::confirmed, order.broker_order_id, order.status, {}, "{\"order\":\"accepted\"}"};
}

BrokerAnswer ScriptedBroker::submit(const SubmitRequest& request) {
    const WriteFault fault = take_fault();
    if (fault == WriteFault::drop_request)
        return {Outcome::unknown, {}, std::nullopt, "no answer arrived", {}};
    if (fault == WriteFault::refuse)
        return {Outcome::refused, {}, BrokerOrderStatus::rejected, "rejected", "{}"};
    BrokerOrder order;
    order.account_id = request.account_id;
    order.broker_order_id = BrokerOrderId(std::to_string(9001 + book_.size()));
    order.client_order_id = request.client_order_id;
    order.terms = request.terms;
    order.status = BrokerOrderStatus::working;
    order.created_at = order.updated_at = clock_.now();
    book_.push_back(order);
    if (fill_from_ && request.terms.limit_price && *request.terms.limit_price >= *fill_from_)
        fill(order.broker_order_id, request.terms.quantity, *request.terms.limit_price);
    return answer(fault, book_.back());
}

BrokerAnswer ScriptedBroker::cancel(const CancelRequest& request) {
    const WriteFault fault = take_fault();
    if (fault == WriteFault::drop_request)
        return {Outcome::unknown, {}, std::nullopt, "no answer arrived", {}};
    BrokerOrder* order = find(request.broker_order_id);
    const bool open = order != nullptr && (order->status == BrokerOrderStatus::working ||
                                           order->status == BrokerOrderStatus::partially_filled);
    if (fault == WriteFault::refuse || !open) return {Outcome::refused, {}, std::nullopt, "not open", "{}"};
    order->status = BrokerOrderStatus::cancelled;
    return answer(fault, *order);
}

BrokerAnswer ScriptedBroker::modify(const ModifyRequest& request) {
    const WriteFault fault = take_fault();
    if (fault == WriteFault::drop_request)
        return {Outcome::unknown, {}, std::nullopt, "no answer arrived", {}};
    BrokerOrder* order = find(request.broker_order_id);
    if (fault == WriteFault::refuse || order == nullptr || order->status == BrokerOrderStatus::filled)
        return {Outcome::refused, {}, std::nullopt, "not open", "{}"};
    if (request.quantity) order->terms.quantity = *request.quantity;
    if (request.limit_price) order->terms.limit_price = request.limit_price;
    return answer(fault, *order);
}

Result<BrokerSession> ScriptedBroker::session() {
    return BrokerSession{"usable", "scripted", clock_.now(), std::nullopt};
}

Result<std::vector<BrokerAccount>> ScriptedBroker::accounts() {
    return std::vector<BrokerAccount>{{account(), "scripted", AccountMode::paper, Currency{}}};
}

Result<BrokerPortfolio> ScriptedBroker::portfolio(const AccountId& account) {
    BrokerPortfolio portfolio;
    portfolio.account_id = account;
    portfolio.as_of = clock_.now();
    return portfolio;
}

Result<std::vector<BrokerPosition>> ScriptedBroker::positions(const AccountId& account) {
    if (position().value().is_zero()) return std::vector<BrokerPosition>{};
    return std::vector<BrokerPosition>{
        {account, stock(), position(), ask_, ask_, Decimal{}, Decimal{}, clock_.now()}};
}

Result<std::vector<Contract>> ScriptedBroker::search_contracts(std::string_view) {
    return std::vector<Contract>{stock()};
}

Result<Contract> ScriptedBroker::contract(const ContractId&) {
    return stock();
}

Result<Quote> ScriptedBroker::quote(const ContractId& id) {
    return Quote{id, bid_, ask_, bid_, Currency{}, clock_.now(), clock_.now(), DataStatus::live};
}

Result<std::vector<Bar>> ScriptedBroker::bars(const ContractId&, std::string_view, std::string_view) {
    return std::vector<Bar>{};
}

Result<std::vector<BrokerOrder>> ScriptedBroker::orders(const AccountId&) {
    if (!lists_orders_) return failure(ErrorCode::broker_backend_unavailable, "the order list is not there");
    return book_;
}

Result<std::optional<BrokerOrder>> ScriptedBroker::find_by_client_order_id(const AccountId&,
                                                                           const ClientOrderId& id) {
    const auto found = std::find_if(book_.begin(), book_.end(),
                                    [&](const BrokerOrder& order) { return order.client_order_id == id; });
    if (found == book_.end()) return std::optional<BrokerOrder>{};
    return std::optional<BrokerOrder>(*found);
}

Result<std::vector<Execution>> ScriptedBroker::executions(const AccountId&) {
    return executions_;
}

}  // namespace ibkr::testing
