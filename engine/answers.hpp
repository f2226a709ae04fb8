#pragma once

#include <optional>
#include <string_view>

#include "engine/call.hpp"
#include "events/result.hpp"

namespace ibkr::engine {

class Runtime;

/// What was answered to the command with this id, from the log alone (design 5.2). A command id is decided
/// once: whoever hands the engine a call whose answer may have been lost asks here first, between calls, and
/// makes the call only on nullopt.
///
/// - A call that was refused, denied or failed: its error, with the recorded message and reasons, and the
///   catalogue's word on what to do and on trying again.
/// - A preview, an approval's creation, a word on an approval, a change of the kill switch, also one that had
///   nothing to change: the payload as it was given, made from the workflow as it was at that event. It is
///   the payload whose sha256 the event holds as output_hash, as long as the broker lists the account and
///   this version writes such payloads as the one that answered.
/// - nullopt: no event has this id. Or the call is one that can be made again without anything being decided
///   twice: of an order (submit, cancel, modify) with an intent the idempotency key answers, which the intent
///   binds for ever; a read that was made, and a look at the broker session, are simply repeated.
///
/// `user_id` is who asks: another's id is ENGINE_PROTOCOL_MISMATCH, and nothing of that answer is shown.
/// Any other id is an error, because a second decision could not be ruled out. Errors:
/// ENGINE_PROTOCOL_MISMATCH for an id of the engine's own commands (timers, reports, recovery) or of a
/// command that this version cannot answer again; AUDIT_WRITE_FAILED when the runtime is not alive: what it
/// wrote is known after a restart; ENGINE_HELD when the read models know an event that a held log has lost;
/// LOG_VERSION_UNSUPPORTED, AUDIT_CHAIN_INVALID.
[[nodiscard]] events::Result<std::optional<CallResult>> stored_answer(Runtime& runtime,
                                                                      std::string_view user_id,
                                                                      const events::CommandId& id);

}  // namespace ibkr::engine
