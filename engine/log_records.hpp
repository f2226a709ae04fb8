#pragma once

#include "engine/ports/clock.hpp"
#include "events/log/log_directory.hpp"

namespace ibkr::engine {

/// Makes the records of what happened to the log itself: `log_created`, and what a start, a resumption or a
/// rotation had to do. Nobody decided them: their actor is `engine` and they name no command. Their time is
/// the clock's, or `not_before` when that is later. `clock` and `ids` outlive the maker.
[[nodiscard]] events::RecordMaker log_record_maker(Clock& clock, IdSource& ids);

}  // namespace ibkr::engine
