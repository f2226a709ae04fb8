#pragma once

#include <string>

#include "events/event.hpp"

namespace ibkr::engine {

/// What an event says, in one line for people. Texts from outside stand in it as recorded: redacted, and not
/// yet safe for a terminal.
[[nodiscard]] std::string words_of(const events::Event& event);

}  // namespace ibkr::engine
