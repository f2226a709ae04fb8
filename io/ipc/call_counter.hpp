#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace ibkr::io {

/// How many calls an owner has in progress, and whether it takes new ones. Any thread.
class CallCounter {
public:
    /// False: no new calls are taken; true: to be followed by one `leave` when the call has its answer.
    [[nodiscard]] bool enter();
    void leave();
    void refuse_new();
    /// True when no call is in progress any more; false when some still are at the end of `wait`, or at
    /// `give_up`. New ones are refused first, or it may never come to that.
    [[nodiscard]] bool wait_until_none(std::chrono::milliseconds wait);
    /// Refuses new calls and ends every wait, now and later.
    void give_up();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t in_progress_ = 0;
    bool refusing_ = false;
    bool given_up_ = false;
};

}  // namespace ibkr::io
