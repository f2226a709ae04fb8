#pragma once

#include <functional>
#include <initializer_list>
#include <string_view>

#include "engine/call.hpp"
#include "engine/gateway/gather.hpp"
#include "engine/runtime.hpp"

namespace ibkr::engine {

/// Keys and ids are recorded as they come, so one that redaction would touch is refused (design 4). The
/// directory must know the broker's accounts.
[[nodiscard]] events::Result<void> recordable(Runtime& runtime, std::initializer_list<std::string_view> ids);

/// Scope check, facts, decision, answer: the frame of every workflow call. `gather` makes the facts; its
/// failure is recorded as tool_failed. `render` makes the payload from the folded records.
[[nodiscard]] CallResult run_workflow(Runtime& runtime, const CallContext& context, std::string_view scope,
                                      const statemachines::Command& command,
                                      const std::function<events::Result<Gathered>()>& gather,
                                      const Render& render);

}  // namespace ibkr::engine
