#pragma once

#include <string>

#include "engine/ports/clock.hpp"
#include "events/log/directory/log_directory.hpp"

namespace ibkr::engine {

/// Makes the records of what happened to the log itself: `log_created`, and what a start, a resumption or a
/// rotation had to do. Nobody decided them: they name no command, and their actor is `engine` unless a person
/// had it done. Their time is the clock's, or `not_before` when that is later. `clock` and `ids` outlive the
/// maker.
[[nodiscard]] events::RecordMaker log_record_maker(Clock& clock, IdSource& ids, std::string actor = "engine");

}  // namespace ibkr::engine
