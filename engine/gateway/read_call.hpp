#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/call.hpp"
#include "engine/runtime.hpp"

namespace ibkr::engine {

/// What a read is worth while the disk is nearly full.
enum class ReadKind : std::uint8_t {
    audited,  ///< refused: it may not go unrecorded
    status,   ///< answered unrecorded: what one looks at to find out what is wrong
};

/// The frame of every read: scope check, then `read`, then one durable event with input and output hash, then
/// the answer. `arguments_json` is the canonical JSON of the arguments without raw account ids (put the
/// hash). `read` returns the payload as canonical JSON. Its error is recorded as tool_failed and answered.
/// While the log is held every read is answered unrecorded, with the reason; denials and failures likewise.
[[nodiscard]] CallResult run_read(Runtime& runtime, const CallContext& context,
                                  std::string_view required_scope, const std::string& arguments_json,
                                  const std::function<events::Result<std::string>()>& read,
                                  ReadKind kind = ReadKind::audited);

/// The event of a read that was made: `output_hash` is the sha256 of its payload, lower hex.
[[nodiscard]] events::Result<events::EventId> record_completed(Runtime& runtime, const CallContext& context,
                                                               const std::string& arguments_json,
                                                               std::string output_hash);

[[nodiscard]] bool has_scope(const CallContext& context, std::string_view scope) noexcept;

/// Records a call that failed or was denied, where that is possible, and gives back its error with the audit
/// event's id.
[[nodiscard]] CallError fail_call(Runtime& runtime, const CallContext& context, const events::Error& error,
                                  const std::string& arguments_json);

/// AUTH_MISSING_SCOPE, as every call says it.
[[nodiscard]] events::Error missing_scope_error(std::string_view required_scope);
/// nullopt when the context has the scope; otherwise the recorded AUTH_MISSING_SCOPE.
[[nodiscard]] std::optional<CallError> missing_scope(Runtime& runtime, const CallContext& context,
                                                     std::string_view required_scope,
                                                     const std::string& arguments_json);

}  // namespace ibkr::engine
