#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include <catch2/catch.hpp>

#include "io/ipc/boottime.hpp"
#include "io/ipc/frame.hpp"
#include "io/ipc/messages.hpp"
#include "io/ipc/owner_client.hpp"
#include "io/ipc/owner_server.hpp"
#include "io/ipc/socket.hpp"
#include "tests/unit/events/temporary_directory.hpp"

namespace ibkr::io::test {

using events::ErrorCode;
using events::test::TemporaryDirectory;
using std::chrono::milliseconds;

/// For what must happen, however busy the machine is; never waited out by a test that passes.
inline constexpr milliseconds patience{20'000};
/// For what must not happen, and for timeouts that a test waits out.
inline constexpr milliseconds moment{50};

inline Greeting asker_greeting() {
    return {protocol_version, "0.1.0", "00112233445566778899aabbccddeeff", 1, "digest-a", Role::asker};
}
inline OwnerGreeting owner_greeting() {
    OwnerGreeting greeting{asker_greeting(), 4711, {events::SequenceId(42), "ab12"}, OwnerState::ok};
    greeting.common.role = Role::owner;
    return greeting;
}

inline ForwardedCall some_call(const std::string& id = "command-1") {
    ForwardedCall call;
    call.command_id = events::CommandId(id);
    call.request_id = "request-1";
    call.session_id = "session-1";
    call.tool_name = "ibkr_accounts_list";
    call.scopes = {"accounts:read", "orders:read"};
    call.operation = "accounts_list";
    call.arguments = {R"({"account":"DU1","limit":3})"};
    call.answer_by_boottime_ms = boottime_ms_now() + 60'000;
    return call;
}

inline engine::CallResult reply(std::string payload) {
    return engine::Reply{std::move(payload), events::EventId("event-1"), false, {}};
}

inline OwnerServerSettings settings_for(const std::string& directory) {
    OwnerServerSettings settings;
    settings.data_directory = directory;
    settings.greeting = owner_greeting;
    return settings;
}

/// Answers with the call's own id.
inline std::optional<engine::CallResult> echo(const Peer& /*peer*/, const ForwardedCall& call) {
    return reply(call.command_id.text());
}

inline OwnerServer started(OwnerServerSettings settings, Handler handler = echo) {
    auto server = OwnerServer::start(std::move(settings), std::move(handler));
    REQUIRE(server);
    return std::move(*server);
}

inline OwnerClient connected(const std::string& directory, milliseconds silence_timeout = patience) {
    auto client = OwnerClient::connect(directory, asker_greeting(), deadline_in(patience), silence_timeout);
    REQUIRE(client);
    REQUIRE(*client);
    return std::move(**client);
}

/// The code with which the owner or the asker itself refuses to connect.
inline std::optional<ErrorCode> refusal_of(const std::string& directory,
                                           const Greeting& own = asker_greeting()) {
    const auto client = OwnerClient::connect(directory, own, deadline_in(patience));
    if (client) return std::nullopt;
    return client.error().code;
}

/// A door that handlers wait behind.
class Gate {
public:
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void wait_for_arrivals(int count) {
        std::unique_lock lock(mutex_);
        REQUIRE(changed_.wait_for(lock, patience, [&] { return waiting_ >= count; }));
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int waiting_ = 0;
    bool open_ = false;
};

/// Speaks bytes and frames to whoever is at the other end, by the rules or against them.
class RawEnd {
public:
    explicit RawEnd(events::FileDescriptor socket) : socket_(std::move(socket)) {}
    static RawEnd to(const std::string& directory) {
        auto socket = connect_to_owner(directory, deadline_in(patience));
        REQUIRE(socket);
        REQUIRE(*socket);
        return RawEnd(std::move(**socket));
    }
    static RawEnd greeted(const std::string& directory) {
        RawEnd end = to(directory);
        end.say(encode(asker_greeting()));
        REQUIRE(std::holds_alternative<OwnerGreeting>(end.hear()));
        return end;
    }

    void say(const std::string& frame) { REQUIRE(write_frame(get(), frame, deadline_in(patience))); }
    void send_bytes(const std::string& bytes);
    [[nodiscard]] events::Result<std::string, FrameFault> hear_frame(milliseconds wait = patience) {
        return read_frame(get(), answer_bytes_max, deadline_in(wait));
    }
    [[nodiscard]] OwnerMessage hear() {
        const auto frame = hear_frame();
        REQUIRE(frame);
        auto message = decode_owner_message(*frame);
        REQUIRE(message);
        return std::move(*message);
    }
    /// The error of the next message, which must be one.
    [[nodiscard]] events::Error hear_error() {
        const OwnerMessage message = hear();
        const auto* result = std::get_if<engine::CallResult>(&message);
        REQUIRE(result != nullptr);
        REQUIRE_FALSE(*result);
        return result->error().error;
    }
    /// The other side closed; whether it had read everything makes no difference.
    [[nodiscard]] bool is_at_the_end() {
        const auto frame = hear_frame();
        return !frame && (frame.error() == FrameFault::closed || frame.error() == FrameFault::failed);
    }
    [[nodiscard]] int get() const { return socket_.get(); }
    void close() { socket_ = events::FileDescriptor(); }

private:
    events::FileDescriptor socket_;
};

}  // namespace ibkr::io::test
