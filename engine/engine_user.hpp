#pragma once

#include <string_view>

namespace ibkr::engine {

/// Whom events name for what the engine does on its own account: timers, recovery, reports, policies.
inline constexpr std::string_view engine_user = "engine";

}  // namespace ibkr::engine
