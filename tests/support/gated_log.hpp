#pragma once

#include <condition_variable>
#include <mutex>

#include "tests/support/forwarding_log.hpp"

namespace ibkr::testing {

/// A log whose appends wait while it is shut, as on a slow disk. Any thread.
class GatedLog final : public ForwardingLog {
public:
    using ForwardingLog::ForwardingLog;

    void shut() { set(true); }
    void open() { set(false); }
    /// Returns when an append waits.
    void wait_for_append() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_ > 0; });
    }
    [[nodiscard]] std::size_t appends() const {
        const std::scoped_lock lock(mutex_);
        return appends_;
    }

    [[nodiscard]] events::Result<events::Head> append(std::span<const events::PendingRecord> records,
                                                      events::SequenceId expected_next) override {
        {
            std::unique_lock lock(mutex_);
            ++waiting_;
            ++appends_;
            changed_.notify_all();
            changed_.wait(lock, [&] { return !shut_; });
            --waiting_;
        }
        return ForwardingLog::append(records, expected_next);
    }

private:
    void set(bool shut) {
        const std::scoped_lock lock(mutex_);
        shut_ = shut;
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool shut_ = false;
    int waiting_ = 0;
    std::size_t appends_ = 0;
};

}  // namespace ibkr::testing
