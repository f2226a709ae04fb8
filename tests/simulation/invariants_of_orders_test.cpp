#include <catch2/catch.hpp>

#include "tests/simulation/by_hand.hpp"

// The invariants of orders, fills and limits, each broken on purpose.

using namespace ibkr;
using namespace ibkr::events;
using namespace ibkr::simulation;
using Kind = Scene::BrokerKind;

namespace {

OrderExecutionRecorded booking(const Execution& execution, const Quantity& filled) {
    OrderExecutionRecorded booked;
    booked.execution = execution;
    booked.filled_quantity = filled;
    booked.state = "partially_filled";
    return booked;
}

engine::SubmitRequest sent_again(const Scene& scene) {
    const engine::BrokerOrder& order = scene.world.broker.book().front().order;
    engine::SubmitRequest request;
    request.account_id = order.account_id;
    request.client_order_id = order.client_order_id;
    request.terms = order.terms;
    return request;
}

}  // namespace

TEST_CASE("O1, O2: an order that is sent late, or twice, is seen") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "order"));
    const engine::SubmitRequest again = sent_again(scene);
    scene.pass_ms(60'000);
    static_cast<void>(scene.world.broker.submit(again));
    CHECK(found_only(scene.world, "O2"));
    scene.pass_ms(1);
    CHECK(found(scene.world, "O1"));
}

TEST_CASE("O1: an order that is at the broker and ended unplaced in the log is seen") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "order"));
    append_by_hand(scene, scene.order("order").order_id, went_to("not_placed", "absence_proved"));
    CHECK(found(scene.world, "O1"));
}

TEST_CASE("O1: an order that is intended twice is seen") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "order"));
    const auto& [id, order] = *scene.world.observer.orders().begin();
    append_by_hand(scene, id, order.intent);
    CHECK(found(scene.world, "O1"));
}

TEST_CASE("O2: a broker write that the log does not allow is seen") {
    Scene scene(Kind::local);
    const std::string id = scene.placed(5, 150, "order");
    engine::SubmitRequest request = sent_again(scene);
    SECTION("a submit of an order that nobody intended") {
        request.client_order_id = ClientOrderId("somebody-else");
        static_cast<void>(scene.world.broker.submit(request));
    }
    SECTION("a submit of other terms than were approved") {
        request.terms.quantity = Quantity::whole(6);
        static_cast<void>(scene.world.broker.submit(request));
    }
    SECTION("a submit in another environment") {
        request.environment = Environment::live;
        static_cast<void>(scene.world.broker.submit(request));
    }
    SECTION("a cancel that nobody intended") {
        engine::CancelRequest cancel;
        cancel.broker_order_id = BrokerOrderId(id);
        static_cast<void>(scene.world.broker.cancel(cancel));
    }
    CHECK(found_only(scene.world, "O2"));
}

TEST_CASE("O2: a modify that is not the one intended, or comes too late, is seen") {
    Scene scene(Kind::local);
    OrderModifyIntended intent;
    intent.intent_id = "by hand";
    intent.broker_order_id = BrokerOrderId(scene.placed(5, 150, "order"));
    intent.changes.quantity = Quantity::whole(6);
    intent.send_by = scene.world.clock.now().plus_seconds(5);
    append_by_hand(scene, scene.order("order").order_id, intent);
    engine::ModifyRequest modify;
    modify.broker_order_id = intent.broker_order_id;
    modify.client_order_id = scene.order("order").client_order_id;
    modify.quantity = Quantity::whole(6);
    bool is_right = false;
    SECTION("as intended") {
        is_right = true;
    }
    SECTION("of another size") {
        modify.quantity = Quantity::whole(7);
    }
    SECTION("with a price") {
        modify.limit_price = Price(Decimal::whole(151));
    }
    SECTION("too late") {
        scene.world.clock.advance_ms(6'000);
    }
    static_cast<void>(scene.world.broker.modify(modify));
    CHECK(found(scene.world, "O2") != is_right);
}

TEST_CASE("O9: a cancel that another order's workflow intended is seen") {
    Scene scene(Kind::local);
    const std::string one = scene.placed(5, 150, "one");
    static_cast<void>(scene.placed(5, 150, "other"));
    OrderCancelIntended intent;
    intent.intent_id = "by hand";
    intent.broker_order_id = BrokerOrderId(one);
    intent.send_by = scene.world.clock.now().plus_seconds(5);
    append_by_hand(scene, scene.order("other").order_id, intent);
    CHECK_FALSE(found(scene.world, "O9"));
    engine::CancelRequest cancel;
    cancel.broker_order_id = BrokerOrderId(one);
    SECTION("that names the order of the intent") {
        cancel.client_order_id = scene.order("other").client_order_id;
    }
    SECTION("that names the order with the id") {
        cancel.client_order_id = scene.order("one").client_order_id;
    }
    static_cast<void>(scene.world.broker.cancel(cancel));
    CHECK(found(scene.world, "O9"));
}

// --------------------------------------------------------------------------------------- fills and states

TEST_CASE("O3: fills that the log does not know are seen at rest") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "order"));
    scene.world.broker.fill(0, 2);
    scene.pass_ms(1);
    CHECK(scene.world.violations.none());
    scene.invariants.check_quiescence();
    CHECK(found_only(scene.world, "O3"));
}

TEST_CASE("O3: terms that are not the broker's are seen at rest") {
    Scene scene(Kind::local);
    const std::string id = scene.placed(5, 150, "order");
    engine::ModifyRequest modify;
    modify.broker_order_id = BrokerOrderId(id);
    modify.client_order_id = scene.order("order").client_order_id;
    SECTION("in size") {
        modify.quantity = Quantity::whole(4);
    }
    SECTION("in price") {
        modify.limit_price = Price(Decimal::whole(151));
    }
    scene.world.broker.on_modify = nullptr;  // of a write past the log O2 would tell first
    static_cast<void>(scene.world.broker.modify(modify));
    scene.pass_ms(1);
    CHECK(scene.world.violations.none());
    scene.invariants.check_quiescence();
    CHECK(found_only(scene.world, "O3"));
}

TEST_CASE("O3: a cancel that counts as accepted while the order works is seen at rest") {
    Scene scene(Kind::local);
    const BrokerOrderId id(scene.placed(5, 150, "order"));
    const WorkflowId order = scene.order("order").order_id;
    OrderCancelIntended intent;
    intent.intent_id = "by hand";
    intent.broker_order_id = id;
    intent.state = "cancel_pending";
    append_by_hand(scene, order, intent);
    PaperOrderCancelled answer;
    answer.intent_id = intent.intent_id;
    answer.outcome = Outcome::confirmed;
    answer.broker_order_id = id;
    answer.state = intent.state;
    append_by_hand(scene, order, answer);
    scene.restart();
    REQUIRE(scene.order("order").progress.cancel == "accepted");
    CHECK_FALSE(found(scene.world, "O3"));
    scene.invariants.check_quiescence();
    CHECK(found(scene.world, "O3"));
}

TEST_CASE("O3: a booking that the broker's fills do not bear out is seen at once") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "one"));
    static_cast<void>(scene.placed(5, 150, "other"));
    scene.world.broker.fill(0, 2);
    Execution execution = scene.world.broker.fills().front().execution;
    const WorkflowId one = scene.order("one").order_id;
    const Quantity two = Quantity::whole(2);
    SECTION("to another order") {
        append_by_hand(scene, scene.order("other").order_id, booking(execution, two));
    }
    SECTION("of an execution that there is not") {
        execution.execution_id = ExecutionId("invented");
        append_by_hand(scene, one, booking(execution, two));
    }
    SECTION("of another size") {
        execution.quantity = Quantity::whole(1);
        append_by_hand(scene, one, booking(execution, Quantity::whole(1)));
    }
    SECTION("with another sum") {
        append_by_hand(scene, one, booking(execution, Quantity::whole(3)));
    }
    SECTION("twice") {
        append_by_hand(scene, one, booking(execution, two));
        CHECK_FALSE(found(scene.world, "O3"));
        append_by_hand(scene, one, booking(execution, Quantity::whole(4)));
    }
    CHECK(found(scene.world, "O3"));
}

TEST_CASE("O3: an intent that is left without an outcome is seen at rest") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "order"));
    change_models(scene, "UPDATE orders SET has_pending_intent = 1");
    scene.invariants.check_quiescence();
    CHECK(found(scene.world, "O3"));
}

TEST_CASE("O4: a terminal state that is left is seen") {
    Scene scene(Kind::local);
    scene.world.broker.fill_at_or_above(150);
    static_cast<void>(scene.placed(5, 150, "order"));
    REQUIRE(scene.order("order").state == "filled");
    append_by_hand(scene, scene.order("order").order_id, went_to("working", "broker_record"));
    CHECK(found(scene.world, "O4"));
}

TEST_CASE("O5: an unknown order that is settled without evidence is seen") {
    Scene scene(Kind::network);
    const auto approval = scene.approved(5, 150);
    scene.world.broker.next_write(WriteFault::lose_request);
    REQUIRE(said(scene.submit(approval, "order")) == "unknown");
    const WorkflowId order = scene.order("order").order_id;
    SECTION("because time passed") {
        append_by_hand(scene, order, went_to("rejected", ""));
    }
    SECTION("because a cancel was refused") {
        PaperOrderCancelled refused;
        refused.outcome = Outcome::refused;
        refused.state = "cancelled";
        append_by_hand(scene, order, refused);
    }
    SECTION("because a modify was refused") {
        PaperOrderModified refused;
        refused.outcome = Outcome::refused;
        refused.state = "working";
        append_by_hand(scene, order, refused);
    }
    CHECK(found(scene.world, "O5"));
}

// --------------------------------------------------------------------------------------------------- limits

TEST_CASE("O6: orders that together break the position limit are seen") {
    Scene scene(Kind::local);
    relax(scene, [](auto& policy) { policy.max_position_notional.reset(); });
    static_cast<void>(scene.placed(50, 150, "one"));
    static_cast<void>(scene.placed(30, 150, "two"));
    CHECK(scene.world.violations.none());
    static_cast<void>(scene.placed(1, 150, "three"));
    CHECK(found_only(scene.world, "O6"));
}

TEST_CASE("O6: a sale of what is not there is seen") {
    Scene scene(Kind::local);
    relax(scene, [](auto& policy) { policy.allow_short_selling = true; });
    CHECK(scene.submit(scene.approved(1, 205, Side::sell), "sale"));
    CHECK(found_only(scene.world, "O6"));
}

TEST_CASE("O6: an engine that counts less than the broker has is seen") {
    Scene scene(GENERATE(Kind::local, Kind::network));
    scene.world.broker.fill_at_or_above(200);
    static_cast<void>(scene.placed(5, 200, "filled"));
    scene.reconcile();
    static_cast<void>(scene.placed(5, 150, "rests"));
    CHECK(scene.submit(scene.approved(2, 205, Side::sell), "sale"));
    CHECK(scene.rest() == "");
    SECTION("of its buys") {
        change_models(scene, "UPDATE orders SET open_quantity = '4' WHERE side = 'buy'");
    }
    SECTION("of its sales") {
        change_models(scene, "UPDATE orders SET open_quantity = '1' WHERE side = 'sell'");
    }
    SECTION("of its position") {
        change_models(scene, "UPDATE positions SET executed_since = '-1'");
    }
    scene.pass_ms(1);
    CHECK(found_only(scene.world, "O6"));
}

TEST_CASE("O8: more orders and modifies in a day than the limit are seen, over restarts") {
    Scene scene(Kind::local);
    relax(scene, [](auto& policy) { policy.max_orders_per_day.reset(); });
    OrderChanges to_two;
    to_two.quantity = Quantity::whole(2);
    std::string order;
    std::uint32_t sent = 0;
    const auto send = [&] {
        const std::string key = "number-" + std::to_string(++sent);
        if (sent % 2 == 1)
            order = scene.placed(1, 150, key);
        else
            CHECK(scene.modify(order, key, to_two));
    };
    while (sent < limit_orders_per_day)
        send();
    scene.restart();
    CHECK(scene.world.violations.none());
    send();
    CHECK(found_only(scene.world, "O8"));
}
