#include "engine/decided_once.hpp"

namespace ibkr::engine {

CallResult DecidedOnce::ask(const Asked& asked, const std::function<CallResult()>& decide) {
    const Key key{asked.caller, asked.command_id};
    std::promise<CallResult> mine;
    {
        std::unique_lock lock(mutex_);
        const auto [found, is_new] = answers_.try_emplace(key);
        if (!is_new) {
            const Answer known = found->second;
            lock.unlock();
            if (known.request == asked.request) return known.result.get();
            return tl::unexpected(CallError{events::failure(events::ErrorCode::engine_protocol_mismatch,
                                                            "that command id was used for another call",
                                                            "Make a new command id for each call.")
                                                .value(),
                                            {}});
        }
        found->second = {asked.request, mine.get_future().share()};
    }
    CallResult answer = decide();
    const std::size_t bytes = answer ? answer->payload.size() : answer.error().error.message.size();
    mine.set_value(answer);
    keep(key, bytes);
    return answer;
}

void DecidedOnce::keep(const Key& key, std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    kept_.emplace_back(key, bytes);
    kept_bytes_ += bytes;
    while (kept_.size() > kept_max || kept_bytes_ > kept_bytes_max) {
        answers_.erase(kept_.front().first);
        kept_bytes_ -= kept_.front().second;
        kept_.pop_front();
    }
}

}  // namespace ibkr::engine
