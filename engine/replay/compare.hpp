#pragma once

#include <vector>

#include "engine/replay/replay.hpp"
#include "statemachines/decide/decision.hpp"

namespace ibkr::engine {

/// What differs between the recorded events of one decision and the drafts of deciding it again: the number
/// of events, their types, workflows, accounts, verdicts, error codes and bodies. State claims are compared
/// when the events are folded.
[[nodiscard]] std::vector<ReplayDifference> compare(const std::vector<events::Event>& recorded,
                                                    const std::vector<statemachines::EventDraft>& decided);

/// What a fixture's expected.json says of one decision.
[[nodiscard]] ReplayedDecision summary_of(events::SequenceId first_sequence,
                                          const std::vector<statemachines::EventDraft>& decided);

}  // namespace ibkr::engine
