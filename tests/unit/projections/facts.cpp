#include "tests/unit/projections/facts.hpp"

#include <catch2/catch.hpp>

#include "projections/workflow_records.hpp"
#include "projections/workflow_tables.hpp"

namespace ibkr::unit {

using namespace ibkr::events;
using projections::Database;

Decimal decimal(std::string_view text) {
    return Decimal::parse(text).value();
}

OrderTerms terms_of(std::string_view contract, Side side, std::int64_t quantity) {
    OrderTerms terms;
    terms.contract.contract_id = ContractId(std::string(contract));
    terms.contract.symbol = "AAPL";
    terms.contract.asset_class = AssetClass::stock;
    terms.side = side;
    terms.quantity = Quantity::whole(quantity);
    terms.limit_price = Price(Decimal::of(19955, 2));
    return terms;
}

Event Feed::event(Body body, std::string_view workflow_id, const AccountHash& account) {
    Event e;
    e.sequence_id = SequenceId(++count_);
    e.event_id = EventId("event-" + std::to_string(count_));
    e.timestamp = Timestamp(now_ms);
    e.workflow_id = WorkflowId(std::string(workflow_id));
    e.command_id = CommandId("command-" + std::to_string(count_));
    e.account_id_hash = account;
    e.body = std::move(body);
    return e;
}

Event Feed::submit(std::string_view order, std::string_view notional, std::string_view key,
                   std::string_view policy, const AccountHash& account) {
    OrderSubmitIntended body;
    body.intent_id = order;
    body.terms = terms_of("265598", Side::buy, 10);
    body.idempotency_key = IdempotencyKey(std::string(key));
    body.request_hash = "request of " + std::string(order);
    body.policy_name = policy;
    body.notional = Money{decimal(notional), Currency{}};
    body.client_order_id = ClientOrderId("p-" + std::string(order));
    body.state = "submitting";
    return event(body, order, account);
}

Event Feed::modify(std::string_view order, std::string_view intent, std::string_view added_notional) {
    OrderModifyIntended body;
    body.intent_id = intent;
    body.policy_name = "default";
    body.added_notional = Money{decimal(added_notional), Currency{}};
    body.state = "modify_pending";
    return event(body, order);
}

Event Feed::cancel(std::string_view order, std::string_view intent, std::string_view key) {
    OrderCancelIntended body;
    body.intent_id = intent;
    body.idempotency_key = IdempotencyKey(std::string(key));
    body.request_hash = "cancel of " + std::string(order);
    body.state = "cancel_pending";
    return event(body, order);
}

Event Feed::lifecycle(std::string_view order, std::string_view state) {
    PaperOrderLifecycleChanged body;
    body.state = state;
    body.evidence = "broker_record";
    return event(body, order);
}

Event Feed::execution(std::string_view order, std::string_view execution_id, Side side,
                      std::string_view quantity, std::int64_t executed_at_ms, const AccountHash& account,
                      std::string_view contract) {
    OrderExecutionRecorded body;
    body.execution.execution_id = ExecutionId(std::string(execution_id));
    body.execution.broker_order_id = BrokerOrderId("B-" + std::string(order));
    body.execution.contract_id = ContractId(std::string(contract));
    body.execution.side = side;
    body.execution.quantity = Quantity(decimal(quantity));
    body.execution.price = Price(Decimal::of(19955, 2));
    body.execution.executed_at = Timestamp(executed_at_ms);
    body.state = "partially_filled";
    return event(body, order, account);
}

Event Feed::position(std::string_view quantity, std::int64_t as_of_ms, const AccountHash& account,
                     std::string_view contract) {
    PositionRecorded body;
    body.position = {ContractId(std::string(contract)), Quantity(decimal(quantity)), Timestamp(as_of_ms)};
    return event(body, {}, account);
}

OrderRecord order_record(std::string_view id, std::string_view state, const OrderTerms& terms) {
    OrderRecord record;
    record.order_id = WorkflowId(std::string(id));
    record.position = 1;
    record.state = state;
    record.account = account_a;
    record.terms = terms;
    return record;
}

namespace {

class OrderRecords final : public projections::Projection {
public:
    std::string_view name() const override { return "workflows"; }
    std::uint32_t version() const override { return 1; }
    Result<void> create_tables(Database& database) override {
        return projections::create_workflow_tables(database);
    }
    Result<void> apply(Database& database, const Event& event) override {
        auto found = projections::get_order(database, event.workflow_id);
        if (!found) return failure(found.error());
        OrderRecord record = found->value_or(OrderRecord{});
        if (const auto* submit = std::get_if<OrderSubmitIntended>(&event.body)) {
            record = order_record(event.workflow_id.text(), submit->state, submit->terms);
            record.client_order_id = submit->client_order_id;
            record.account = event.account_id_hash;
        } else if (const auto* fill = std::get_if<OrderExecutionRecorded>(&event.body)) {
            record.filled_quantity = record.filled_quantity.plus(fill->execution.quantity).value();
        } else if (const auto* outcome = std::get_if<PaperOrderSubmitted>(&event.body)) {
            record.state = outcome->state;
            record.broker_order_id = outcome->broker_order_id;
        } else {
            return {};
        }
        if (record.order_id.empty()) return {};
        return projections::put_order(database, record, record.state != "rejected");
    }
};

}  // namespace

projections::ProjectionList projections_of_test() {
    auto list = projections::standard_projections();
    list.insert(list.begin(), std::make_unique<OrderRecords>());
    return list;
}

projections::ProjectionStore memory_store() {
    auto store = projections::ProjectionStore::open(":memory:", projections_of_test());
    REQUIRE(store);
    return std::move(*store);
}

projections::Checkpoint checkpoint_at(SequenceId sequence) {
    projections::Checkpoint checkpoint{sequence, {}};
    checkpoint.mac.fill(static_cast<std::uint8_t>(sequence.value() % 251 + 1));
    return checkpoint;
}

void fold(projections::ProjectionStore& store, const std::vector<Event>& list) {
    REQUIRE(store.begin());
    for (const auto& event : list)
        REQUIRE(store.apply(event));
    REQUIRE(store.commit(list.empty() ? store.checkpoint() : checkpoint_at(list.back().sequence_id)));
}

std::string dump(Database& database) {
    std::string text;
    const auto counts = projections::table_counts(database);
    REQUIRE(counts);
    for (const auto& [table, rows] : *counts) {
        text += "== " + table + " " + std::to_string(rows) + "\n";
        auto all = database.prepare_cached("SELECT * FROM \"" + table + "\" ORDER BY 1, 2");
        for (auto found = all.step(); found.value(); found = all.step()) {
            for (int column = 0; column < all.columns(); ++column)
                text.append(all.is_null(column) ? "NULL" : all.text(column)).append("|");
            text += "\n";
        }
    }
    return text;
}

}  // namespace ibkr::unit
