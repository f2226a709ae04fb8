#pragma once

#include <chrono>

namespace ibkr::cli {

/// SIGINT and SIGTERM as a wish to stop, from its making on, for this process and for good; SIGPIPE is
/// ignored, so that a closed pipe shows as a failed write. At most one object per process.
class StopSignal {
public:
    StopSignal();

    [[nodiscard]] bool requested() const noexcept;
    /// Says the same from within; any thread.
    void request() noexcept;
    /// Until it is requested, or `at_most` is over. One thread.
    void wait(std::chrono::milliseconds at_most) noexcept;
};

}  // namespace ibkr::cli
