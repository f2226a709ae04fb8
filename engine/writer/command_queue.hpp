#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "engine/writer/writer.hpp"

namespace ibkr::engine {

/// Whether a command may be turned away when too many wait.
enum class Admission : std::uint8_t {
    bounded,  ///< ENGINE_BUSY beyond `queue_commands_max`: new work, reads
    always,   ///< outcomes, cancels, the kill switch, the engine's own: as many as there are calls under way
};

/// The bounded queue before the single writer (design 5.5). Whoever finds no batch being written writes all
/// that waits, in order, for everybody; what queues meanwhile forms the next batch. There is no thread and no
/// timer of its own: with one caller a command is written where it is asked for. Any thread.
class CommandQueue {
public:
    CommandQueue(Writer& writer, std::size_t queue_commands_max)
        : writer_(writer), queue_commands_max_(queue_commands_max) {}
    ~CommandQueue() = default;
    CommandQueue(const CommandQueue&) = delete;
    CommandQueue& operator=(const CommandQueue&) = delete;

    /// Returns when the group is durable, or cannot be. `render` and `still_holds` of its submissions may be
    /// called on another caller's thread, while this one waits here. Errors: those of `Writer`, ENGINE_BUSY.
    [[nodiscard]] GroupAnswer write(CommandGroup group, Admission admission = Admission::always);

    /// No batch is written while the lock is held: for what only the writer's connection can be asked. Not
    /// from within a `render` or `still_holds`.
    [[nodiscard]] std::unique_lock<std::mutex> lock_store() { return std::unique_lock(writing_); }

    /// Commands that wait or are being written.
    [[nodiscard]] std::size_t waiting() const;

private:
    struct Waiting {
        CommandGroup group;
        std::condition_variable turn;
        bool done = false;
        GroupAnswer answer;
    };
    /// Writes from the front of the queue, the caller's own group first. `lock` is that of `mutex_`.
    void lead(std::unique_lock<std::mutex>& lock);

    Writer& writer_;
    const std::size_t queue_commands_max_;
    std::mutex writing_;  ///< held while a batch is written; never together with `mutex_`
    mutable std::mutex mutex_;
    std::deque<Waiting*> queue_;  ///< those of the present batch included, at the front
    std::size_t commands_ = 0;    ///< in `queue_`
    bool leading_ = false;
};

}  // namespace ibkr::engine
