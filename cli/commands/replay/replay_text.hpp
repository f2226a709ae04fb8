#pragma once

#include <string>

#include "cli/print/table.hpp"
#include "engine/replay/replay.hpp"

namespace ibkr::cli {

/// A replay for people: the verdict first, then each difference, then what was not decided again and why.
[[nodiscard]] std::string replay_text(const engine::ReplayReport& report, const Style& style);

}  // namespace ibkr::cli
