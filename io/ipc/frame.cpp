#include "io/ipc/frame.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>
#include <poll.h>
#include <sys/socket.h>

#include "events/crypto/bytes.hpp"

namespace ibkr::io {
namespace {

using Fault = tl::unexpected<FrameFault>;

constexpr std::size_t read_step_bytes = 65'536;

/// Rounded up, so that a wait never ends just before its deadline and is begun again.
int poll_wait_ms(Deadline deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
}

events::Result<void, FrameFault> wait_for(int socket, short events, Deadline deadline) {
    while (true) {
        pollfd one{socket, events, 0};
        const int ready = ::poll(&one, 1, poll_wait_ms(deadline));
        if (ready > 0) return {};
        if (ready == 0) return Fault(FrameFault::timed_out);
        if (errno != EINTR) return Fault(FrameFault::failed);
    }
}

bool would_block(int error_number) {
    return error_number == EAGAIN || error_number == EWOULDBLOCK;
}

/// Fills the whole of `target`; false at the end of the stream, then with `filled` bytes in it.
events::Result<bool, FrameFault> read_exactly(int socket, char* target, std::size_t bytes,
                                              std::size_t& filled, Deadline deadline) {
    while (filled < bytes) {
        const ssize_t got = ::recv(socket, target + filled, bytes - filled, MSG_DONTWAIT);
        if (got > 0) {
            filled += static_cast<std::size_t>(got);
            continue;
        }
        if (got == 0) return false;
        if (errno == EINTR) continue;
        if (!would_block(errno)) return Fault(FrameFault::failed);
        if (auto ready = wait_for(socket, POLLIN, deadline); !ready) return Fault(ready.error());
    }
    return true;
}

events::Result<std::size_t, FrameFault> read_length(int socket, Deadline deadline) {
    std::string header(frame_header_bytes, '\0');
    std::size_t filled = 0;
    const auto whole = read_exactly(socket, header.data(), header.size(), filled, deadline);
    if (!whole) return Fault(whole.error());
    if (!*whole) return Fault(filled == 0 ? FrameFault::closed : FrameFault::malformed);
    return events::read_be32(events::bytes_of(header));
}

}  // namespace

events::Result<void, FrameFault> wait_readable(int socket, Deadline deadline) {
    return wait_for(socket, POLLIN, deadline);
}

events::Result<std::string, FrameFault> read_frame(int socket, std::size_t bytes_max, Deadline deadline) {
    const auto length = read_length(socket, deadline);
    if (!length) return Fault(length.error());
    if (*length == 0 || *length > bytes_max) return Fault(FrameFault::malformed);
    std::string payload;
    while (payload.size() < *length) {
        const std::size_t before = payload.size();
        payload.resize(std::min(*length, before + read_step_bytes));
        std::size_t filled = 0;
        const auto whole =
            read_exactly(socket, payload.data() + before, payload.size() - before, filled, deadline);
        if (!whole) return Fault(whole.error());
        if (!*whole) return Fault(FrameFault::malformed);
    }
    return payload;
}

events::Result<void, FrameFault> write_frame(int socket, std::string_view payload, Deadline deadline) {
    if (payload.empty() || payload.size() > answer_bytes_max) return Fault(FrameFault::malformed);
    std::string bytes;
    bytes.reserve(frame_header_bytes + payload.size());
    events::append_be32(bytes, static_cast<std::uint32_t>(payload.size()));
    bytes.append(payload);
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const ssize_t sent = ::send(socket, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (errno == EINTR) continue;
        if (!would_block(errno)) return Fault(FrameFault::failed);
        if (auto ready = wait_for(socket, POLLOUT, deadline); !ready) return Fault(ready.error());
    }
    return {};
}

}  // namespace ibkr::io
