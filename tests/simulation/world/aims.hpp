#pragma once

#include <string_view>
#include <vector>

#include "tests/simulation/world/plan.hpp"

namespace ibkr::simulation {

/// A few acts, the first of a world, that bring one fault and one order in one state together. Random acts
/// alone meet the rare pairs too seldom.
struct Aim {
    std::string_view fault;  ///< as coverage names it
    std::string_view state;
    bool local_broker = true;
    std::vector<Act> acts;
};
[[nodiscard]] const std::vector<Aim>& aims();
/// Its acts, and what ends the faults among them.
[[nodiscard]] Plan plan_of(const Aim& aim);

}  // namespace ibkr::simulation
