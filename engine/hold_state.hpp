#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "events/log/directory/log_directory.hpp"

namespace ibkr::engine {

/// Why the log is held, once it is. Found at the start, or later when the broker could not be asked then; a
/// log that is held stays so until it is opened again. Any thread.
class HoldState {
public:
    explicit HoldState(std::optional<events::Hold> found) : hold_(std::move(found)) {
        is_held_.store(hold_.has_value(), std::memory_order_release);
    }

    /// Nullptr when it is not held; else it stays as it is as long as this object.
    [[nodiscard]] const events::Hold* get() const noexcept {
        return is_held_.load(std::memory_order_acquire) ? &*hold_ : nullptr;
    }
    /// The first reason stays.
    void set(events::Hold hold) {
        const std::scoped_lock lock(mutex_);
        if (hold_) return;
        hold_ = std::move(hold);
        is_held_.store(true, std::memory_order_release);
    }

private:
    std::mutex mutex_;
    std::optional<events::Hold> hold_;
    std::atomic<bool> is_held_ = false;
};

}  // namespace ibkr::engine
