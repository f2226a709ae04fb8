#pragma once

#include "engine/call.hpp"
#include "io/config/config.hpp"
#include "io/ipc/owner_server.hpp"

namespace ibkr::cli {

/// What is recorded as the user: the kernel's word, never a claim.
[[nodiscard]] std::string local_user(std::int64_t uid);
/// What is recorded as the session: the process, and an id of its own that tells apart processes with the
/// same number.
[[nodiscard]] std::string process_session(std::int64_t pid, const std::string& id);

/// The context of a call from another process: user and process from the socket, the scopes it claims as far
/// as the configuration grants them. `is_operator` is still to be found out. ENGINE_PROTOCOL_MISMATCH for
/// names that no command of ours sends: they would stand in the log as they come.
[[nodiscard]] events::Result<engine::CallContext> context_of(const io::ForwardedCall& call,
                                                             const io::Peer& peer, const io::Config& config);
/// The same call for an owner in another process; `answer_by`, `operation` and secret are still to be set.
[[nodiscard]] io::ForwardedCall forwarded(const engine::CallContext& context, const std::string& session);

}  // namespace ibkr::cli
