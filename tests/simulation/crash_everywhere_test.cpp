#include <cstdlib>
#include <iostream>
#include <optional>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/simulation/world/driver.hpp"

// The paper scenario (preview, approval, submit, fills, modify and cancel included), beside a local and
// beside a network broker, ended at every crash point under each policy of what a disk keeps of unsynced
// writes, then again at every point of the start that follows. The invariants are checked after every step,
// and at the end everything has come to rest.

using namespace ibkr;
using namespace ibkr::simulation;

namespace {

constexpr const char* brokers[] = {"local", "network"};

/// A run of the loops below.
struct Crash {
    std::string broker;
    std::uint64_t at = 1;      ///< the point of the scenario
    std::uint64_t policy = 0;  ///< of the disk
    std::uint64_t again = 0;   ///< the point of the start that follows; 0: none
};

Plan scenario_beside(const std::string& broker) {
    Plan plan = paper_scenario();
    plan.local_broker = broker == "local";
    return plan;
}

Plan plan_of(const Crash& crash) {
    Plan plan = scenario_beside(crash.broker);
    plan.acts.insert(plan.acts.begin(), Act{ActKind::crash, crash.at - 1, crash.policy, crash.again});
    plan.rest_after_crash = crash.again > 0;
    return plan;
}

Outcome good_run(const Plan& plan, const std::string& how_to_repeat) {
    Outcome outcome = run(plan);
    if (outcome.good()) return outcome;
    UNSCOPED_INFO("to repeat it: " << how_to_repeat);
    for (const Violation& violation : outcome.violations)
        UNSCOPED_INFO(violation.invariant << ": " << violation.what);
    for (const std::string& line : outcome.trace)
        UNSCOPED_INFO(line);
    REQUIRE(outcome.good());
    return outcome;
}

Outcome good_run(const Crash& crash) {
    std::ostringstream line;
    line << "IBKR_CRASH='" << crash.broker << " " << crash.at << " " << crash.policy << " " << crash.again
         << "' build/release/simulation_tests 'the paper scenario survives*'";
    return good_run(plan_of(crash), line.str());
}

/// Of IBKR_CRASH: the one run to repeat.
std::optional<Crash> named_crash() {
    const char* const text = std::getenv("IBKR_CRASH");
    if (text == nullptr || *text == '\0') return std::nullopt;
    Crash crash;
    std::istringstream words(text);
    REQUIRE(words >> crash.broker >> crash.at >> crash.policy >> crash.again);
    return crash;
}

/// Every point; where few seeds are asked for (sanitizers), every seventh.
std::uint64_t second_crash_stride() {
    const char* const seeds = std::getenv("IBKR_SEEDS");
    return seeds == nullptr || *seeds == '\0' ? 1 : 7;
}

}  // namespace

TEST_CASE("the paper scenario comes to rest when nothing goes wrong") {
    for (const std::string broker : brokers) {
        const Outcome outcome = good_run(scenario_beside(broker), "this test");
        CHECK_FALSE(outcome.crashed);
        CHECK(outcome.points > 60);
    }
}

TEST_CASE("the paper scenario survives a crash at every point, whatever the disk kept") {
    if (const auto named = named_crash()) {
        for (const std::string& line : good_run(*named).trace)
            std::cout << line << "\n";
        return;
    }
    for (const std::string broker : brokers) {
        const std::uint64_t points = run(scenario_beside(broker)).points;
        for (std::uint64_t at = 1; at <= points; ++at)
            for (std::uint64_t policy = 0; policy < disk_policies; ++policy)
                REQUIRE(good_run(Crash{broker, at, policy, 0}).crashed);
    }
}

TEST_CASE("and a second crash at every point of the start that follows") {
    for (const std::string broker : brokers) {
        const std::uint64_t points = run(scenario_beside(broker)).points;
        std::uint64_t second_crashes = 0;
        // Under every policy, also where no write was on its way: it decides what is left of the anchors and
        // the read models too, and of what the start itself writes.
        for (std::uint64_t at = 1; at <= points; at += second_crash_stride())
            for (std::uint64_t policy = 0; policy < disk_policies; ++policy)
                for (std::uint64_t again = 1; good_run(Crash{broker, at, policy, again}).crashed_again;
                     ++again)
                    ++second_crashes;
        CHECK(second_crashes * second_crash_stride() > 1'000);
    }
}
