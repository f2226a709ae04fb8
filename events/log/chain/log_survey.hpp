#pragma once

#include <vector>

#include "events/log/chain/resumption.hpp"
#include "events/log/keys/key_ring.hpp"
#include "events/log/log.hpp"

namespace ibkr::events {

/// What of a log can be read and verified, from its first record to its head.
struct LogSurvey {
    /// Ranges that cannot be read or do not verify and that no readable `log_resumed` record attests:
    /// ascending, at most `resumption_gaps_max`, none touching another; beyond that the closest were joined.
    /// `mac` is that of the last record of the range, to which the next one chains; `attested_by` is unset.
    std::vector<AttestedGap> gaps;
    std::uint64_t lost_records = 0;  ///< in those ranges
};

/// Walks the whole log, which ends at a record that fits its predecessor, or is empty. A range that does not
/// verify ends before the first record that chains to the stored mac of the one before it. Memory does not
/// grow with the log. Error only when the log cannot be read for another reason than damage.
[[nodiscard]] Result<LogSurvey> survey_log(const LogReader& log, const KeyRing& keys);

/// Puts `gap` behind those before it and keeps at most `gaps_max`, by joining the two that are closest.
void add_lost_range(std::vector<AttestedGap>& gaps, const AttestedGap& gap, std::size_t gaps_max);

}  // namespace ibkr::events
