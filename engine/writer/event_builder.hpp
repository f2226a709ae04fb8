#pragma once

#include <vector>

#include "engine/call.hpp"
#include "engine/ports/clock.hpp"
#include "statemachines/decide/decision.hpp"

namespace ibkr::engine {

/// Puts the envelope around the drafts of one decision. The first event carries what was decided from; every
/// later one is caused by it. `first_sequence` is the first event's place in the log. Workflow positions and
/// state claims are set when the events are folded.
[[nodiscard]] std::vector<events::Event> build_events(const statemachines::Decided& decided,
                                                      const CallContext& context,
                                                      const statemachines::Command& command,
                                                      const statemachines::Facts& facts,
                                                      events::SequenceId first_sequence, IdSource& ids);

/// The decision time of any facts.
[[nodiscard]] events::Timestamp decision_time(const statemachines::Facts& facts);
/// The broker's position is not among the facts any more.
void forget_position(statemachines::Facts& facts);
void set_decision_time(statemachines::Facts& facts, events::Timestamp time);

}  // namespace ibkr::engine
