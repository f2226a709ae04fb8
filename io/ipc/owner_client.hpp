#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/call.hpp"
#include "events/log/directory/files.hpp"
#include "events/result.hpp"
#include "io/ipc/frame.hpp"
#include "io/ipc/greeting.hpp"
#include "io/ipc/messages.hpp"

namespace ibkr::io {

/// Longer than the owner's pause between two signs of life, by far.
inline constexpr std::chrono::milliseconds silence_timeout_default{10'000};

/// A call that has no answer: whether it was decided is not known. Ask the next owner with the same id.
enum class Unanswered : std::uint8_t {
    connection_lost,  ///< the connection ended, or gave what is no answer
    silent,           ///< no sign of life for the silence timeout, or the call's `answer_by` passed
};

/// An asker's connection to the process that owns a data directory. One thread at a time.
class OwnerClient {
public:
    /// Connects and exchanges greetings, until `deadline` at the latest. nullopt: nobody there, or gone
    /// before it greeted; whoever wants an answer may try to become the owner. Errors: those of
    /// `connect_to_owner`; engine_busy (no greeting until the deadline, naming the owner's pid; too many
    /// connections); engine_protocol_mismatch (also when the peer is neither the data directory's user nor
    /// root), engine_version_mismatch, engine_config_mismatch.
    [[nodiscard]] static events::Result<std::optional<OwnerClient>> connect(
        const std::string& data_directory, const Greeting& own, Deadline deadline,
        std::chrono::milliseconds silence_timeout = silence_timeout_default);

    [[nodiscard]] const OwnerGreeting& owner() const noexcept { return owner_; }

    /// Sends the call and waits for its result. A call that `encode` refuses is answered with that error and
    /// not sent. After an Unanswered the connection is closed, and every further call is `connection_lost`.
    [[nodiscard]] events::Result<engine::CallResult, Unanswered> ask(const ForwardedCall& call);

private:
    OwnerClient(events::FileDescriptor socket, OwnerGreeting owner, std::chrono::milliseconds silence_timeout)
        : socket_(std::move(socket)), owner_(std::move(owner)), silence_timeout_(silence_timeout) {}
    [[nodiscard]] events::Result<engine::CallResult, Unanswered> await(const std::string& frame,
                                                                       Deadline answer_by);

    events::FileDescriptor socket_;
    OwnerGreeting owner_;
    std::chrono::milliseconds silence_timeout_;
};

}  // namespace ibkr::io
