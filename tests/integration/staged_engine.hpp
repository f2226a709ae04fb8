#pragma once

#include <cstdint>
#include <functional>

#include "tests/integration/cli_support.hpp"

namespace ibkr::integration {

/// A resident engine in a process of its own, to which something happens at the n-th moment at which it may
/// be found half done (engine/ports/suspension.hpp). Otherwise it is the product's.
class StagedEngine {
public:
    static constexpr int died_exit_code = 5;  ///< it found that it cannot go on

    /// Ready when this returns. `at` 1 is the first moment after the start. `act` is called there, in the
    /// engine's process.
    StagedEngine(const AgentHome& home, std::uint64_t at, std::function<void()> act);
    ~StagedEngine();
    StagedEngine(const StagedEngine&) = delete;
    StagedEngine& operator=(const StagedEngine&) = delete;

    [[nodiscard]] int pid() const noexcept { return pid_; }
    /// Ends it, however it is, and waits for that.
    void end();
    /// Whether it has ended, or stands still: what was to happen to it has happened.
    [[nodiscard]] bool is_down() const;
    /// Waits until it ends by itself: its exit code, or -1 for a signal.
    [[nodiscard]] int wait();

private:
    int pid_ = -1;
};

}  // namespace ibkr::integration
