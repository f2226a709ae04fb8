#pragma once

#include <vector>

#include "events/log/key_ring.hpp"
#include "events/log/record.hpp"
#include "events/result.hpp"

namespace ibkr::events {

/// Gaps one `log_resumed` record lists; more are joined to fewer, larger ones before it is written.
inline constexpr std::size_t resumption_gaps_max = 256;

/// What a `log_resumed` record attests (catalogue/log_events.hpp, `LogResumed`). The record carries the mac it
/// chains to, so it can be checked alone, without what came before.
/// Error audit_chain_invalid: not such a record, its mac does not hold, its key is not in the ring, or its
/// gaps are not ascending ranges before it.
[[nodiscard]] Result<std::vector<AttestedGap>> read_resumption(const Record& record, const KeyRing& keys);

}  // namespace ibkr::events
