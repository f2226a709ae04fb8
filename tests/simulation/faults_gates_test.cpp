#include <catch2/catch.hpp>

#include "tests/simulation/world/scene.hpp"

// Order-safety faults that the gates, the keys and the log itself answer (docs/order-safety.md has the
// numbers).

using namespace ibkr;
using namespace ibkr::simulation;
using events::Quantity;
using Kind = Scene::BrokerKind;

namespace {

events::OrderChanges size(std::int64_t quantity) {
    events::OrderChanges changes;
    changes.quantity = Quantity::whole(quantity);
    return changes;
}

/// The log ends before `before`, where its one order is in `state` and waits for an outcome; an operator
/// resumes it.
void lose_all_after(Scene& scene, const std::string& state, events::SequenceId before) {
    World& world = scene.world;
    world.crash(DiskPolicy::keep);
    while (world.disk.head().sequence >= before || world.observer.orders().empty() ||
           world.observer.orders().begin()->second.state != state)
        world.roll_back(1, false);
    scene.invariants.forget_acknowledged();
    scene.invariants.note_start();
    REQUIRE(world.start());
    scene.invariants.check_start();
    REQUIRE(world.held());
    REQUIRE(world.resume());
}

}  // namespace

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
        CHECK(scene.modify(id, "modify", size(20)));
        lose_all_after(scene, "submitting", placed_by);
        CHECK(scene.exposure().open_buys == Quantity::whole(20));
        scene.restart();
        CHECK_FALSE(scene.world.held());
        CHECK(scene.order("order").terms.quantity == Quantity::whole(20));
        CHECK(scene.rest() == "");
    }
}

TEST_CASE("fault 28: an order that filled at a size of which the log knows nothing is filled once resumed") {
    for (const Kind kind : {Kind::local, Kind::network})
        for (const std::string lost_outcome_of : {"submitting", "modify_pending"}) {
            CAPTURE(kind, lost_outcome_of);
            Scene scene(kind);
            const std::string id = scene.placed(10, 150, "order");
            CHECK(scene.modify(id, "more", size(14)));
            const auto changed_by = scene.world.disk.head().sequence;
            CHECK(scene.modify(id, "less", size(6)));
            scene.world.broker.fill(0, 6);
            lose_all_after(scene, lost_outcome_of, changed_by);
            CHECK(scene.order("order").state == "filled");
            CHECK(scene.order("order").terms.quantity == Quantity::whole(6));
            CHECK(scene.exposure().open_buys == Quantity());
            scene.restart();
            CHECK_FALSE(scene.world.held());
            CHECK(scene.rest() == "");
        }
}

TEST_CASE("fault 28: a filled order that the book shows only after the resumption holds no later start") {
    Scene scene(Kind::network);
    scene.world.broker.set_lag_ms(60'000);
    const std::string id = scene.placed(10, 150, "order");
    const auto placed_by = scene.world.disk.head().sequence;
    CHECK(scene.modify(id, "less", size(6)));
    scene.world.broker.fill(0, 6);
    lose_all_after(scene, "submitting", placed_by);
    CHECK(scene.order("order").state == "unknown");
    scene.pass_ms(60'000);
    scene.reconcile();
    CHECK(scene.order("order").filled_quantity == Quantity::whole(6));
    scene.restart();
    CHECK_FALSE(scene.world.held());
}
