#pragma once

#include <array>
#include <cstdint>

#include "events/values/ids.hpp"

namespace ibkr::projections {

/// The last event folded, and the MAC of its record in the log (design section 4). Sequence 0 with a zero
/// MAC: nothing folded yet.
struct Checkpoint {
    events::SequenceId sequence;
    std::array<std::uint8_t, 32> mac{};
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

}  // namespace ibkr::projections
