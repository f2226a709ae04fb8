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
    /// While a process whose sync failed is still there: it is asked again, and answers nothing.
    void check_failed_sync();
    /// Faults are over, every client was answered, and time has passed.
    void check_quiescence();
    /// More than a crash takes is gone from the disk: what was acknowledged is no claim any more.
    void forget_acknowledged() { acknowledged_.reset(); }

private:
    void check_acknowledged();  ///< I1
    void check_orders();        ///< O1, and what a terminal state says of the broker
    void check_limits();        ///< O6 and O8 of what is at the broker
    void check_exposure();      ///< O6, as the engine counts it
    void check_booked();        ///< O3: what is booked has filled
    void check_filled();        ///< O3, at rest: what has filled is booked
    void check_folds();         ///< R1, R2: against a fold that follows the log
    void check_rebuild();       ///< R1, R2: against a fold of the whole log
    void compare_tables(const engine::Replay& folded);
    void check_recorded();  ///< R5

    World& world_;
    std::optional<events::Head> acknowledged_;  ///< the head when the newest answer was given
    events::Head compared_at_;                  ///< the tables were, and nothing has started since
    events::Head booked_at_;                    ///< the head when the booked executions were looked at
    bool anchor_ahead_ = false;
};

}  // namespace ibkr::simulation
