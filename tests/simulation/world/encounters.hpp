#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "tests/simulation/world/coverage.hpp"
#include "tests/simulation/world/world.hpp"

namespace ibkr::simulation {

/// Sees which order a fault met and in which state, and tells `coverage`. An order counts only when the fault
/// concerned it: when the write, the read, the append or the loss was its own, or when the log says that this
/// fault is why it went the way it did.
class Encounters {
public:
    Encounters(World& world, Coverage& coverage) : world_(world), coverage_(coverage) {}

    /// The order met the fault just now.
    void note(std::string_view fault, const events::ClientOrderId& order);
    /// The newest append was cut off, or what follows it: its orders met the fault where its records leave
    /// them.
    void note_append(std::string_view fault);
    /// The process ended while orders were between their intent and its outcome.
    void note_in_write(std::string_view fault);
    /// A start ended that had open orders to look at.
    void note_open(std::string_view fault);
    /// A start on a log of which records are lost: `before` is what the orders were.
    void note_lost(std::string_view fault, const std::map<events::WorkflowId, std::string>& before);
    [[nodiscard]] std::map<events::WorkflowId, std::string> states() const;
    /// The process was slow between an intent and its write.
    void note_stalled() { stalled_ = true; }
    /// A crash or more took records: what is left is known already.
    void start_over();
    /// What the new records say of their cause.
    void follow();
    /// What happens from now on has causes of its own.
    void end_step() {
        fills_of_step_.clear();
        moved_in_step_.clear();
        stalled_ = false;
    }

private:
    void take(const events::Event& event);
    void take_fill(const events::WorkflowId& order, const std::string& before);
    void take_outcome(const events::OrderOutcome& outcome, const std::string& state);
    void take_refusal(const events::ToolRefused& refused);

    World& world_;
    Coverage& coverage_;
    events::SequenceId followed_to_;
    std::map<events::WorkflowId, std::string> states_;  ///< before the next record
    struct Fills {
        int count = 0;
        std::string before;
    };
    std::map<events::WorkflowId, Fills> fills_of_step_;
    std::set<events::WorkflowId> moved_in_step_;
    std::string command_;  ///< of the newest decision
    bool stalled_ = false;
};

}  // namespace ibkr::simulation
