#include <catch2/catch.hpp>

#include "tests/simulation/world/driver.hpp"

// The paper scenario (preview, approval, submit, fills, modify and cancel included) ended at every crash
// point under each policy of what a disk keeps of unsynced writes, then again at every point of the start
// that follows. The invariants are checked after every step, and at the end everything has come to rest.

using namespace ibkr;
using namespace ibkr::simulation;

namespace {

Plan crashed_at(std::uint64_t at, DiskPolicy policy, std::uint64_t again) {
    Plan plan = paper_scenario();
    plan.acts.insert(plan.acts.begin(),
                     Act{ActKind::crash, at - 1, static_cast<std::uint64_t>(policy), again});
    return plan;
}

Outcome good_run(const Plan& plan) {
    Outcome outcome = run(plan);
    for (const Violation& violation : outcome.violations)
        UNSCOPED_INFO(violation.invariant << ": " << violation.what);
    for (const std::string& line : outcome.trace)
        UNSCOPED_INFO(line);
    REQUIRE(outcome.good());
    return outcome;
}

}  // namespace

TEST_CASE("the paper scenario comes to rest when nothing goes wrong") {
    const Outcome outcome = good_run(paper_scenario());
    CHECK_FALSE(outcome.crashed);
    CHECK(outcome.points > 60);
}

TEST_CASE("the paper scenario survives a crash at every point, whatever the disk kept") {
    const std::uint64_t points = run(paper_scenario()).points;
    for (std::uint64_t at = 1; at <= points; ++at)
        for (std::uint64_t policy = 0; policy < disk_policies; ++policy) {
            CAPTURE(at, policy);
            REQUIRE(good_run(crashed_at(at, static_cast<DiskPolicy>(policy), 0)).crashed);
        }
}

TEST_CASE("and a second crash at every point of the start that follows") {
    const std::uint64_t points = run(paper_scenario()).points;
    std::uint64_t second_crashes = 0;
    for (std::uint64_t at = 1; at <= points; ++at) {
        // What a disk kept of unsynced records differs only where there are some.
        const bool unsynced = run(crashed_at(at, DiskPolicy::drop, 0)).had_unsynced;
        for (std::uint64_t policy = 0; policy < disk_policies; ++policy) {
            if (!unsynced && policy != at % disk_policies) continue;
            for (std::uint64_t again = 1;; ++again) {
                CAPTURE(at, policy, again);
                Plan plan = crashed_at(at, static_cast<DiskPolicy>(policy), again);
                plan.rest_after_crash = true;
                if (!good_run(plan).crashed_again) break;
                ++second_crashes;
            }
        }
    }
    CHECK(second_crashes > 500);
}
