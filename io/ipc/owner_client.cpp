#include "io/ipc/owner_client.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <variant>

#include "io/ipc/boottime.hpp"
#include "io/ipc/socket.hpp"

namespace ibkr::io {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

constexpr std::int64_t call_ms_max = 86'400'000;  // nobody waits longer for one answer

Result<void> check_peer(int socket, const std::string& data_directory) {
    struct stat directory{};
    const auto peer = peer_of(socket);
    if (peer && ::stat(data_directory.c_str(), &directory) == 0 && may_own(*peer, directory.st_uid))
        return {};
    return failure(ErrorCode::engine_protocol_mismatch,
                   "what answers on the engine's socket is not a process of the data directory's user");
}

/// The owner's greeting; nullopt when it closed without a word.
Result<std::optional<OwnerGreeting>> exchange_greetings(int socket, const std::string& data_directory,
                                                        const Greeting& own, Deadline deadline) {
    // An owner that is full answers before it is asked and closes: what it said is read all the same.
    static_cast<void>(write_frame(socket, encode(own), deadline));
    const auto frame = read_frame(socket, answer_bytes_max, deadline);
    if (!frame) {
        switch (frame.error()) {
            case FrameFault::timed_out:
                return failure(silent_owner(data_directory));
            case FrameFault::malformed:
                return failure(ErrorCode::engine_protocol_mismatch, "the engine's greeting is no frame");
            case FrameFault::closed:
            case FrameFault::failed:
                return std::nullopt;
        }
    }
    auto message = decode_owner_message(*frame);
    if (!message) return failure(message.error());
    if (const auto* result = std::get_if<engine::CallResult>(&*message); result != nullptr && !*result)
        return failure(result->error().error);
    const auto* greeting = std::get_if<OwnerGreeting>(&*message);
    if (greeting == nullptr)
        return failure(ErrorCode::engine_protocol_mismatch, "the engine's first frame is no greeting");
    if (auto same = check_greetings(greeting->common, own); !same) return failure(same.error());
    return *greeting;
}

Deadline deadline_at_boottime(std::int64_t boottime_ms) {
    const std::int64_t now_ms = boottime_ms_now();
    return deadline_in(
        std::chrono::milliseconds(std::clamp(boottime_ms, now_ms, now_ms + call_ms_max) - now_ms));
}

}  // namespace

Result<std::optional<OwnerClient>> OwnerClient::connect(const std::string& data_directory,
                                                        const Greeting& own, Deadline deadline,
                                                        std::chrono::milliseconds silence_timeout) {
    auto socket = connect_to_owner(data_directory, deadline);
    if (!socket) return failure(socket.error());
    if (!*socket) return std::nullopt;
    const int connected = (*socket)->get();
    if (auto known = check_peer(connected, data_directory); !known) return failure(known.error());
    auto owner = exchange_greetings(connected, data_directory, own, deadline);
    if (!owner) return failure(owner.error());
    if (!*owner) return std::nullopt;
    return OwnerClient(std::move(**socket), std::move(**owner), silence_timeout);
}

Result<engine::CallResult, Unanswered> OwnerClient::ask(const ForwardedCall& call) {
    if (!socket_.open()) return tl::unexpected(Unanswered::connection_lost);
    const auto frame = encode(call);
    if (!frame) return engine::CallResult(tl::unexpected(engine::CallError{frame.error(), {}}));
    auto answer = await(*frame, deadline_at_boottime(call.answer_by_boottime_ms));
    if (!answer) socket_ = events::FileDescriptor();
    return answer;
}

Result<engine::CallResult, Unanswered> OwnerClient::await(const std::string& frame, Deadline answer_by) {
    const auto next_deadline = [&] { return std::min(deadline_in(silence_timeout_), answer_by); };
    const auto sent = write_frame(socket_.get(), frame, next_deadline());
    if (!sent && sent.error() == FrameFault::timed_out) return tl::unexpected(Unanswered::silent);
    while (true) {
        const auto heard = read_frame(socket_.get(), answer_bytes_max, next_deadline());
        if (!heard)
            return tl::unexpected(heard.error() == FrameFault::timed_out ? Unanswered::silent
                                                                         : Unanswered::connection_lost);
        auto message = decode_owner_message(*heard);
        if (!message) return tl::unexpected(Unanswered::connection_lost);
        if (auto* result = std::get_if<engine::CallResult>(&*message)) return std::move(*result);
        if (!std::holds_alternative<Working>(*message)) return tl::unexpected(Unanswered::connection_lost);
    }
}

}  // namespace ibkr::io
