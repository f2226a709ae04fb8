#include "projections/workflow_tables.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/projections/facts.hpp"

using namespace ibkr::events;
using namespace ibkr::projections;
using namespace ibkr::unit;

namespace {

std::vector<std::string> ids(const Result<std::vector<OrderRecord>>& orders) {
    REQUIRE(orders);
    std::vector<std::string> list;
    for (const auto& order : *orders)
        list.push_back(order.order_id.text());
    return list;
}

using Ids = std::vector<std::string>;

PreviewRecord preview_record(std::string_view id, std::string_view state, std::int64_t expires_at) {
    PreviewRecord record;
    record.preview_id = WorkflowId(std::string(id));
    record.position = 3;
    record.state = state;
    record.account = account_a;
    record.terms = terms_of("265598", Side::buy, 5);
    record.estimated_cost = Money{decimal("997.75"), Currency{}};
    record.reasons = {{"ORDER_SYMBOL_REFUSED", "a \"quoted\" word"}};
    if (expires_at != 0) record.expires_at = Timestamp(expires_at);
    return record;
}

ApprovalRecord approval_record(std::string_view id, std::string_view preview, std::string_view state,
                               std::int64_t expires_at) {
    ApprovalRecord record;
    record.approval_id = WorkflowId(std::string(id));
    record.preview_id = WorkflowId(std::string(preview));
    record.position = 1;
    record.state = state;
    record.account = account_a;
    record.expires_at = Timestamp(expires_at);
    return record;
}

}  // namespace

TEST_CASE("a record comes back equal, and a later one takes its place") {
    auto store = memory_store();
    auto& db = store.database();
    auto preview = preview_record("p1", "created", 5'000);
    REQUIRE(put_preview(db, preview));
    CHECK(store.preview(WorkflowId("p1")).value() == preview);
    preview.state = "expired";
    preview.expires_at.reset();
    REQUIRE(put_preview(db, preview));
    CHECK(store.preview(WorkflowId("p1")).value() == preview);
    CHECK(store.preview(WorkflowId("p2")).value() == std::nullopt);

    auto approval = approval_record("a1", "p1", "pending", 5'000);
    REQUIRE(put_approval(db, approval));
    CHECK(store.approval(WorkflowId("a1")).value() == approval);

    auto order = order_record("o1", "working", terms_of("265598", Side::sell, 7));
    order.pending = PendingIntent{"i1", Operation::modify, IdempotencyKey("k"), true, Timestamp(9), {}};
    order.filled_quantity = Quantity(decimal("2.5"));
    REQUIRE(put_order(db, order, true));
    CHECK(store.order(WorkflowId("o1")).value() == order);

    GatewayRecord kill_switch{kill_switch_workflow, 2, "closed", "operator", "maintenance", {}, Timestamp(4)};
    REQUIRE(put_gateway(db, kill_switch));
    kill_switch.state = "open";
    REQUIRE(put_gateway(db, kill_switch));
    CHECK(store.gateway(kill_switch_workflow).value() == kill_switch);
    CHECK(store.gateway(broker_session_workflow).value() == std::nullopt);
}

TEST_CASE("orders are found by account, broker id, client id and what is open, pending or unknown") {
    auto store = memory_store();
    auto& db = store.database();
    auto first = order_record("o1", "working", terms_of("1", Side::buy, 1));
    first.broker_order_id = BrokerOrderId("77");
    first.client_order_id = ClientOrderId("pabc-1");
    auto second = order_record("o2", "unknown", terms_of("2", Side::buy, 1));
    second.pending = PendingIntent{"o2", Operation::submit, IdempotencyKey("k2"), false, Timestamp(1), {}};
    auto third = order_record("o3", "filled", terms_of("1", Side::buy, 1));
    auto foreign = order_record("o4", "working", terms_of("1", Side::buy, 1));
    foreign.account = account_b;
    foreign.broker_order_id = BrokerOrderId("77");
    REQUIRE(put_order(db, first, true));
    REQUIRE(put_order(db, second, true));
    REQUIRE(put_order(db, third, false));
    REQUIRE(put_order(db, foreign, true));

    CHECK(ids(store.orders(account_a, 10)) == Ids{"o3", "o2", "o1"});
    CHECK(ids(store.orders(account_a, 2)) == Ids{"o3", "o2"});
    CHECK(ids(store.orders({}, 10)) == Ids{"o4", "o3", "o2", "o1"});
    CHECK(ids(store.open_orders(account_a)) == Ids{"o1", "o2"});
    CHECK(ids(store.open_orders()) == Ids{"o1", "o2", "o4"});
    CHECK(ids(store.open_orders_of(account_a, ContractId("1"))) == Ids{"o1"});
    CHECK(ids(store.orders_with_pending_intent()) == Ids{"o2"});
    CHECK(ids(store.unknown_orders()) == Ids{"o2"});
    CHECK(store.order_by_broker_id(account_a, BrokerOrderId("77")).value() == first);
    CHECK(store.order_by_broker_id(account_b, BrokerOrderId("77")).value() == foreign);
    CHECK(store.order_by_broker_id(account_a, BrokerOrderId{}).value() == std::nullopt);
    CHECK(store.order_by_client_id(ClientOrderId("pabc-1")).value() == first);
    CHECK(store.order_by_client_id(ClientOrderId{}).value() == std::nullopt);

    first.state = "filled";
    REQUIRE(put_order(db, first, false));
    CHECK(ids(store.open_orders(account_a)) == Ids{"o2"});
    CHECK(ids(store.orders(account_a, 10)) == Ids{"o3", "o2", "o1"});
}

TEST_CASE("a broker id that was given out again finds its orders, newest first") {
    auto store = memory_store();
    auto& db = store.database();
    for (const char* name : {"o1", "o2", "o3"}) {
        auto order = order_record(name, "working", terms_of("1", Side::buy, 1));
        order.broker_order_id = BrokerOrderId(order.order_id == WorkflowId("o2") ? "78" : "77");
        REQUIRE(put_order(db, order, true));
    }
    CHECK(ids(store.orders_by_broker_id(account_a, BrokerOrderId("77"))) == Ids{"o3", "o1"});
    CHECK(ids(store.orders_by_broker_id(account_b, BrokerOrderId("77"))).empty());
    CHECK(ids(store.orders_by_broker_id(account_a, BrokerOrderId{})).empty());
    CHECK(store.order_by_broker_id(account_a, BrokerOrderId("77")).value()->order_id == WorkflowId("o3"));
}

TEST_CASE("approvals are listed by account, preview and state, and a preview has one that is open") {
    auto store = memory_store();
    auto& db = store.database();
    REQUIRE(put_approval(db, approval_record("a1", "p1", "denied", 10)));
    REQUIRE(put_approval(db, approval_record("a2", "p1", "reserved", 10)));
    REQUIRE(put_approval(db, approval_record("a3", "p2", "consumed", 10)));
    CHECK(store.approvals({}).value().size() == 3);
    CHECK(store.approvals({}).value().front().approval_id == WorkflowId("a3"));
    CHECK(store.approvals({.account = account_b}).value().empty());
    CHECK(store.approvals({.preview_id = WorkflowId("p1")}).value().size() == 2);
    CHECK(store.approvals({.account = account_a, .state = "denied"}).value().size() == 1);
    CHECK(store.approvals({.limit = 1}).value().size() == 1);
    CHECK(store.open_approval_of(WorkflowId("p1")).value()->approval_id == WorkflowId("a2"));
    CHECK(store.open_approval_of(WorkflowId("p2")).value() == std::nullopt);
    REQUIRE(put_approval(db, approval_record("a2", "p1", "revoked", 10)));
    CHECK(store.open_approval_of(WorkflowId("p1")).value() == std::nullopt);
}

TEST_CASE("expiry is due for created previews and open approvals, once") {
    auto store = memory_store();
    auto& db = store.database();
    CHECK(store.earliest_due().value() == std::nullopt);
    REQUIRE(put_preview(db, preview_record("p1", "created", 3'000)));
    REQUIRE(put_preview(db, preview_record("p2", "refused", 0)));
    REQUIRE(put_preview(db, preview_record("p3", "expired", 1'000)));
    REQUIRE(put_approval(db, approval_record("a1", "p1", "approved", 2'000)));
    auto reserved = approval_record("a2", "p1", "reserved", 2'500);
    REQUIRE(put_approval(db, reserved));
    REQUIRE(put_approval(db, approval_record("a3", "p1", "consumed", 100)));

    CHECK(store.earliest_due().value() == Timestamp(2'000));
    CHECK(store.due_timers(Timestamp(1'999), 10).value().empty());
    const std::vector<DueTimer> all{{DueKind::approval, WorkflowId("a1"), Timestamp(2'000)},
                                    {DueKind::approval, WorkflowId("a2"), Timestamp(2'500)},
                                    {DueKind::preview, WorkflowId("p1"), Timestamp(3'000)}};
    CHECK(store.due_timers(Timestamp(3'000), 10).value() == all);
    CHECK(store.due_timers(Timestamp(3'000), 1).value() == std::vector{all[0]});

    reserved.expired_meanwhile = true;
    REQUIRE(put_approval(db, reserved));
    CHECK(store.due_timers(Timestamp(3'000), 10).value() == std::vector{all[0], all[2]});
}

TEST_CASE("a row that no longer reads is an error that advises a rebuild") {
    auto store = memory_store();
    auto& db = store.database();
    REQUIRE(put_order(db, order_record("o1", "working", terms_of("1", Side::buy, 1)), true));
    REQUIRE(db.exec("UPDATE orders SET record = substr(record, 2)"));
    const auto order = store.order(WorkflowId("o1"));
    REQUIRE_FALSE(order);
    CHECK(order.error().code == ErrorCode::audit_write_failed);
    CHECK(order.error().user_action == rebuild_advice);
    REQUIRE(db.exec("UPDATE orders SET open_quantity = '1.x'"));
    CHECK_FALSE(store.exposure(account_a, ContractId("1")));
}
