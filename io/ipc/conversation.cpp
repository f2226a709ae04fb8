#include "io/ipc/conversation.hpp"

#include <cassert>
#include <condition_variable>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>

#include "io/ipc/boottime.hpp"
#include "io/ipc/frame.hpp"
#include "io/ipc/messages.hpp"

namespace ibkr::io {
namespace {

using events::ErrorCode;
using events::failure;

/// Sends `working` at every interval, from construction to destruction. Nothing else may be sent meanwhile.
/// An asker that has not even read these is cut off. Without a thread to be had there are none: the call is
/// done all the same, and its asker may give up waiting.
class SignsOfLife {
public:
    SignsOfLife(int socket, std::chrono::milliseconds interval) {
        try {
            thread_ = std::thread([this, socket, interval] { run(socket, interval); });
        } catch (const std::system_error&) {
            assert(!thread_.joinable());
        }
    }
    ~SignsOfLife() {
        {
            const std::lock_guard lock(mutex_);
            done_ = true;
        }
        changed_.notify_one();
        if (thread_.joinable()) thread_.join();
    }
    SignsOfLife(const SignsOfLife&) = delete;
    SignsOfLife& operator=(const SignsOfLife&) = delete;

private:
    void run(int socket, std::chrono::milliseconds interval) {
        const std::string frame = encode(Working{});
        std::unique_lock lock(mutex_);
        while (!changed_.wait_for(lock, interval, [this] { return done_; })) {
            if (write_frame(socket, frame, std::chrono::steady_clock::now())) continue;
            ::shutdown(socket, SHUT_RDWR);
            return;
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false;
    std::thread thread_;
};

class Conversation {
public:
    Conversation(int socket, const Peer& peer, const OwnerServerSettings& settings, const Handler& handler,
                 CallCounter& calls, std::atomic<std::int64_t>& idle_since_ms)
        : socket_(socket),
          peer_(peer),
          settings_(settings),
          handler_(handler),
          calls_(calls),
          idle_since_ms_(idle_since_ms) {}

    void run() {
        if (!greet()) return;
        while (wait_for_call())
            if (!take_call()) return;
    }

private:
    // Each says whether the conversation goes on.

    bool wait_for_call() {
        idle_since_ms_ = boottime_ms_now();
        const bool comes = wait_readable(socket_, deadline_in(settings_.idle_timeout)).has_value();
        idle_since_ms_ = 0;
        return comes;
    }

    bool greet() {
        const auto frame = receive("greeting");
        if (!frame) return false;
        const OwnerGreeting own = settings_.greeting();
        const auto theirs = decode_greeting(*frame);
        if (!theirs) return refuse(theirs.error());
        if (auto same = check_greetings(own.common, *theirs); !same) return refuse(same.error());
        return send(encode(own));
    }

    bool take_call() {
        const auto frame = receive("call");
        if (!frame) return false;
        const auto call = decode_call(*frame);
        if (!call) return refuse(call.error());
        if (!calls_.enter()) return false;  // it stops: without an answer the asker asks the next owner
        const bool goes_on = answer(*call);
        calls_.leave();
        return goes_on;
    }

    bool answer(const ForwardedCall& call) {
        if (asker_is_gone()) return false;
        if (boottime_ms_now() >= call.answer_by_boottime_ms)
            return send(encode_refusal(
                failure(ErrorCode::engine_busy, "the call's deadline had passed before it was taken up")
                    .value()));
        const auto result = handle(call);
        return result && send(encode(*result));
    }

    /// Whoever stopped waiting asks again, perhaps elsewhere: what it sent before is not taken up.
    [[nodiscard]] bool asker_is_gone() const {
        pollfd asker{socket_, POLLRDHUP, 0};
        return ::poll(&asker, 1, 0) > 0 && (asker.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
    }

    std::optional<engine::CallResult> handle(const ForwardedCall& call) {
        const SignsOfLife signs(socket_, settings_.working_interval);
        return handler_(peer_, call);
    }

    std::optional<std::string> receive(std::string_view what) {
        auto frame = read_frame(socket_, request_bytes_max, deadline_in(settings_.greeting_timeout));
        if (frame) return std::move(*frame);
        if (frame.error() == FrameFault::timed_out)
            refuse(failure(ErrorCode::engine_protocol_mismatch,
                           "no whole " + std::string(what) + " came within " +
                               std::to_string(settings_.greeting_timeout.count()) + " ms")
                       .value());
        if (frame.error() == FrameFault::malformed)
            refuse(failure(ErrorCode::engine_protocol_mismatch,
                           "a " + std::string(what) + " is a frame of 1 to " +
                               std::to_string(request_bytes_max) + " bytes")
                       .value());
        return std::nullopt;
    }

    /// The last word: after it the connection is closed.
    bool refuse(const events::Error& error) {
        static_cast<void>(send(encode_refusal(error)));
        return false;
    }

    bool send(const std::string& frame) {
        return write_frame(socket_, frame, deadline_in(settings_.answer_timeout)).has_value();
    }

    int socket_;
    const Peer& peer_;
    const OwnerServerSettings& settings_;
    const Handler& handler_;
    CallCounter& calls_;
    std::atomic<std::int64_t>& idle_since_ms_;
};

}  // namespace

void converse(int socket, const Peer& peer, const OwnerServerSettings& settings, const Handler& handler,
              CallCounter& calls, std::atomic<std::int64_t>& idle_since_ms) {
    Conversation(socket, peer, settings, handler, calls, idle_since_ms).run();
}

}  // namespace ibkr::io
