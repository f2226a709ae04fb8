#include <charconv>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/simulation/world/driver.hpp"
#include "tests/simulation/world/shrink.hpp"

// A claim about safety is a scenario with a seed. Each seed gives a workload and a random subset of faults;
// it is run twice, with the same trace, and every invariant is checked after every step. What fails is
// shrunk, and one line repeats it (scripts/simulate).

using namespace ibkr::simulation;

namespace {

constexpr std::uint64_t seeds_of_a_full_run = 200;
constexpr std::size_t failures_shown = 5;

/// What is no number from 1 up would run nothing and pass.
std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    if (text == nullptr || *text == '\0') return otherwise;
    std::uint64_t number = 0;
    const char* const end = text + std::strlen(text);
    const auto read = std::from_chars(text, end, number);
    INFO(name << " is a whole number from 1 to 999999999, not '" << text << "'");
    REQUIRE((read.ec == std::errc() && read.ptr == end && number > 0 && number < 1'000'000'000));
    return number;
}

/// Of IBKR_ONLY, the acts to keep, as "3,7,9"; empty: all.
std::vector<std::size_t> acts_to_keep() {
    std::vector<std::size_t> kept;
    const char* const text = std::getenv("IBKR_ONLY");
    std::istringstream list(text != nullptr ? text : "");
    for (std::string one; std::getline(list, one, ',');)
        kept.push_back(std::strtoull(one.c_str(), nullptr, 10));
    return kept;
}

std::string list_of(const std::vector<std::size_t>& kept) {
    std::string text;
    for (const std::size_t number : kept)
        text += (text.empty() ? "" : ",") + std::to_string(number);
    return text;
}

/// The line that repeats a failure, and what it shows.
std::string explain(const Plan& plan, const Outcome& outcome) {
    const std::string invariant = outcome.violations.front().invariant;
    const auto kept = shrink(plan, [&](const Plan& fewer) {
        const Outcome again = run(fewer);
        return !again.good() && again.violations.front().invariant == invariant;
    });
    const Outcome smallest = run(only(plan, kept));
    std::string text =
        "scripts/simulate --seeds 1 --from " + std::to_string(plan.seed) + " --only " + list_of(kept) + "\n";
    for (const Violation& violation : smallest.violations)
        text += "  " + violation.invariant + ": " + violation.what + "\n";
    for (const std::string& line : smallest.trace)
        text += "    " + line + "\n";
    return text;
}

}  // namespace

TEST_CASE("random seeds keep every invariant, and each seed gives the same trace twice", "[seeds]") {
    const std::uint64_t seeds = number_from("IBKR_SEEDS", seeds_of_a_full_run);
    const std::uint64_t from = number_from("IBKR_FROM_SEED", 1);
    const std::vector<std::size_t> kept = acts_to_keep();
    Coverage coverage;
    std::string failures;
    std::size_t failed = 0;
    for (std::uint64_t seed = from; seed < from + seeds && failed < failures_shown; ++seed) {
        CAPTURE(seed);
        const Plan whole = random_plan(seed);
        const Plan plan = kept.empty() ? whole : only(whole, kept);
        REQUIRE_FALSE(plan.acts.empty());
        const Outcome outcome = run(plan);
        CHECK(run(plan).trace_hash == outcome.trace_hash);
        coverage.add(outcome.coverage);
        for (const std::string& pair : outcome.coverage.unexpected())
            UNSCOPED_INFO("met, though the table of coverage.cpp says that it cannot be: " << pair);
        CHECK(outcome.coverage.unexpected().empty());
        if (std::getenv("IBKR_TRACE") != nullptr)
            for (const std::string& line : outcome.trace)
                std::cout << seed << ": " << line << "\n";
        if (outcome.good()) continue;
        ++failed;
        failures += kept.empty() ? explain(plan, outcome)
                                 : outcome.violations.front().invariant + ": " +
                                       outcome.violations.front().what + "\n";
    }
    INFO(failures);
    CHECK(failed == 0);
    if (seeds < seeds_of_a_full_run || !kept.empty()) return;
    for (const std::string& pair : coverage.missing())
        UNSCOPED_INFO("a fault that never met an order in a state it can meet: " << pair);
    CHECK(coverage.missing().empty());
}
