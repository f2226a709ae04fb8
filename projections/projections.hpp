#pragma once

#include <memory>

#include "projections/projection.hpp"

namespace ibkr::projections {

/// Every read model in the order they fold: `workflows`, the engine's, which runs the state machines, then
/// those of this room. Null: those of this room alone.
[[nodiscard]] ProjectionList all_projections(std::unique_ptr<Projection> workflows);

}  // namespace ibkr::projections
