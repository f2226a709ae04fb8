#pragma once

#include <string_view>

namespace ibkr::engine {

/// Whether a call of this operation may be recorded under this tool name (gateway contract sections 2 and 3).
/// The owner asks for every call that another process hands it: the log's word on what was called is not the
/// caller's to choose. Names of the engine's own work (`ibkr_engine_...`) are nobody's.
[[nodiscard]] bool is_tool_of(std::string_view operation, std::string_view tool) noexcept;
/// Whether any operation may be; a call that never reached one is recorded under the name it was meant for.
[[nodiscard]] bool is_tool(std::string_view tool) noexcept;

}  // namespace ibkr::engine
