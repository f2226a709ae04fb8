#include "engine/fold/catch_up.hpp"

#include "events/event_codec.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::failure;
using events::Record;
using events::Result;

/// The projections were built from this very log, up to a record it still has.
Result<void> check_checkpoint(const events::LogReader& log, const projections::Checkpoint& checkpoint) {
    if (checkpoint.sequence.value() == 0) return {};
    constexpr const char* advice =
        "Do not write to this data directory. Keep a copy and compare it with your backups; delete "
        "projections.sqlite3 only when you know that the log is complete.";
    if (checkpoint.sequence > log.head().sequence)
        return failure(ErrorCode::engine_held,
                       "the projections have seen event " + std::to_string(checkpoint.sequence.value()) +
                           ", but the log ends at " + std::to_string(log.head().sequence.value()) +
                           ": acknowledged events are missing",
                       advice);
    auto cursor = log.read(checkpoint.sequence);
    if (!cursor) return failure(cursor.error());
    Record record;
    auto read = (*cursor)->next(record);
    if (!read) return failure(read.error());
    if (!*read || record.mac != checkpoint.mac)
        return failure(ErrorCode::engine_held,
                       "the projections were built from another history than this log's event " +
                           std::to_string(checkpoint.sequence.value()),
                       advice);
    return {};
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
