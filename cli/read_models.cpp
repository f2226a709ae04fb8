#include "cli/read_models.hpp"

#include <optional>

#include "cli/data_directory.hpp"
#include "engine/fold/catch_up.hpp"
#include "events/event_codec.hpp"
#include "events/log/directory/files.hpp"

namespace ibkr::cli {

using events::failure;
using events::Result;

namespace {

constexpr const char* in_memory = ":memory:";

projections::EventSource events_of(events::LogCursor& cursor) {
    return [&cursor, record = events::Record{}](projections::LoggedEvent& next) mutable -> Result<bool> {
        auto more = cursor.next(record);
        if (!more || !*more) return more;
        auto event = events::decode_record(record);
        if (!event) return failure(event.error());
        next.event = std::move(*event);
        next.mac = record.mac;
        return true;
    };
}

using OpenStore = Result<projections::ProjectionStore, projections::StoreProblem> (*)(
    const std::string&, projections::ProjectionList);

Result<ReadModels, projections::StoreProblem> open_models(const std::string& path, OpenStore open) {
    auto workflows = std::make_unique<engine::WorkflowProjection>();
    auto* const kept = workflows.get();
    auto store = open(path, engine::all_projections(std::move(workflows)));
    if (!store) return tl::unexpected(store.error());
    return ReadModels{std::move(*store), kept, {}};
}

/// Folds what can be read, up to the first record that cannot. Each event is committed by itself, so that
/// one that does not fold takes nothing before it along.
Result<ReadModels> fold_in_memory(const events::LogReader& log) {
    auto models = open_models(in_memory, projections::ProjectionStore::open);
    if (!models) return failure(models.error().error);
    auto cursor = log.read(events::SequenceId(1));
    if (!cursor) return std::move(*models);
    const auto source = events_of(**cursor);
    for (projections::LoggedEvent next;;) {
        const auto found = source(next);
        if (!found || !*found) return std::move(*models);
        if (auto begun = models->store.begin(); !begun) return failure(begun.error());
        const bool folded = models->store.apply(next.event).has_value();
        if (folded && models->store.commit({next.event.sequence_id, next.mac})) continue;
        models->store.rollback();
        return std::move(*models);
    }
}

/// Nothing when the database has to be made anew. ENGINE_HELD when it is ahead of the log.
Result<std::optional<ReadModels>> open_as_they_are(const std::string& path, const events::LogReader& log) {
    // A whole log is folded faster into a new file than event by event into an open one.
    if (!events::path_exists(path) && log.head().sequence > events::SequenceId(1)) return std::nullopt;
    auto opened = open_models(path, projections::ProjectionStore::open);
    if (!opened && projections::needs_rebuild(opened.error().condition)) return std::nullopt;
    if (!opened) return failure(opened.error().error);
    const auto fit = engine::fit_of(log, opened->store.checkpoint());
    if (!fit) return failure(fit.error());
    if (*fit == engine::CheckpointFit::other_history) return std::nullopt;
    return std::optional<ReadModels>(std::move(*opened));  // one that is ahead is refused by the engine
}

}  // namespace

std::string describe_rebuild(const projections::RebuildReport& report) {
    const std::string_view was = [&] {
        switch (report.before) {
            case projections::StoreCondition::absent:
                return "were missing";
            case projections::StoreCondition::version_changed:
                return "were of another version";
            case projections::StoreCondition::ready:
                return report.was_wrong() ? "were wrong" : "did not fit the log";
            case projections::StoreCondition::unavailable:
            case projections::StoreCondition::damaged:
            case projections::StoreCondition::foreign:
            case projections::StoreCondition::checkpoint_damaged:
                break;
        }
        return "were damaged";
    }();
    return "the read models " + std::string(was) + " and were made anew from the " +
           std::to_string(report.events) + " events of the log";
}

Result<projections::RebuildReport> rebuild_projections(const io::Config& config, const events::LogReader& log,
                                                       const projections::RebuildProgress& progress) {
    auto cursor = log.read(events::SequenceId(1));
    if (!cursor) return failure(cursor.error());
    return projections::rebuild(projection_path(config),
                                engine::all_projections(std::make_unique<engine::WorkflowProjection>()),
                                events_of(**cursor), progress);
}

Result<ReadModels> open_read_models(const io::Config& config, const events::LogReader& log, Rebuild rebuild,
                                    const projections::RebuildProgress& progress) {
    const std::string path = projection_path(config);
    if (rebuild == Rebuild::when_needed) {
        auto opened = open_as_they_are(path, log);
        if (!opened) return failure(opened.error());
        if (*opened) return std::move(**opened);
    }
    auto rebuilt = rebuild_projections(config, log, progress);
    if (!rebuilt) return failure(rebuilt.error());
    auto opened = open_models(path, projections::ProjectionStore::open);
    if (!opened) return failure(opened.error().error);
    opened->rebuilt = std::move(*rebuilt);
    return std::move(*opened);
}

Result<ReadModels> open_read_models_of_held(const io::Config& config, const events::LogReader& log) {
    auto opened = open_models(projection_path(config), projections::ProjectionStore::open_read_only);
    if (opened) {
        const auto fit = engine::fit_of(log, opened->store.checkpoint());
        if (fit && *fit == engine::CheckpointFit::fits) return std::move(*opened);
    }
    return fold_in_memory(log);
}

}  // namespace ibkr::cli
