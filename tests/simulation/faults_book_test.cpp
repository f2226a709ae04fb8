#include <catch2/catch.hpp>

#include "tests/simulation/world/scene.hpp"

// Order-safety faults of what the broker's book shows, and of starts beside it (docs/order-safety.md has the
// numbers).

using namespace ibkr;
using namespace ibkr::simulation;
using events::Quantity;
using Kind = Scene::BrokerKind;

TEST_CASE("fault 6: an order id that the broker gives out again does not mix two orders up") {
    Scene scene(Kind::network);
    const std::string first = scene.placed(5, 150, "first");
    scene.world.broker.fill(0, 5);
    scene.reconcile();
    CHECK(scene.order("first").state == "filled");
    scene.world.broker.restart_session(1);
    const std::string second = scene.placed(7, 151, "second");
    REQUIRE(second == first);
    scene.reconcile();
    CHECK(scene.order("second").state == "working");
    CHECK(scene.order("second").filled_quantity == Quantity());
    scene.world.broker.fill(0, 2);
    scene.reconcile();
    CHECK(scene.order("first").filled_quantity == Quantity::whole(5));
    CHECK(scene.order("second").filled_quantity == Quantity::whole(2));
    CHECK_FALSE(scene.order("first").contradicted);
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 6: fills under an id that two open orders have go to the order they name") {
    Scene scene(Kind::network);
    const std::string first = scene.placed(5, 150, "first");
    scene.world.broker.restart_session(1);
    REQUIRE(scene.placed(7, 151, "second") == first);
    scene.world.broker.fill(0, 5);
    scene.world.broker.fill(0, 2);
    scene.reconcile();
    CHECK(scene.order("first").filled_quantity == Quantity::whole(5));
    CHECK(scene.order("first").state == "filled");
    CHECK(scene.order("second").filled_quantity == Quantity::whole(2));
    CHECK(scene.order("second").state == "partially_filled");
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 6: fills that name no order, under an id that two orders have, wait and both orders count") {
    Scene scene(Kind::network);
    scene.world.broker.set_names_owner(false);
    const std::string first = scene.placed(5, 150, "first");
    scene.world.broker.restart_session(1);
    REQUIRE(scene.placed(7, 151, "second") == first);
    scene.world.broker.fill(0, 5);
    scene.reconcile();
    for (const auto* key : {"first", "second"}) {
        CHECK(scene.order(key).filled_quantity == Quantity());
        CHECK(scene.order(key).state == "working");
        CHECK_FALSE(scene.order(key).contradicted);
    }
    CHECK(scene.exposure().open_buys == Quantity::whole(12));
}

TEST_CASE("fault 6: an id that two open orders have cancels neither") {
    Scene scene(Kind::network);
    const std::string first = scene.placed(5, 150, "first");
    scene.world.broker.restart_session(1);
    REQUIRE(scene.placed(7, 151, "second") == first);
    CHECK(said(scene.cancel(first, "cancel")) == "ORDER_VALIDATION_FAILED");
    for (const auto* key : {"first", "second"})
        CHECK(scene.order(key).state == "working");
    scene.world.broker.end(0, engine::BrokerOrderStatus::expired);
    scene.reconcile();
    CHECK(said(scene.cancel(first, "cancel-second")) != "ORDER_VALIDATION_FAILED");
    scene.reconcile();
    CHECK(scene.order("first").state == "expired");
    CHECK(scene.order("second").state == "cancelled");
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 6: a cancel reaches the order that works, also when a newer one with its id has ended") {
    Scene scene(Kind::network);
    const std::string first = scene.placed(5, 150, "first");
    scene.world.broker.restart_session(1);
    REQUIRE(scene.placed(7, 151, "second") == first);
    scene.world.broker.fill(1, 7);
    scene.reconcile();
    REQUIRE(scene.order("second").state == "filled");
    CHECK(scene.cancel(first, "cancel"));
    scene.reconcile();
    CHECK(scene.order("first").state == "cancelled");
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 6: a cancel does not reach another order that has the id now") {
    Scene scene(Kind::network);
    const std::string first = scene.placed(5, 150, "first");
    scene.world.broker.restart_session(1);
    scene.world.broker.set_lag_ms(10'000);
    scene.world.broker.next_write(WriteFault::lose_answer);
    static_cast<void>(scene.submit(scene.approved(7, 151), "second"));
    REQUIRE(scene.order("second").state == "unknown");
    static_cast<void>(scene.cancel(first, "cancel"));
    REQUIRE(scene.world.broker.book().size() == 2);
    CHECK(scene.world.broker.book()[1].order.status == engine::BrokerOrderStatus::working);
    scene.pass_ms(10'000);
    scene.reconcile();
    CHECK(scene.order("first").state == "working");
    CHECK(scene.order("second").state == "working");
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 7: fills while the broker could not be reached are booked when it can") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        Scene scene(kind);
        static_cast<void>(scene.placed(10, 150, "order"));
        scene.world.broker.set_reads_fail(true);
        scene.world.broker.fill(0, 4);
        scene.restart(DiskPolicy::drop);
        static_cast<void>(scene.world.runtime().reconcile());
        CHECK(scene.order("order").filled_quantity == Quantity());
        scene.world.broker.set_reads_fail(false);
        scene.reconcile();
        CHECK(scene.order("order").filled_quantity == Quantity::whole(4));
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 8: an order that is called filled waits for the execution that is missing") {
    Scene scene(Kind::network);
    static_cast<void>(scene.placed(10, 150, "order"));
    scene.world.broker.fill(0, 4);
    scene.world.broker.set_lag_ms(10'000);
    scene.world.broker.fill(0, 6);
    scene.reconcile();
    CHECK(scene.order("order").filled_quantity == Quantity::whole(4));
    CHECK(scene.order("order").state == "partially_filled");
    CHECK(scene.exposure().open_buys == Quantity::whole(6));
    scene.pass_ms(11'000);
    scene.reconcile();
    CHECK(scene.order("order").state == "filled");
    CHECK(scene.order("order").filled_quantity == Quantity::whole(10));
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 8: an order that is called cancelled or expired waits for the executions that are missing") {
    using engine::BrokerOrderStatus;
    for (const auto word : {BrokerOrderStatus::cancelled, BrokerOrderStatus::expired}) {
        Scene scene(Kind::network);
        static_cast<void>(scene.placed(10, 150, "order"));
        scene.world.broker.fill(0, 4);
        scene.world.broker.set_lag_ms(10'000);
        scene.world.broker.fill(0, 3);
        scene.world.broker.end(0, word);
        scene.reconcile();
        CHECK(scene.order("order").filled_quantity == Quantity::whole(4));
        CHECK(scene.order("order").state == "partially_filled");
        CHECK(scene.exposure().open_buys == Quantity::whole(6));
        const auto listed = scene.world.gateway().orders_list(scene.world.context("ibkr_orders_list"),
                                                              {BrokerModel::account(), 100});
        REQUIRE(listed);
        const std::string book_word = "\"broker_status\":\"" + std::string(events::name_of(word)) + "\"";
        CHECK(listed->payload.find(book_word) != std::string::npos);
        scene.pass_ms(11'000);
        scene.reconcile();
        CHECK(scene.order("order").state == events::name_of(word));
        CHECK(scene.order("order").filled_quantity == Quantity::whole(7));
        CHECK_FALSE(scene.order("order").contradicted);
        CHECK(scene.exposure().open_buys == Quantity());
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 8: a cancel that took hold waits for what had filled before it") {
    Scene scene(Kind::network);
    const std::string id = scene.placed(10, 150, "order");
    scene.world.broker.set_lag_ms(10'000);
    scene.world.broker.fill(0, 3);
    CHECK(scene.cancel(id, "cancel"));
    scene.reconcile();
    CHECK(scene.order("order").state == "cancel_pending");
    CHECK(scene.exposure().open_buys == Quantity::whole(10));
    scene.pass_ms(11'000);
    scene.reconcile();
    CHECK(scene.order("order").state == "cancelled");
    CHECK(scene.order("order").filled_quantity == Quantity::whole(3));
    CHECK_FALSE(scene.order("order").contradicted);
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 9: an execution that is reported twice is booked once") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        Scene scene(kind);
        static_cast<void>(scene.placed(10, 150, "order"));
        scene.world.broker.set_executions_twice(true);
        scene.world.broker.fill(0, 3);
        scene.reconcile();
        scene.reconcile();
        scene.restart(DiskPolicy::drop);
        CHECK(scene.order("order").filled_quantity == Quantity::whole(3));
        scene.world.broker.fill(0, 7);
        scene.reconcile();
        CHECK(scene.order("order").state == "filled");
        CHECK_FALSE(scene.order("order").contradicted);
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 19: orders that work over a restart are known by our own id") {
    for (const Kind kind : {Kind::local, Kind::network})
        for (const DiskPolicy policy : {DiskPolicy::keep, DiskPolicy::drop}) {
            Scene scene(kind);
            const std::string id = scene.placed(10, 150, "order");
            scene.world.broker.fill(0, 3);
            scene.restart(policy);
            CHECK(scene.order("order").state == "partially_filled");
            CHECK(scene.order("order").broker_order_id.text() == id);
            CHECK(scene.cancel(id, "cancel"));
            scene.reconcile();
            CHECK(scene.order("order").state == "cancelled");
            CHECK(scene.rest() == "");
        }
}

TEST_CASE("fault 20: starts that find nothing new record nothing new") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        Scene scene(kind);
        static_cast<void>(scene.placed(10, 150, "order"));
        scene.world.broker.fill(0, 3);
        scene.restart(DiskPolicy::drop);
        const auto head = scene.world.disk.head();
        for (int start = 0; start < 4; ++start)
            scene.restart(start % 2 == 0 ? DiskPolicy::keep : DiskPolicy::drop);
        CHECK(scene.world.disk.head() == head);
        CHECK(scene.rest() == "");
    }
}
