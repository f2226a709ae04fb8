#pragma once

#include <cstdint>

#include "events/log/log.hpp"
#include "projections/store.hpp"

namespace ibkr::engine {

/// How read models stand beside the log that they are folded from.
enum class CheckpointFit : std::uint8_t {
    fits,           ///< nothing folded yet, or the log has that record with that mac
    ahead,          ///< the log ends before it: acknowledged events are missing, nothing may be decided
    other_history,  ///< the log has another record there, or attests that it was lost: to be folded anew
};
/// Errors: those of reading the log.
[[nodiscard]] events::Result<CheckpointFit> fit_of(const events::LogReader& log,
                                                   const projections::Checkpoint& checkpoint);

/// Folds the events between the projections' checkpoint and the log's head, in transactions of at most
/// `catch_up_events_max`, each with its checkpoint. Returns the timestamp of the newest event (the epoch for
/// an empty log). Errors: ENGINE_HELD when the checkpoint is ahead of the head, the second line of defence
/// behind the starting rules; AUDIT_WRITE_FAILED, not retryable, when it is of another history, which a
/// rebuild mends.
[[nodiscard]] events::Result<events::Timestamp> catch_up(const events::LogReader& log,
                                                         projections::ProjectionStore& store);

/// When the newest event was recorded; the epoch for an empty log.
[[nodiscard]] events::Result<events::Timestamp> time_of_head(const events::LogReader& log);

inline constexpr std::size_t catch_up_events_max = 1000;

}  // namespace ibkr::engine
