#pragma once

#include <vector>

#include "tests/support/engine_rig.hpp"

namespace ibkr::testing {

/// An incident that a folder of replay-fixtures/ records: what is done to a fresh rig, and checked there.
struct FixtureScenario {
    const char* name;
    void (*play)(EngineRig&);
};

[[nodiscard]] std::vector<FixtureScenario> fixture_scenarios();

}  // namespace ibkr::testing
