#pragma once

#include <functional>
#include <string>
#include <utility>

#include "tests/simulation/world/clients.hpp"
#include "tests/simulation/world/encounters.hpp"

namespace ibkr::simulation {

/// The acts of a plan that are faults.
class Faults {
public:
    Faults(World& world, Invariants& invariants, Clients& clients, Encounters& encounters)
        : world_(world), invariants_(invariants), clients_(clients), encounters_(encounters) {}

    /// Says what came of it, for the trace.
    [[nodiscard]] std::string perform(const Act& act);
    /// What the disk keeps when the process ends next.
    [[nodiscard]] DiskPolicy policy() const { return policy_; }
    /// At which point of the start after that the process ends again; 0: at none.
    [[nodiscard]] std::uint64_t take_crash_again() { return std::exchange(crash_again_in_, 0); }

private:
    bool perform_at_broker(const Act& act);
    void set_write_fault(const Act& act);
    void now_or_at_write(const Act& act, const std::function<void()>& happen);
    void set_stale_reads(const Act& act);
    void happen_meanwhile(const Act& act);
    void fill_mid_way(const Act& act);
    void roll_back(const Act& act);

    World& world_;
    Invariants& invariants_;
    Clients& clients_;
    Encounters& encounters_;
    DiskPolicy policy_ = DiskPolicy::keep;
    std::uint64_t crash_again_in_ = 0;
};

}  // namespace ibkr::simulation
