#include <algorithm>
#include <cstdlib>

#include <catch2/catch.hpp>

#include "tests/simulation/real_disk/rocksdb_real_disk.hpp"
#include "tests/simulation/world/driver.hpp"
#include "tests/simulation/world/scene.hpp"

// The scenarios of the simulated disk on the real store. The store's own threads make a run not repeat to the
// last byte, but a plan always comes to the same acts; a failure names the plan that shows it.

using namespace ibkr::simulation;

namespace {

constexpr std::uint64_t seeds_by_default = 20;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

Plan crashed_at(std::uint64_t at, DiskPolicy policy, std::uint64_t again) {
    Plan plan = paper_scenario();
    plan.acts.insert(plan.acts.begin(),
                     Act{ActKind::crash, at - 1, static_cast<std::uint64_t>(policy), again});
    return plan;
}

Outcome good_run(const Plan& plan) {
    Outcome outcome = run(plan, real_disk);
    for (const Violation& violation : outcome.violations)
        UNSCOPED_INFO(violation.invariant << ": " << violation.what);
    for (const std::string& line : outcome.trace)
        UNSCOPED_INFO(line);
    REQUIRE(outcome.good());
    return outcome;
}

/// A real disk keeps no older images.
Plan without_rollbacks(Plan plan) {
    std::erase_if(plan.acts, [](const Act& act) { return act.kind == ActKind::roll_back; });
    return plan;
}

}  // namespace

TEST_CASE("on the real store the paper scenario survives a crash at every point", "[real_disk]") {
    const std::uint64_t points = good_run(paper_scenario()).points;
    CHECK(points > 60);
    std::uint64_t unsynced = 0;
    // Every point; where few seeds are asked for (sanitizers), every third.
    const std::uint64_t stride = number_from("IBKR_SEEDS", seeds_by_default + 1) > seeds_by_default ? 1 : 3;
    for (std::uint64_t at = 1; at <= points; at += stride) {
        // One policy in turn, and all of them where a write was on its way.
        bool had_unsynced = true;
        for (std::uint64_t turn = 0; turn < disk_policies && had_unsynced; ++turn) {
            const std::uint64_t policy = (at + turn) % disk_policies;
            CAPTURE(at, policy);
            const Outcome outcome = good_run(crashed_at(at, static_cast<DiskPolicy>(policy), 1 + at % 5));
            REQUIRE(outcome.crashed);
            had_unsynced = outcome.had_unsynced;
            if (had_unsynced) ++unsynced;
        }
    }
    CHECK(unsynced * stride > 10 * disk_policies);
}

TEST_CASE("on the real store random seeds keep every invariant", "[real_disk]") {
    const std::uint64_t from = number_from("IBKR_FROM_SEED", 1);
    const std::uint64_t seeds = number_from("IBKR_SEEDS", seeds_by_default);
    for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
        INFO("again: IBKR_SEEDS=1 IBKR_FROM_SEED=" << seed
                                                   << " simulation_tests \"on the real store random*\"");
        static_cast<void>(good_run(without_rollbacks(random_plan(seed))));
    }
}

TEST_CASE("a real disk that lies about its syncs is seen", "[real_disk]") {
    Scene scene(Scene::BrokerKind::local, real_disk);
    scene.world.disk.lie_about_syncs();
    static_cast<void>(scene.approved(5, 150));
    const auto found = [&](const std::string& invariant) {
        return std::ranges::any_of(scene.world.violations.found(), [&](const Violation& violation) {
            return violation.invariant == invariant;
        });
    };
    CHECK(found("I5"));
    scene.restart(DiskPolicy::drop);
    CHECK(found("I1"));
}
