#pragma once

#include "events/values/order.hpp"

namespace ibkr::events {

/// A broker's position, taken as the base that executions since `as_of` are added to (design 5.6).
struct PositionRecorded {
    PositionFact position;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("position", self.position);
    }
    friend bool operator==(const PositionRecorded&, const PositionRecorded&) = default;
};

}  // namespace ibkr::events
