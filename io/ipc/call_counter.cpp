#include "io/ipc/call_counter.hpp"

namespace ibkr::io {

bool CallCounter::enter() {
    const std::lock_guard lock(mutex_);
    if (refusing_) return false;
    ++in_progress_;
    return true;
}

void CallCounter::leave() {
    const std::lock_guard lock(mutex_);
    --in_progress_;
    changed_.notify_all();
}

void CallCounter::refuse_new() {
    const std::lock_guard lock(mutex_);
    refusing_ = true;
}

bool CallCounter::wait_until_none(std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [this] { return in_progress_ == 0 || given_up_; });
    return in_progress_ == 0;
}

void CallCounter::give_up() {
    const std::lock_guard lock(mutex_);
    refusing_ = true;
    given_up_ = true;
    changed_.notify_all();
}

}  // namespace ibkr::io
