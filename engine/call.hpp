#pragma once

#include <string>
#include <string_view>

#include "events/event.hpp"
#include "events/result.hpp"

namespace ibkr::engine {

/// One call of a producer (CLI, MCP): who asks, and the flags that travel as facts.
struct CallContext {
    events::Actor actor;
    events::CommandId command_id;  ///< made by the first sender; the same id is never decided twice
    bool is_operator = false;      ///< established by the owner of the engine, never by the caller
    bool enable_preview = false;   ///< --enable-preview
    bool enable_paper = false;     ///< --enable-paper
    bool forwarded = false;        ///< came from another process, through the owner's socket
};

/// A durable answer: released only after its events are on disk.
struct Reply {
    std::string
        payload;  ///< canonical JSON of the bare payload, gateway contract 2 and 6; raw account ids put back
    events::EventId audit_event_id;
    bool unknown_outcome =
        false;  ///< a broker write whose outcome is not known: exit 3, `user_action` in payload
    /// Why a read has no audit event (the log is held, or the disk is nearly full); empty when it has one.
    std::string unrecorded_reason = {};
};

/// A failed call after it was recorded. `audit_event_id` is empty when it could not be.
struct CallError {
    events::Error error;
    events::EventId audit_event_id;
};

using CallResult = tl::expected<Reply, CallError>;

}  // namespace ibkr::engine
