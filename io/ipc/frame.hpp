#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "events/result.hpp"

namespace ibkr::io {

// A frame is four bytes, big-endian, that say how many bytes follow, and those bytes. Length 0 is no frame.
// The functions take a stream socket that they neither keep nor close; one thread reads and one writes at a
// time. They wait in poll(2), never beyond the deadline, and raise no SIGPIPE.

inline constexpr std::size_t frame_header_bytes = 4;
inline constexpr std::size_t request_bytes_max = 1'048'576;  ///< payload of a frame to the owner
inline constexpr std::size_t answer_bytes_max = 16'777'216;  ///< payload of a frame from the owner

using Deadline = std::chrono::steady_clock::time_point;
[[nodiscard]] inline Deadline deadline_in(std::chrono::milliseconds wait) {
    return std::chrono::steady_clock::now() + wait;
}

/// Why there is no frame. Whatever it is, the stream has no known position any more and should be closed;
/// except after `timed_out` of `wait_readable`, which has read nothing.
enum class FrameFault : std::uint8_t {
    closed,     ///< the other side closed between two frames
    timed_out,  ///< the deadline came first
    malformed,  ///< length 0, a length above the limit, or an end within the frame
    failed,     ///< the connection is broken
};

/// Returns when something can be read, the end of the stream included.
[[nodiscard]] events::Result<void, FrameFault> wait_readable(int socket, Deadline deadline);

/// One whole frame of at most `bytes_max` bytes. Memory grows with what came, not with what was announced.
[[nodiscard]] events::Result<std::string, FrameFault> read_frame(int socket, std::size_t bytes_max,
                                                                 Deadline deadline);

/// `payload` has 1 to `answer_bytes_max` bytes; otherwise `malformed`, and nothing is written. With a
/// deadline that has passed it writes what fits into the socket's buffer at once.
[[nodiscard]] events::Result<void, FrameFault> write_frame(int socket, std::string_view payload,
                                                           Deadline deadline);

}  // namespace ibkr::io
