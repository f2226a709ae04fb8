#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "projections/store.hpp"

namespace ibkr::projections {

/// An event of the log with the MAC of its record.
struct LoggedEvent {
    events::Event event;
    std::array<std::uint8_t, 32> mac{};
};

/// Fills in the next event, in log order from the first; false at the end.
using EventSource = std::function<events::Result<bool>(LoggedEvent&)>;
/// Told the sequence folded, every `rebuild_batch_events` events.
using RebuildProgress = std::function<void(events::SequenceId)>;

inline constexpr std::uint64_t rebuild_batch_events = 2'000;

/// Rows before and after; `before` is missing for a table the old file did not have or could not count.
struct RebuiltTable {
    std::string table;
    std::optional<std::int64_t> before;
    std::int64_t after = 0;
};

struct RebuildReport {
    std::uint64_t events = 0;
    Checkpoint checkpoint;
    StoreCondition before = StoreCondition::absent;
    std::optional<Checkpoint> checkpoint_before;
    std::vector<RebuiltTable> tables;

    /// The old file was in order and stood at the same event, yet held other numbers of rows: it was wrong.
    [[nodiscard]] bool was_wrong() const;
};

/// Folds the whole log into a new file beside `path` and puts it in the place of the old one. Until then the
/// old file is whole and stays as it is; a failure leaves it so. A crash leaves the old file, the new file,
/// or none, which is made anew and folded from the log. The caller owns the data directory and has no store
/// open on `path`. Readers that have the old file open go on reading it.
[[nodiscard]] events::Result<RebuildReport> rebuild(const std::string& path, ProjectionList projections,
                                                    const EventSource& source,
                                                    const RebuildProgress& progress = {});

}  // namespace ibkr::projections
