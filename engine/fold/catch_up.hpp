#pragma once

#include "events/log/log.hpp"
#include "projections/store.hpp"

namespace ibkr::engine {

/// Folds the events between the projections' checkpoint and the log's head, in transactions of at most
/// `catch_up_events_max`, each with its checkpoint. Returns the timestamp of the newest event (the epoch for
/// an empty log). Fails with ENGINE_HELD when the checkpoint is ahead of the head or carries another mac than
/// the log at that sequence: the log was rolled back or replaced, and nothing may be decided on it.
[[nodiscard]] events::Result<events::Timestamp> catch_up(const events::LogReader& log,
                                                         projections::ProjectionStore& store);

inline constexpr std::size_t catch_up_events_max = 1000;

}  // namespace ibkr::engine
