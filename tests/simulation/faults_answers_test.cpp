#include <catch2/catch.hpp>

#include "tests/simulation/world/scene.hpp"

// Order-safety faults of the way between gateway and broker (docs/order-safety.md has the numbers): requests
// and answers that are lost, late, doubled or wrong. After each, everything has to come to rest with every
// invariant kept.

using namespace ibkr;
using namespace ibkr::simulation;
using events::Quantity;
using Kind = Scene::BrokerKind;

TEST_CASE("fault 1: a submit whose answer is lost is sent once, however often it is asked") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        Scene scene(kind);
        const auto approval = scene.approved(5, 150);
        scene.world.broker.next_write(WriteFault::lose_answer);
        CHECK(said(scene.submit(approval, "once")) == "unknown");
        for (int again = 0; again < 3; ++again)
            CHECK(scene.submit(approval, "once"));
        scene.restart(DiskPolicy::drop);
        CHECK(scene.submit(approval, "once"));
        CHECK(scene.world.broker.submits_begun().size() == 1);
        CHECK(scene.world.broker.book().size() == 1);
        CHECK(scene.order("once").state == "working");
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 2: no answer within any time is not a rejection") {
    Scene scene(Kind::network);
    const auto approval = scene.approved(5, 150);
    scene.world.broker.set_lag_ms(3'600'000);
    scene.world.broker.next_write(WriteFault::lose_answer);
    CHECK(said(scene.submit(approval, "late")) == "unknown");
    for (int hour = 0; hour < 4; ++hour) {
        scene.pass_ms(800'000);
        scene.reconcile();
        CHECK(scene.order("late").state == "unknown");
        CHECK(scene.exposure().open_buys == Quantity::whole(5));
    }
    scene.world.broker.set_lag_ms(0);
    scene.world.broker.fill(0, 5);
    scene.pass_ms(800'000);
    scene.reconcile();
    CHECK(scene.order("late").state == "filled");
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 2: an answer that comes when its time has passed is still the answer") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        Scene scene(kind);
        const auto approval = scene.approved(5, 150);
        // Longer than the approval lives; the order fills before the answer that it works is there.
        scene.world.broker.next_write(WriteFault::answer_late, 7'200'000,
                                      [&] { scene.world.broker.fill(0, 5); });
        CHECK(scene.submit(approval, "late"));
        scene.reconcile();
        CHECK(scene.order("late").state == "filled");
        CHECK_FALSE(scene.order("late").contradicted);
        CHECK(said(scene.submit(approval, "other-key")) == "APPROVAL_CONSUMED");
        CHECK(scene.world.broker.book().size() == 1);
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 4: a list that shows an order as it was does not undo what is known") {
    Scene scene(Kind::network);
    const std::string id = scene.placed(10, 150, "order");
    scene.pass_ms(10'000);
    scene.world.broker.fill(0, 4);
    CHECK(scene.cancel(id, "cancel"));
    scene.world.broker.set_stale({5'000, 0});
    for (int look = 0; look < 3; ++look) {
        scene.reconcile();
        CHECK(scene.order("order").state == "cancel_pending");
        CHECK(scene.order("order").filled_quantity == Quantity::whole(4));
    }
    scene.world.broker.set_stale({});
    scene.reconcile();
    CHECK(scene.order("order").state == "cancelled");
    scene.world.broker.set_stale({5'000, 5'000});
    scene.reconcile();
    CHECK(scene.order("order").state == "cancelled");
    CHECK(scene.order("order").filled_quantity == Quantity::whole(4));
    CHECK_FALSE(scene.order("order").contradicted);
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 3: asked again after its acceptance was seen, an order is not sent") {
    Scene scene(Kind::network);
    const auto approval = scene.approved(5, 150);
    scene.world.broker.next_write(WriteFault::lose_answer);
    CHECK(said(scene.submit(approval, "seen")) == "unknown");
    scene.reconcile();
    CHECK(scene.order("seen").state == "working");
    const auto again = scene.submit(approval, "seen");
    REQUIRE(again);
    CHECK(again->payload.find("\"replayed\":true") != std::string::npos);
    CHECK(scene.world.broker.submits_begun().begin()->second == 1);
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 4: an order that a lagging broker does not list yet is not taken for absent") {
    Scene scene(Kind::network);
    const auto approval = scene.approved(5, 150);
    scene.world.broker.set_lag_ms(20'000);
    scene.world.broker.next_write(WriteFault::lose_answer);
    CHECK(said(scene.submit(approval, "lagging")) == "unknown");
    for (int poll = 0; poll < 4; ++poll) {
        scene.pass_ms(4'000);
        scene.reconcile();
        CHECK(scene.order("lagging").state == "unknown");
    }
    scene.restart(DiskPolicy::drop);
    CHECK(scene.order("lagging").state == "unknown");
    scene.pass_ms(8'000);
    scene.reconcile();
    CHECK(scene.order("lagging").state == "working");
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 5: a request that the broker silently drops stays unknown and stops nothing") {
    Scene scene(Kind::network);
    const auto approval = scene.approved(5, 150);
    scene.world.broker.next_write(WriteFault::lose_request);
    CHECK(said(scene.submit(approval, "dropped")) == "unknown");
    scene.pass_ms(86'400'000);
    scene.reconcile();
    CHECK(scene.order("dropped").state == "unknown");
    CHECK(said(scene.submit(approval, "other-key")) == "APPROVAL_CONSUMED");
    CHECK_FALSE(scene.placed(7, 160, "goes-on").empty());
    CHECK(scene.rest() == "");
    CHECK(scene.order("dropped").state == "unknown");
}

TEST_CASE("fault 5: beside a complete book a dropped request is proved absent") {
    Scene scene(Kind::local);
    const auto approval = scene.approved(5, 150);
    scene.world.broker.next_write(WriteFault::lose_request);
    CHECK(said(scene.submit(approval, "dropped")) == "unknown");
    scene.reconcile();
    CHECK(scene.order("dropped").state == "not_placed");
    CHECK(said(scene.submit(approval, "other-key")) == "working");
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 10: fills that come before the acknowledgement count once") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        Scene scene(kind);
        scene.world.broker.fill_at_or_above(200);
        const auto approval = scene.approved(5, 200);
        scene.world.broker.next_write(WriteFault::lose_answer);
        CHECK(said(scene.submit(approval, "instant")) == "unknown");
        scene.reconcile();
        CHECK(scene.order("instant").state == "filled");
        CHECK(scene.order("instant").filled_quantity == Quantity::whole(5));
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 13: a cancel that comes twice and is answered 'not found' cancels the order") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        Scene scene(kind);
        const std::string id = scene.placed(5, 150, "order");
        scene.world.broker.next_write(WriteFault::deliver_twice);
        static_cast<void>(scene.cancel(id, "cancel"));
        scene.reconcile();
        CHECK(scene.order("order").state == "cancelled");
        CHECK_FALSE(scene.order("order").contradicted);
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 22: a process that ends around a send leaves its order known or unknown") {
    for (const Kind kind : {Kind::local, Kind::network})
        for (std::uint64_t point = 1; point <= 12; ++point) {
            CAPTURE(point);
            Scene scene(kind);
            const auto approval = scene.approved(5, 150);
            scene.world.points.arm(point);
            static_cast<void>(scene.world.gateway().paper_submit(
                scene.world.context("ibkr_paper_order_submit"),
                {BrokerModel::account(), approval, events::IdempotencyKey("cut-off")}));
            if (!scene.world.points.crashed()) scene.world.points.arm(0);
            scene.restart(DiskPolicy::garble);
            static_cast<void>(scene.submit(approval, "cut-off"));
            CHECK(scene.world.broker.book().size() <= 1);
            CHECK(scene.rest() == "");
        }
}
