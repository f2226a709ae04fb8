#include "engine/fold/catch_up.hpp"

#include "events/event_codec.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::failure;
using events::Record;
using events::Result;

Result<void> check_checkpoint(const events::LogReader& log, const projections::Checkpoint& checkpoint) {
    const auto fit = fit_of(log, checkpoint);
    if (!fit) return failure(fit.error());
    const std::string at = std::to_string(checkpoint.sequence.value());
    if (*fit == CheckpointFit::ahead)
        return failure(ErrorCode::engine_held,
                       "the projections have seen event " + at + ", but the log ends at " +
                           std::to_string(log.head().sequence.value()) + ": acknowledged events are missing",
                       "Do not write to this data directory. Keep a copy and compare it with your backups.");
    if (*fit == CheckpointFit::fits) return {};
    auto disagrees = failure(ErrorCode::audit_write_failed,
                             "the projections were built from another history than this log's event " + at,
                             std::string(projections::rebuild_advice));
    disagrees.value().retryable = false;
    return disagrees;
}

/// Folds up to `catch_up_events_max` records in one transaction; false when there was none left.
Result<bool> fold_some(events::LogCursor& cursor, projections::ProjectionStore& store) {
    if (auto begun = store.begin(); !begun) return failure(begun.error());
    const auto give_up = [&](events::Error why) {
        store.rollback();
        return failure(std::move(why));
    };
    projections::Checkpoint reached;
    Record record;
    for (std::size_t folded = 0; folded < catch_up_events_max; ++folded) {
        auto read = cursor.next(record);
        if (!read) return give_up(read.error());
        if (!*read) break;
        auto event = events::decode_record(record);
        if (!event) return give_up(event.error());
        if (auto applied = store.apply(*event); !applied) return give_up(applied.error());
        reached = {record.sequence, record.mac};
    }
    if (reached.sequence.value() == 0) {
        store.rollback();
        return false;
    }
    if (auto committed = store.commit(reached); !committed) return failure(committed.error());
    return true;
}

}  // namespace

Result<CheckpointFit> fit_of(const events::LogReader& log, const projections::Checkpoint& checkpoint) {
    if (checkpoint.sequence.value() == 0) return CheckpointFit::fits;
    if (checkpoint.sequence > log.head().sequence) return CheckpointFit::ahead;
    auto cursor = log.read(checkpoint.sequence);
    if (!cursor) return failure(cursor.error());
    Record record;
    auto read = (*cursor)->next(record);
    if (!read) return failure(read.error());
    // A cursor jumps over an attested gap.
    const bool has_it = *read && record.sequence == checkpoint.sequence && record.mac == checkpoint.mac;
    return has_it ? CheckpointFit::fits : CheckpointFit::other_history;
}

Result<events::Timestamp> time_of_head(const events::LogReader& log) {
    if (log.head().sequence.value() == 0) return events::Timestamp{};
    auto cursor = log.read_back(log.head().sequence);
    if (!cursor) return failure(cursor.error());
    Record record;
    auto read = (*cursor)->next(record);
    if (!read) return failure(read.error());
    auto event = events::decode_record(record);
    if (!event) return failure(event.error());
    return event->timestamp;
}

Result<events::Timestamp> catch_up(const events::LogReader& log, projections::ProjectionStore& store) {
    const projections::Checkpoint checkpoint = store.checkpoint();
    if (auto checked = check_checkpoint(log, checkpoint); !checked) return failure(checked.error());
    if (checkpoint.sequence < log.head().sequence) {
        auto cursor = log.read(checkpoint.sequence.next());
        if (!cursor) return failure(cursor.error());
        for (bool more = true; more;) {
            auto folded = fold_some(**cursor, store);
            if (!folded) return failure(folded.error());
            more = *folded;
        }
    }
    return time_of_head(log);
}

}  // namespace ibkr::engine
