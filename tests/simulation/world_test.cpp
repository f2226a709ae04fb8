#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/simulation/world/driver.hpp"
#include "tests/simulation/world/scene.hpp"
#include "tests/simulation/world/shrink.hpp"

// The simulated world itself: it repeats exactly, and its disk does what its policies say.

using namespace ibkr;
using namespace ibkr::simulation;
using Kind = Scene::BrokerKind;

namespace {

/// A submit is cut off between its write and its sync, under a policy. Whether the intent is in the log.
bool intent_survives(DiskPolicy policy) {
    Scene scene(Kind::local);
    const auto approval = scene.approved(5, 150);
    scene.world.points.arm(2);
    static_cast<void>(scene.world.gateway().paper_submit(
        scene.world.context("ibkr_paper_order_submit"),
        {BrokerModel::account(), approval, events::IdempotencyKey("cut-off")}));
    REQUIRE(scene.world.points.where() == "written_not_synced");
    REQUIRE(scene.world.disk.has_unsynced());
    scene.restart(policy);
    REQUIRE(scene.world.violations.none());
    return !scene.world.observer.orders().empty();
}

}  // namespace

TEST_CASE("a stream of random values does not move when another is drawn from") {
    RandomStream alone(5, "disk");
    RandomStream beside(5, "disk");
    RandomStream other(5, "broker");
    bool differ = false;
    for (int draw = 0; draw < 50; ++draw) {
        const std::uint64_t drawn = other.next();
        const std::uint64_t value = beside.next();
        CHECK(alone.next() == value);
        differ = differ || drawn != value;
    }
    CHECK(differ);
}

TEST_CASE("every value below a bound is drawn, and none beyond it") {
    RandomStream random(1, "any");
    std::vector<int> drawn(7);
    for (int draw = 0; draw < 7'000; ++draw)
        ++drawn.at(random.below(7));
    for (const int times : drawn)
        CHECK((times > 800 && times < 1'200));
}

TEST_CASE("seeds repeat exactly, and differ from one another") {
    const Outcome first = run(random_plan(3));
    CHECK(run(random_plan(3)).trace_hash == first.trace_hash);
    CHECK(run(random_plan(4)).trace_hash != first.trace_hash);
}

TEST_CASE("what a crash leaves of an unsynced write is as the policy says") {
    CHECK(intent_survives(DiskPolicy::keep));
    CHECK_FALSE(intent_survives(DiskPolicy::drop));
    CHECK_FALSE(intent_survives(DiskPolicy::tear));
    CHECK_FALSE(intent_survives(DiskPolicy::garble));
}

TEST_CASE("a start or resumption that is cut off is followed by the next, until an engine is up") {
    using enum ActKind;
    std::ptrdiff_t most_cut_off = 0;
    for (std::uint64_t again = 1; again <= 20; ++again) {
        CAPTURE(again);
        Plan plan;
        // The disk has no room for what the first resumption records, and the second start, or its
        // resumption, ends at a point of its own.
        plan.acts = {{begin, 4, 0, 0},     {go_on, 0, 0, 0},     {go_on, 0, 0, 0}, {crash, 999, 0, again},
                     {fill_disk, 0, 0, 0}, {roll_back, 9, 0, 0}, {cancel, 0, 0, 0}};
        const Outcome outcome = run(plan);
        for (const Violation& violation : outcome.violations)
            UNSCOPED_INFO(violation.invariant << ": " << violation.what);
        CHECK(outcome.good());
        most_cut_off =
            std::max(most_cut_off, std::ranges::count_if(outcome.trace, [](const std::string& line) {
                         return line.starts_with("the resumption was cut off");
                     }));
    }
    CHECK(most_cut_off == 2);
}

TEST_CASE("a failing plan is shrunk to the acts that make it fail") {
    Plan plan = random_plan(1);
    const auto has = [](const Plan& some, ActKind kind) {
        return std::any_of(some.acts.begin(), some.acts.end(),
                           [&](const Act& act) { return act.kind == kind; });
    };
    plan.acts[3].kind = ActKind::roll_back;
    plan.acts[20].kind = ActKind::says_live;
    for (std::size_t i = 21; i < plan.acts.size(); ++i)
        plan.acts[i].kind = ActKind::go_on;
    const auto kept = shrink(plan, [&](const Plan& fewer) {
        return has(fewer, ActKind::roll_back) && has(fewer, ActKind::says_live);
    });
    CHECK(kept.size() == 2);
    CHECK(has(only(plan, kept), ActKind::roll_back));
    CHECK(has(only(plan, kept), ActKind::says_live));
}
