#pragma once

#include <functional>
#include <vector>

#include "tests/simulation/world/plan.hpp"

namespace ibkr::simulation {

/// The numbers of a few acts of `plan` with which alone it still fails: no single one of them can be left
/// out, unless `runs_max` runs were not enough to find that out. `plan` fails as a whole.
[[nodiscard]] std::vector<std::size_t> shrink(const Plan& plan, const std::function<bool(const Plan&)>& fails,
                                              std::size_t runs_max = 400);

}  // namespace ibkr::simulation
