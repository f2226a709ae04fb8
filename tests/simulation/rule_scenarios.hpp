#pragma once

#include <span>

#include "tests/simulation/fixture_scenarios.hpp"

namespace ibkr::testing {

// Scenarios that walk along a rule's edge, so that a change of the rule shows in a replay (tests/mutation).

[[nodiscard]] std::span<const FixtureScenario> limit_scenarios();
[[nodiscard]] std::span<const FixtureScenario> approval_scenarios();
[[nodiscard]] std::span<const FixtureScenario> change_scenarios();

}  // namespace ibkr::testing
