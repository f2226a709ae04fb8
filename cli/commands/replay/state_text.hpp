#pragma once

#include <string>

#include "cli/print/table.hpp"

namespace ibkr::cli {

/// The state at one moment (engine/replay/state_at.hpp) for people: one table for each kind of workflow with
/// what tells its members apart; `replay --workflow` shows the whole of one.
[[nodiscard]] std::string state_text(const Value& state, const Style& style);

}  // namespace ibkr::cli
