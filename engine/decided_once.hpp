#pragma once

#include <deque>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>

#include "engine/call.hpp"

namespace ibkr::engine {

/// Sees to it that one command id is decided once by this process, however often and on however many
/// connections it is asked for (design 5.2): who asks for an id that is being decided waits for that answer,
/// and the newest answers are kept for those who ask again. Ids of different callers never meet. What earlier
/// processes decided is not known here (engine/answers.hpp). Any thread.
class DecidedOnce {
public:
    static constexpr std::size_t kept_max = 1'024;
    static constexpr std::size_t kept_bytes_max = 16'777'216;  ///< of payloads

    /// What is asked, by whom and under which command id.
    struct Asked {
        std::string caller;
        std::string command_id;
        std::string request;  ///< the operation and its arguments, or their hash
    };
    /// `decide` is called at most once per caller and id; an exception is not expected of it. The same id
    /// with another request is ENGINE_PROTOCOL_MISMATCH.
    [[nodiscard]] CallResult ask(const Asked& asked, const std::function<CallResult()>& decide);

private:
    using Key = std::pair<std::string, std::string>;  ///< caller and command id
    struct Answer {
        std::string request;
        std::shared_future<CallResult> result;
    };
    void keep(const Key& key, std::size_t bytes);

    std::mutex mutex_;
    std::map<Key, Answer> answers_;                 ///< those being decided, too
    std::deque<std::pair<Key, std::size_t>> kept_;  ///< decided ones, oldest first, with their bytes
    std::size_t kept_bytes_ = 0;
};

}  // namespace ibkr::engine
