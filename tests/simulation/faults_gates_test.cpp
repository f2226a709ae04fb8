#include <catch2/catch.hpp>

#include "tests/simulation/world/scene.hpp"

// Order-safety faults that the gates, the keys and the log itself answer (docs/order-safety.md has the
// numbers).

using namespace ibkr;
using namespace ibkr::simulation;
using events::Quantity;
using Kind = Scene::BrokerKind;

TEST_CASE("fault 23: an order for a paper account that turns out to be live is not sent") {
    Scene scene(Kind::local);
    const auto approval = scene.approved(5, 150);
    scene.world.broker.set_says_live(true);
    static_cast<void>(scene.submit(approval, "mixed-up"));
    CHECK(scene.world.broker.submits_begun().empty());
    CHECK(scene.world.broker.book().empty());
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 24: after a failed sync only the next process asks the disk what is there") {
    for (std::uint64_t policy = 0; policy < disk_policies; ++policy) {
        CAPTURE(policy);
        Scene scene(Kind::local);
        const auto approval = scene.approved(5, 150);
        scene.world.disk.fail_sync_in(1);
        CHECK(said(scene.submit(approval, "unsynced")) == "AUDIT_WRITE_FAILED");
        CHECK_FALSE(scene.world.running());
        CHECK(said(scene.submit(approval, "unsynced")) == "AUDIT_WRITE_FAILED");
        CHECK(scene.world.broker.submits_begun().empty());
        scene.restart(static_cast<DiskPolicy>(policy));
        CHECK(scene.submit(approval, "unsynced"));
        CHECK(scene.world.broker.book().size() <= 1);
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 26: an approval serves one order, once, while it and its price hold") {
    Scene scene(Kind::local);
    const auto used = scene.approved(5, 150);
    CHECK(said(scene.submit(used, "first")) == "working");
    CHECK(said(scene.submit(used, "second")) == "APPROVAL_CONSUMED");

    const auto old = scene.approved(6, 151);
    scene.pass_ms(400'000);
    CHECK_FALSE(scene.submit(old, "too-late"));

    const auto stale = scene.approved(7, 152);
    scene.world.broker.set_quote_age_ms(3'600'000);
    CHECK(said(scene.submit(stale, "stale")) == "ORDER_POLICY_REFUSED");
    CHECK(scene.world.broker.book().size() == 1);
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 27: a key asked again after weeks gives its first answer and sends nothing") {
    Scene scene(Kind::network);
    const auto approval = scene.approved(5, 150);
    CHECK(said(scene.submit(approval, "old-key")) == "working");
    const std::string first = scene.order("old-key").order_id.text();
    for (int week = 0; week < 5; ++week) {
        scene.pass_ms(604'800'000);
        scene.restart(week % 2 == 0 ? DiskPolicy::drop : DiskPolicy::keep);
    }
    const auto again = scene.submit(approval, "old-key");
    REQUIRE(again);
    CHECK(said(again, "order_id") == first);
    CHECK(scene.world.broker.submits_begun().begin()->second == 1);
    CHECK(scene.rest() == "");
}

TEST_CASE("fault 28: a log put back to an older state is held, and resumed it sends nothing again") {
    for (const bool with_anchors : {false, true}) {
        CAPTURE(with_anchors);
        Scene scene(Kind::local);
        const auto approval = scene.approved(5, 150);
        CHECK(said(scene.submit(approval, "lost")) == "working");
        scene.world.broker.fill(0, 2);
        scene.world.crash(DiskPolicy::keep);
        scene.world.roll_back(2, with_anchors);
        scene.invariants.forget_acknowledged();
        scene.invariants.note_start();
        REQUIRE(scene.world.start());
        scene.invariants.check_start();
        REQUIRE(scene.world.held());
        CHECK(said(scene.submit(approval, "lost")) == "ENGINE_HELD");
        REQUIRE(scene.world.resume());
        CHECK(scene.order("lost").filled_quantity == Quantity::whole(2));
        CHECK_FALSE(scene.submit(approval, "another"));
        CHECK(scene.world.broker.book().size() == 1);
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 28: a lost change of an order whose outcome was lost too counts from the resumption on") {
    for (const Kind kind : {Kind::local, Kind::network}) {
        CAPTURE(kind);
        Scene scene(kind);
        const std::string id = scene.placed(10, 150, "order");
        const auto placed_by = scene.world.disk.head().sequence;
        events::OrderChanges changes;
        changes.quantity = Quantity::whole(20);
        CHECK(scene.modify(id, "modify", changes));
        scene.world.crash(DiskPolicy::keep);
        // Back to before the submit's outcome: the log knows the intent and nothing after it.
        while (scene.world.disk.head().sequence >= placed_by || scene.world.observer.orders().empty() ||
               scene.world.observer.orders().begin()->second.state != "submitting")
            scene.world.roll_back(1, false);
        scene.invariants.forget_acknowledged();
        scene.invariants.note_start();
        REQUIRE(scene.world.start());
        scene.invariants.check_start();
        REQUIRE(scene.world.held());
        REQUIRE(scene.world.resume());
        CHECK(scene.exposure().open_buys == Quantity::whole(20));
        scene.restart();
        CHECK_FALSE(scene.world.held());
        CHECK(scene.order("order").terms.quantity == Quantity::whole(20));
        CHECK(scene.rest() == "");
    }
}
