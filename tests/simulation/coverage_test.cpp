#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/simulation/world/aims.hpp"
#include "tests/simulation/world/driver.hpp"

// Which faults meet orders in which states: the table of them, and that the aimed plans reach what they aim
// at. Random seeds begin with these plans and check the whole table (random_seeds_test.cpp).

using namespace ibkr::simulation;

namespace {

bool has_row(std::string_view name) {
    return std::ranges::any_of(fault_table(),
                               [&](const FaultRow& row) { return row.fault.starts_with(name); });
}

}  // namespace

TEST_CASE("the table says of every fault and every state whether they can meet") {
    for (const FaultRow& row : fault_table()) {
        CAPTURE(row.fault);
        std::vector<std::string_view> states = row.meets;
        for (const NeverMet& never : row.never) {
            CHECK_FALSE(never.why.empty());
            states.insert(states.end(), never.states.begin(), never.states.end());
        }
        std::ranges::sort(states);
        std::vector<std::string_view> every = order_states();
        std::ranges::sort(every);
        CHECK(states == every);
    }
}

TEST_CASE("every fault of a plan has a row in the table") {
    for (std::uint64_t fault = 1; fault < write_faults; ++fault) {
        CAPTURE(fault);
        CHECK(has_row(name_of(static_cast<WriteFault>(fault))));
    }
    for (std::size_t kind = static_cast<std::size_t>(ActKind::write_fault); kind < act_kinds; ++kind) {
        const auto act = static_cast<ActKind>(kind);
        if (act == ActKind::reads_work || act == ActKind::space_ample || act == ActKind::write_fault)
            continue;
        std::string name(name_of(act));
        if (act == ActKind::stale_reads) name = "stale_read";
        if (act == ActKind::crash_unsynced) name = "crash drop";
        CAPTURE(name);
        CHECK(has_row(name));
    }
}

TEST_CASE("a pair that was never met is missing, and one that cannot be met is unexpected") {
    Coverage coverage;
    coverage.note("lag", "working");
    coverage.note("lag", "filled");
    const auto missing = coverage.missing();
    CHECK(std::ranges::find(missing, "lag x working") == missing.end());
    CHECK(std::ranges::find(missing, "lag x unknown") != missing.end());
    CHECK(coverage.unexpected() == std::vector<std::string>{"lag x filled"});
}

TEST_CASE("each aimed plan brings its fault and an order in its state together") {
    for (const Aim& aim : aims()) {
        CAPTURE(aim.fault, aim.state);
        const Outcome outcome = run(plan_of(aim));
        for (const Violation& violation : outcome.violations)
            UNSCOPED_INFO(violation.invariant << ": " << violation.what);
        for (const std::string& line : outcome.trace)
            UNSCOPED_INFO(line);
        const bool is_met = outcome.good() && outcome.coverage.has(aim.fault, aim.state);
        CHECK(is_met);
    }
}
