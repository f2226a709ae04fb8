#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/simulation/by_hand.hpp"

// An invariant that cannot fail says nothing: for each of them a world in which its claim is broken on
// purpose has to be told of it. Here those of the log, of folds and of the end; those of orders stand in
// invariants_of_orders_test.cpp.

using namespace ibkr;
using namespace ibkr::events;
using namespace ibkr::simulation;
using Kind = Scene::BrokerKind;

TEST_CASE("I1, I5: a disk that lies about its syncs is seen") {
    Scene scene(Kind::local);
    scene.world.disk.lie_about_syncs();
    static_cast<void>(scene.approved(5, 150));
    CHECK(found_only(scene.world, "I5"));
    scene.restart(DiskPolicy::drop);
    CHECK(found(scene.world, "I1"));
}

TEST_CASE("I1, I4: a loss that nobody declared is seen") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "order"));
    scene.world.disk.roll_back(3, false);
    scene.restart(DiskPolicy::keep);
    CHECK(found(scene.world, "I1"));
    CHECK(found(scene.world, "I4"));
}

TEST_CASE("I2: a record that was changed long after it was read is seen") {
    OtherScene other;
    static_cast<void>(other.scene.placed(5, 150, "order"));
    other.disk->tamper(SequenceId(4), [](Record& record) { record.bytes.back() ^= 1; });
    other.scene.pass_ms(1);
    CHECK(other.scene.world.violations.none());
    SECTION("at the next start") {
        other.scene.restart();
    }
    SECTION("or at rest") {
        static_cast<void>(other.scene.rest());
    }
    CHECK(found(other.scene.world, "I2"));
}

TEST_CASE("I4: a log that opens behind its anchor is seen") {
    OtherScene other;
    static_cast<void>(other.scene.approved(5, 150));
    other.disk->start = StartVerdict::Start::open;
    other.scene.world.crash(DiskPolicy::keep);
    other.scene.world.roll_back(2, false);
    other.scene.invariants.forget_acknowledged();
    other.scene.invariants.note_start();
    REQUIRE(other.scene.world.start());
    other.scene.invariants.check_start();
    CHECK(found_only(other.scene.world, "I4"));
}

TEST_CASE("I4: a write that leaves the process before its anchor is on the disk is seen") {
    for (const Kind kind : {Kind::network, Kind::local}) {
        OtherScene other{nullptr, kind};
        other.disk->secures_anchors = false;
        static_cast<void>(other.scene.placed(5, 150, "order"));
        CHECK(found(other.scene.world, "I4") == (kind == Kind::network));
    }
}

TEST_CASE("I4: a log that is held although nothing was lost is seen") {
    OtherScene other;
    Scene& scene = other.scene;
    SECTION("ever") {}
    SECTION("since it was resumed") {
        static_cast<void>(scene.approved(5, 150));
        scene.world.crash(DiskPolicy::keep);
        scene.world.roll_back(2, false);
        scene.invariants.forget_acknowledged();
        REQUIRE(scene.world.start());
        scene.invariants.check_start();
        REQUIRE(scene.world.held());
        REQUIRE(scene.world.resume());
        CHECK(scene.world.violations.none());
    }
    other.disk->start = StartVerdict::Start::hold;
    scene.restart();
    CHECK(found_only(scene.world, "I4"));
}

TEST_CASE("I5: an answer without its event is seen") {
    Scene scene(Kind::local);
    SECTION("it names one that the log does not have") {
        scene.invariants.check_answer(
            engine::Reply{"{}", EventId("01a1fae5-9cca-7d96-a039-9bb1af0bfcbb"), false, {}}, false);
    }
    SECTION("it names none and says no reason") {
        scene.invariants.check_answer(engine::Reply{"{}", {}, false, {}}, false);
    }
    CHECK(found_only(scene.world, "I5"));
}

TEST_CASE("I6: a process that goes on after a failed sync is seen") {
    OtherScene other;
    other.disk->says_sync_failed = true;
    static_cast<void>(other.scene.approved(5, 150));
    CHECK(found_only(other.scene.world, "I6"));
}

// ---------------------------------------------------------------------------------------------------- folds

TEST_CASE("R1, R2: a read model that is not the fold of the log is seen, whatever row of it") {
    const std::vector<std::pair<std::string, std::string>> changes{
        {"R1", "UPDATE previews SET state = 'refused'"},
        {"R1", "UPDATE approvals SET expires_at = expires_at + 1"},
        {"R1", "UPDATE orders SET broker_order_id = '1'"},
        {"R1", "DELETE FROM gateway"},
        {"R2", "DELETE FROM audit_index WHERE sequence = 3"},
        {"R2", "UPDATE idempotency SET request_hash = ''"},
        {"R2", "UPDATE positions SET base = '1'"},
        {"R2", "UPDATE executions SET price = '1'"},
        {"R2", "UPDATE counted_intents SET executed = 0"},
        {"R2", "UPDATE counted_hours SET orders = 0"},
        {"R2", "UPDATE policies SET content_hash = ''"},
    };
    for (const auto& [invariant, sql] : changes) {
        CAPTURE(sql);
        Scene scene(Kind::local);
        const auto set_kill_switch = [&](bool open) {
            const statemachines::SetKillSwitch set{open, "drill"};
            REQUIRE(scene.world.runtime().record_engine_command(set, "drill", "test"));
            scene.pass_ms(1);
        };
        scene.world.broker.fill_at_or_above(150);
        static_cast<void>(scene.placed(5, 150, "order"));
        set_kill_switch(true);
        CHECK(scene.world.violations.none());
        change_models(scene, sql);
        set_kill_switch(false);
        CHECK(found(scene.world, invariant));
    }
}

TEST_CASE("R1: a claim that the fold does not bear out is seen") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "order"));
    append_by_hand(scene, scene.order("order").order_id, went_to("partially_filled", "broker_record"));
    CHECK(found(scene.world, "R1"));
}

TEST_CASE("R5: an incident that cannot be recorded is seen") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "order"));
    append_by_hand(scene, scene.order("order").order_id, went_to("partially_filled", "broker_record"));
    CHECK_FALSE(found(scene.world, "R5"));
    scene.invariants.check_quiescence();
    CHECK(found(scene.world, "R5"));
}

// -------------------------------------------------------------------------------------------------- the end

TEST_CASE("L1: an engine that does not come up again is seen") {
    Scene scene(Kind::local);
    const auto approval = scene.approved(5, 150);
    scene.world.disk.fill_up_in(1);
    CHECK_FALSE(scene.submit(approval, "order"));
    CHECK(scene.world.violations.none());
    static_cast<void>(scene.rest());
    CHECK(found_only(scene.world, "L1"));
}
