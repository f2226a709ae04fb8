#pragma once

#include <string>

#include "tests/simulation/world/clients.hpp"
#include "tests/simulation/world/coverage.hpp"

namespace ibkr::simulation {

/// What a plan came to.
struct Outcome {
    std::vector<Violation> violations;
    std::uint64_t trace_hash = 0;
    std::vector<std::string> trace;
    std::uint64_t points = 0;    ///< crash points that the acts passed, those of the first start not included
    bool crashed = false;        ///< a crash of the plan took effect
    bool crashed_again = false;  ///< and one in the start after it
    bool had_unsynced = false;   ///< the first crash found writes that no sync covered
    Coverage coverage;
    [[nodiscard]] bool good() const { return violations.empty(); }
};

/// Runs a plan in a world of its own: act by act, every process that ends is followed by the next, the
/// invariants are checked after each step; then all faults end and everything has to come to rest. Stops at
/// the first violation. The same plan has the same outcome, always, on the simulated disk.
[[nodiscard]] Outcome run(const Plan& plan, const MakeDisk& make_disk = simulated_disk);

}  // namespace ibkr::simulation
