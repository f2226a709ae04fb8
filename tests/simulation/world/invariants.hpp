#pragma once

#include <optional>

#include "engine/call.hpp"
#include "tests/simulation/world/world.hpp"

namespace ibkr::simulation {

/// The claims of the gateway, compared with what the disk and the broker model know to be true. Those of the
/// records alone (I2, O2, O4, O5, O9) are the observer's.
class Invariants {
public:
    explicit Invariants(World& world) : world_(world) {}

    /// After every step.
    void check_step();
    /// Before a start: what the disk shows. After it: whether the engine is held as it should be.
    void note_start();
    void check_start();
    /// A call was answered. `sync_had_failed`: before it was made.
    void check_answer(const engine::CallResult& answer, bool sync_had_failed);
    /// Faults are over, every client was answered, and time has passed.
    void check_quiescence();
    /// More than a crash takes is gone from the disk: what was acknowledged is no claim any more.
    void forget_acknowledged() { acknowledged_.reset(); }

private:
    void check_acknowledged();  ///< I1
    void check_orders();        ///< O1, and what a terminal state says of the broker
    void check_limits();        ///< O6, O8
    void check_exposure();      ///< O6, as the engine counts it
    void check_replay();        ///< R1, R2
    void check_recorded();      ///< R5
    void check_filled();        ///< O3

    World& world_;
    std::optional<events::Head> acknowledged_;  ///< the head when the newest answer was given
    bool anchor_ahead_ = false;
};

}  // namespace ibkr::simulation
