#pragma once

#include <atomic>
#include <cstdint>

#include "io/ipc/call_counter.hpp"
#include "io/ipc/owner_server.hpp"
#include "io/ipc/socket.hpp"

namespace ibkr::io {

/// Speaks with one asker from its greeting to the end of the connection: one call after another, each
/// answered in turn. Returns when the connection should be closed; closes nothing itself. Ends early when
/// another thread shuts the socket down. `idle_since_ms` says since when (CLOCK_BOOTTIME) it waits for a
/// call; 0 while it does not.
void converse(int socket, const Peer& peer, const OwnerServerSettings& settings, const Handler& handler,
              CallCounter& calls, std::atomic<std::int64_t>& idle_since_ms);

}  // namespace ibkr::io
