#pragma once

#include <cstdint>
#include <string>

#include "cli/print/table.hpp"
#include "engine/replay/replay.hpp"

namespace ibkr::cli {

/// "1 event", "2 events".
[[nodiscard]] std::string counted(std::uint64_t number, const std::string& what);

/// A replay for people: the verdict first, then each difference, then what was not decided again and why.
[[nodiscard]] std::string replay_text(const engine::ReplayReport& report, const Style& style);

/// That the log is held, and why; empty when it is not.
[[nodiscard]] std::string held_text(const std::string& held, const Style& style);
/// That a loss may have taken part of what is shown; empty when nothing was lost.
[[nodiscard]] std::string lost_text(std::uint64_t events_lost);

/// That the log is held, or went on after a loss; empty when there is nothing to say.
[[nodiscard]] std::string history_text(const engine::HistoryState& history, const Style& style);

}  // namespace ibkr::cli
