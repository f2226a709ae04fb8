#include "engine/writer/command_queue.hpp"

#include <cassert>

namespace ibkr::engine {

using events::ErrorCode;
using events::failure;

GroupAnswer CommandQueue::write(CommandGroup group, Admission admission) {
    Waiting mine;
    mine.group = group;
    std::unique_lock lock(mutex_);
    if (admission == Admission::bounded && commands_ >= queue_commands_max_)
        return failure(ErrorCode::engine_busy,
                       std::to_string(commands_) + " commands wait for the engine already",
                       "Ask again in a moment; nothing was decided.");
    queue_.push_back(&mine);
    commands_ += group.size();
    mine.turn.wait(lock, [&] { return mine.done || (!leading_ && queue_.front() == &mine); });
    if (!mine.done) lead(lock);
    assert(mine.done);
    return std::move(mine.answer);
}

void CommandQueue::lead(std::unique_lock<std::mutex>& lock) {
    leading_ = true;
    std::vector<CommandGroup> groups;
    std::size_t commands = 0;
    for (const Waiting* waiting : queue_) {
        if (!groups.empty() && commands + waiting->group.size() > batch_commands_max) break;
        groups.push_back(waiting->group);
        commands += waiting->group.size();
    }
    lock.unlock();
    std::vector<GroupAnswer> answers = [&] {
        const std::scoped_lock writing(writing_);
        return writer_.write(groups);
    }();
    lock.lock();
    assert(!answers.empty() && answers.size() <= groups.size());
    for (GroupAnswer& answer : answers) {
        Waiting& written = *queue_.front();
        queue_.pop_front();
        commands_ -= written.group.size();
        written.answer = std::move(answer);
        written.done = true;
        written.turn.notify_one();
    }
    leading_ = false;
    if (!queue_.empty()) queue_.front()->turn.notify_one();
}

std::size_t CommandQueue::waiting() const {
    const std::scoped_lock lock(mutex_);
    return commands_;
}

}  // namespace ibkr::engine
