#pragma once

#include <string>
#include <string_view>

#include "engine/gateway/operation.hpp"
#include "events/result.hpp"

namespace ibkr::engine {

/// Bytes of an operation's JSON, at most.
inline constexpr std::size_t operation_bytes_max = 65'535;

/// The operation's canonical JSON; beside `operation_name` it is the whole operation. Holds raw account ids
/// and people's words as they came: it goes over a private socket, never into the log. Precondition
/// (asserted): ids have an id's form and texts are UTF-8, as the producers' input checks see to.
[[nodiscard]] std::string operation_json(const Operation& operation);

/// Reads what `operation_json` wrote, strictly. A name that is not known, and an unknown, missing, repeated
/// or malformed member, are ENGINE_PROTOCOL_MISMATCH: whoever sent that is not this version of this program.
/// Whether the arguments make sense is the gateway's to say.
[[nodiscard]] events::Result<Operation> parse_operation(std::string_view name, std::string_view json);

}  // namespace ibkr::engine
