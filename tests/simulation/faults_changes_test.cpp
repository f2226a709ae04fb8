#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/simulation/world/scene.hpp"

// Order-safety faults of cancels and modifies (docs/order-safety.md has the numbers).

using namespace ibkr;
using namespace ibkr::simulation;
using events::OrderChanges;
using events::Quantity;
using Kind = Scene::BrokerKind;

namespace {

OrderChanges size(std::int64_t quantity) {
    OrderChanges changes;
    changes.quantity = Quantity::whole(quantity);
    return changes;
}

}  // namespace

TEST_CASE("fault 11: an order that fills before its cancel arrives stays filled") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        Scene scene(kind);
        const std::string id = scene.placed(5, 150, "order");
        scene.world.broker.before_next_write([&] { scene.world.broker.fill(0, 5); });
        static_cast<void>(scene.cancel(id, "cancel"));
        scene.reconcile();
        CHECK(scene.order("order").state == "filled");
        CHECK_FALSE(scene.order("order").contradicted);
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 12: a cancel that nobody answers stays pending for days, and counts") {
    Scene scene(Kind::network);
    const std::string id = scene.placed(5, 150, "order");
    scene.world.broker.next_write(WriteFault::lose_request);
    CHECK(scene.cancel(id, "cancel"));
    for (int day = 0; day < 3; ++day) {
        scene.pass_ms(86'400'000);
        scene.reconcile();
        CHECK(scene.order("order").state == "cancel_pending");
        CHECK(scene.exposure().open_buys == Quantity::whole(5));
    }
    scene.world.broker.fill(0, 2);
    scene.reconcile();
    CHECK(scene.order("order").filled_quantity == Quantity::whole(2));
    CHECK(scene.order("order").state == "cancel_pending");
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 14: what fills while a modify is on its way is part of the new total") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        Scene scene(kind);
        const std::string id = scene.placed(10, 150, "order");
        scene.world.broker.before_next_write([&] { scene.world.broker.fill(0, 6); });
        CHECK(scene.modify(id, "modify", size(12)));
        scene.reconcile();
        CHECK(scene.order("order").terms.quantity == Quantity::whole(12));
        CHECK(scene.order("order").filled_quantity == Quantity::whole(6));
        CHECK(scene.exposure().open_buys == Quantity::whole(6));
        scene.world.broker.fill(0, 50);
        scene.reconcile();
        CHECK(scene.order("order").state == "filled");
        CHECK(scene.world.broker.position() == Quantity::whole(12));
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 15: a modify whose answer is lost keeps one order, counted at its larger size") {
    for (const WriteFault fault : {WriteFault::lose_answer, WriteFault::lose_request, WriteFault::hold_up}) {
        CAPTURE(name_of(fault));
        Scene scene(Kind::network);
        const std::string id = scene.placed(10, 150, "order");
        scene.world.broker.next_write(fault);
        CHECK(scene.modify(id, "modify", size(14)));
        CHECK(scene.exposure().open_buys == Quantity::whole(14));
        CHECK(scene.modify(id, "modify", size(14)));
        scene.restart(DiskPolicy::drop);
        CHECK(scene.exposure().open_buys == Quantity::whole(14));
        CHECK(scene.world.broker.book().size() == 1);
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 15: a modify during a loss of connection counts both sizes until the book tells") {
    for (const Kind kind : {Kind::local, Kind::network})
        for (const WriteFault fault :
             {WriteFault::lose_answer, WriteFault::lose_request, WriteFault::hold_up})
            for (const std::int64_t asked : {14, 6}) {
                CAPTURE(kind, name_of(fault), asked);
                Scene scene(kind);
                const std::string id = scene.placed(10, 150, "order");
                // The connection goes while the request is on its way.
                scene.world.broker.before_next_write([&] { scene.world.broker.set_reads_fail(true); });
                scene.world.broker.next_write(fault);
                CHECK(scene.modify(id, "modify", size(asked)));
                const Quantity larger = Quantity::whole(std::max<std::int64_t>(10, asked));
                for (int hour = 0; hour < 3; ++hour) {
                    CHECK(scene.order("order").state == "modify_pending");
                    CHECK(scene.exposure().open_buys == larger);
                    if (hour == 1) scene.restart(DiskPolicy::drop);
                    static_cast<void>(scene.world.runtime().reconcile());
                    if (fault != WriteFault::hold_up) scene.pass_ms(3'600'000);
                }
                CHECK(scene.world.broker.book().size() == 1);

                scene.world.broker.set_reads_fail(false);
                if (fault == WriteFault::hold_up && kind == Kind::network) {
                    // The old size in the book does not say that the request is not still to come.
                    scene.reconcile();
                    CHECK(scene.exposure().open_buys == larger);
                    scene.pass_ms(BrokerModel::hold_up_ms);
                }
                scene.reconcile();
                const Quantity truth = scene.world.broker.book().front().order.terms.quantity;
                const bool is_settled = kind == Kind::local || truth == Quantity::whole(asked);
                CHECK(scene.order("order").state == (is_settled ? "working" : "modify_pending"));
                CHECK(scene.exposure().open_buys == (is_settled ? truth : larger));

                scene.world.broker.fill(0, 50);
                scene.reconcile();
                CHECK(scene.order("order").filled_quantity == truth);
                CHECK(scene.rest() == "");
            }
}

TEST_CASE("fault 15: a modify that is overtaken by a cancel leaves no order behind") {
    Scene scene(Kind::network);
    const std::string id = scene.placed(10, 150, "order");
    scene.world.broker.next_write(WriteFault::hold_up, 5'000);
    CHECK(scene.modify(id, "modify", size(14)));
    scene.world.broker.next_write(WriteFault::hold_up, 1'000);
    CHECK(scene.cancel(id, "cancel"));
    CHECK(scene.exposure().open_buys == Quantity::whole(14));
    scene.pass_ms(2'000);
    scene.reconcile();
    CHECK(scene.order("order").state == "cancelled");
    scene.pass_ms(5'000);
    scene.reconcile();
    CHECK(scene.order("order").state == "cancelled");
    CHECK_FALSE(scene.order("order").contradicted);
    CHECK(scene.exposure().open_buys == Quantity());
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 16: a modified order's fills are summed by execution, once each") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        Scene scene(kind);
        const std::string id = scene.placed(10, 150, "order");
        scene.world.broker.fill(0, 3);
        CHECK(scene.modify(id, "more", size(12)));
        scene.world.broker.fill(0, 4);
        scene.reconcile();
        CHECK(scene.modify(id, "less", size(9)));
        scene.world.broker.fill(0, 1);
        scene.reconcile();
        CHECK(scene.order("order").filled_quantity == Quantity::whole(8));
        CHECK(scene.cancel(id, "cancel"));
        scene.reconcile();
        CHECK(scene.order("order").state == "cancelled");
        CHECK(scene.world.broker.position() == Quantity::whole(8));
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 11: what filled before a cancel took hold is booked, and contradicts nothing") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        CAPTURE(kind);
        Scene scene(kind);
        const std::string id = scene.placed(5, 150, "order");
        scene.world.broker.before_next_write([&] { scene.world.broker.fill(0, 2); });
        CHECK(scene.cancel(id, "cancel"));
        CHECK(scene.exposure().position.plus(scene.exposure().open_buys).value() >= Quantity::whole(2));
        scene.reconcile();
        CHECK(scene.order("order").state == "cancelled");
        CHECK(scene.order("order").filled_quantity == Quantity::whole(2));
        CHECK_FALSE(scene.order("order").contradicted);
        CHECK(scene.rest() == "");
    }
}
