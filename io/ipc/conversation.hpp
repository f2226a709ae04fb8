#pragma once

#include "io/ipc/call_counter.hpp"
#include "io/ipc/owner_server.hpp"
#include "io/ipc/socket.hpp"

namespace ibkr::io {

/// Speaks with one asker from its greeting to the end of the connection: one call after another, each
/// answered in turn. Returns when the connection should be closed; closes nothing itself. Ends early when
/// another thread shuts the socket down.
void converse(int socket, const Peer& peer, const OwnerServerSettings& settings, const Handler& handler,
              CallCounter& calls);

}  // namespace ibkr::io
