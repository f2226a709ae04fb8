#pragma once

#include <optional>

#include "events/log/log.hpp"
#include "events/log/record.hpp"
#include "events/result.hpp"

namespace ibkr::events {

/// What a walk that begins within a log chains to.
struct Predecessor {
    Head head;                           ///< the record before it, or the end of the attested gap before it
    std::optional<RecordHeader> header;  ///< of that record; nothing at the log's beginning and after a gap
};

/// What stands before `from`, as the log stores it: not verified. Where `from` is the beginning of a gap, it
/// is the record before the gap; `from` does not lie further within one. Error audit_chain_invalid when that
/// record is missing.
[[nodiscard]] Result<Predecessor> predecessor_of(const LogReader& log, SequenceId from);

}  // namespace ibkr::events
