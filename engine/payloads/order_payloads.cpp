#include "engine/payloads/order_payloads.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "engine/payloads/payload_parts.hpp"
#include "engine/payloads/terms_payload.hpp"
#include "engine/payloads/workflow_payloads.hpp"
#include "events/json/describe_codec.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {
namespace {

using events::omit_empty;
using events::OrderRecord;

struct OrderPayload {
    TermsPayload terms;
    std::string account_id{};
    events::BrokerOrderId broker_order_id{};
    events::ClientOrderId client_order_id{};
    events::WorkflowId order_id{};
    std::optional<events::Environment> environment{};
    std::string status{};
    std::string order_state{};
    std::string broker_status{};
    std::string source{};
    events::Quantity filled_quantity{};
    std::optional<std::string> average_fill_price{};
    bool contradicted = false;
    std::string message{};
    events::Timestamp created_at{};
    events::Timestamp updated_at{};
    std::string user_action{};

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        TermsPayload::describe(v, self.terms);
        v("account_id", self.account_id);
        v("average_fill_price", self.average_fill_price);
        v("broker_order_id", self.broker_order_id);
        v("broker_status", omit_empty(self.broker_status));
        v("client_order_id", self.client_order_id);
        v("contradicted", omit_empty(self.contradicted));
        v("created_at", self.created_at);
        v("environment", self.environment);
        v("filled_quantity", self.filled_quantity);
        v("message", omit_empty(self.message));
        v("order_id", self.order_id);
        v("order_state", omit_empty(self.order_state));
        v("source", self.source);
        v("status", self.status);
        v("updated_at", self.updated_at);
        v("user_action", omit_empty(self.user_action));
    }
};

struct ExecutionPayload {
    const events::Execution* execution = nullptr;
    std::string account_id;
    events::WorkflowId order_id;
    std::string price;
    std::string source;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account_id", self.account_id);
        v("broker_order_id", self.execution->broker_order_id);
        v("contract_id", self.execution->contract_id);
        v("currency", self.execution->currency);
        v("executed_at", self.execution->executed_at);
        v("execution_id", self.execution->execution_id);
        v("order_id", self.order_id);
        v("price", self.price);
        v("quantity", self.execution->quantity);
        v("side", self.execution->side);
        v("source", self.source);
    }
};

/// The contract's word for an order that only the book knows.
std::string_view book_status(const BrokerOrder& order) noexcept {
    switch (order.status) {
        case BrokerOrderStatus::pending:
        case BrokerOrderStatus::working:
        case BrokerOrderStatus::partially_filled:
            return "open";
        case BrokerOrderStatus::filled:
            return "filled";
        case BrokerOrderStatus::cancelled:
        case BrokerOrderStatus::expired:
            return "cancelled";
        case BrokerOrderStatus::rejected:
            return "refused";
    }
    return "unknown";
}

std::string_view source_name(bool ours) noexcept {
    return ours ? "gateway" : "external";
}

OrderPayload external(const BrokerOrder& order) {
    OrderPayload shown{TermsPayload(order.terms)};
    shown.account_id = outside_text(order.account_id.raw());
    shown.broker_order_id = order.broker_order_id;
    shown.client_order_id = order.client_order_id;
    shown.status = book_status(order);
    shown.source = source_name(false);
    shown.filled_quantity = order.filled_quantity;
    if (order.average_fill_price) shown.average_fill_price = amount_text(*order.average_fill_price);
    shown.message = outside_text(order.reason);
    shown.created_at = order.created_at;
    shown.updated_at = order.updated_at;
    return shown;
}

OrderPayload our_own(const OrderRecord& order, const AccountDirectory& accounts) {
    OrderPayload shown{TermsPayload(order.terms)};
    shown.account_id = accounts.display(order.account);
    shown.broker_order_id = order.broker_order_id;
    shown.client_order_id = order.client_order_id;
    shown.order_id = order.order_id;
    shown.environment = order.environment;
    shown.status = statemachines::lifecycle_status(order.state, order.ever_working);
    shown.order_state = order.state;
    shown.source = source_name(true);
    shown.filled_quantity = order.filled_quantity;
    if (order.filled_quantity.value().is_positive())
        shown.average_fill_price = average_price_text(order.filled_value, order.filled_quantity);
    shown.contradicted = order.contradicted;
    shown.message = order.message;
    shown.created_at = order.created_at;
    shown.updated_at = order.updated_at;
    if (order.state == "unknown") shown.user_action = unknown_order_action();
    return shown;
}

OrderPayload shown(const OrderSides& order, const AccountDirectory& accounts) {
    OrderPayload payload = order.ours != nullptr ? our_own(*order.ours, accounts) : external(*order.book);
    if (order.book != nullptr) payload.broker_status = events::name_of(order.book->status);
    return payload;
}

}  // namespace

events::Timestamp OrderSides::created_at() const {
    return ours != nullptr ? ours->created_at : book->created_at;
}

bool OrderSides::has_id(std::string_view id) const {
    return (ours != nullptr && (ours->broker_order_id.text() == id || ours->client_order_id.text() == id)) ||
           (book != nullptr && (book->broker_order_id.text() == id || book->client_order_id.text() == id));
}

std::vector<OrderSides> join_orders(const std::vector<BrokerOrder>& book,
                                    const std::vector<OrderRecord>& ours) {
    std::map<events::ClientOrderId, const OrderRecord*> by_client_id;
    std::map<events::BrokerOrderId, const OrderRecord*> by_broker_id;
    for (const OrderRecord& order : ours) {
        if (!order.client_order_id.empty()) by_client_id.emplace(order.client_order_id, &order);
        if (!order.broker_order_id.empty()) by_broker_id.emplace(order.broker_order_id, &order);
    }
    const auto record_of = [&](const BrokerOrder& order) -> const OrderRecord* {
        if (!order.client_order_id.empty()) {
            const auto found = by_client_id.find(order.client_order_id);
            return found == by_client_id.end() ? nullptr : found->second;
        }
        const auto found = by_broker_id.find(order.broker_order_id);
        return found == by_broker_id.end() ? nullptr : found->second;
    };

    std::vector<OrderSides> joined;
    joined.reserve(book.size() + ours.size());
    std::set<const OrderRecord*> paired;
    for (const BrokerOrder& order : book) {
        const OrderRecord* record = record_of(order);
        if (record != nullptr && !paired.insert(record).second) record = nullptr;
        joined.push_back({&order, record});
    }
    for (const OrderRecord& order : ours)
        if (!paired.contains(&order)) joined.push_back({nullptr, &order});
    const auto broker_id = [](const OrderSides& order) {
        return order.book != nullptr ? order.book->broker_order_id : order.ours->broker_order_id;
    };
    std::sort(joined.begin(), joined.end(), [&](const OrderSides& a, const OrderSides& b) {
        if (a.created_at() != b.created_at()) return a.created_at() > b.created_at();
        return broker_id(a) < broker_id(b);
    });
    return joined;
}

std::string order_payload(const OrderSides& order, const AccountDirectory& accounts) {
    return events::to_canonical_json(shown(order, accounts));
}

std::string orders_payload(const std::vector<OrderSides>& orders, const AccountDirectory& accounts) {
    std::vector<OrderPayload> list;
    list.reserve(orders.size());
    for (const OrderSides& order : orders)
        list.push_back(shown(order, accounts));
    return events::to_canonical_json(list);
}

std::string executions_payload(const std::string& account_id, const std::vector<ExecutionRow>& executions) {
    std::vector<ExecutionPayload> list;
    list.reserve(executions.size());
    for (const ExecutionRow& row : executions)
        list.push_back({&row.execution, outside_text(account_id), row.order_id,
                        amount_text(row.execution.price), std::string(source_name(!row.order_id.empty()))});
    return events::to_canonical_json(list);
}

}  // namespace ibkr::engine
