#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/call.hpp"
#include "events/result.hpp"
#include "io/ipc/greeting.hpp"
#include "io/ipc/messages.hpp"
#include "io/ipc/socket.hpp"

namespace ibkr::io {

/// Does one call and gives its result; nullopt when there is none to give because the engine is dead: the
/// connection then ends without an answer. Called on the connection's thread, several at a time; may block,
/// throws nothing.
using Handler = std::function<std::optional<engine::CallResult>(const Peer&, const ForwardedCall&)>;

struct OwnerServerSettings {
    std::string data_directory;
    std::string group;  ///< operators.group; empty: this user only
    /// Made for each connection, because the head moves. Called on the connection's thread.
    std::function<OwnerGreeting()> greeting;
    /// Beyond it one that waits for a call the longest is ended, and the newcomer is told to try again.
    std::size_t connections_max = 128;
    /// For the greeting, and for the rest of a frame that has begun.
    std::chrono::milliseconds greeting_timeout{10'000};
    std::chrono::milliseconds idle_timeout{600'000};    ///< between two calls
    std::chrono::milliseconds working_interval{1'000};  ///< between two signs of life
    std::chrono::milliseconds answer_timeout{10'000};   ///< for the asker to take an answer
    std::chrono::milliseconds drain_timeout{30'000};    ///< for calls in progress when it stops
};

/// Answers askers on the socket of the data directory whose owner lock the caller holds. One thread accepts
/// and each connection has its own, so that an asker who is slow, silent or hostile holds up nobody else.
/// These threads leave SIGINT, SIGTERM and SIGHUP to the caller's.
class OwnerServer {
public:
    /// Errors: as `OwnerSocket::listen`; audit_write_failed when no thread can be had.
    [[nodiscard]] static events::Result<OwnerServer> start(OwnerServerSettings settings, Handler handler);

    /// Like `abandon`, and waits for handlers that are still running.
    ~OwnerServer();
    OwnerServer(OwnerServer&&) noexcept;
    OwnerServer& operator=(OwnerServer&&) = delete;
    OwnerServer(const OwnerServer&) = delete;
    OwnerServer& operator=(const OwnerServer&) = delete;

    /// Takes the socket away, answers new calls ENGINE_BUSY, lets calls in progress finish and be answered,
    /// ends every connection. False when some had not finished after `drain_timeout`, or `abandon` came in
    /// between: their connections were ended without an answer, and their handlers may still be running until
    /// the destructor has waited for them. Not to be called by a handler.
    [[nodiscard]] bool stop();

    /// For a dead engine: takes the socket away and ends every connection at once and without an answer, so
    /// that askers ask the next owner. Waits for nothing; any thread, handlers included.
    void abandon();

private:
    struct State;
    explicit OwnerServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ibkr::io
