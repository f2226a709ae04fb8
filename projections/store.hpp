#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "projections/checkpoint.hpp"
#include "projections/projection.hpp"
#include "projections/queries.hpp"

namespace ibkr::projections {

/// What a projection database was found to be.
enum class StoreCondition : std::uint8_t {
    ready,
    absent,              ///< read only: there is none
    unavailable,         ///< locked, not writable, disk full or failing: nothing a rebuild would mend
    damaged,             ///< not a database, pages or schema broken
    foreign,             ///< another program's database, or another layout of ours
    checkpoint_damaged,  ///< the checkpoint does not carry its own check value
    version_changed,     ///< built by other projections, or other versions of them
};

/// Whether a rebuild from the log is the answer. The live file stays as it is until a rebuild replaced it.
[[nodiscard]] constexpr bool needs_rebuild(StoreCondition condition) noexcept {
    return condition == StoreCondition::damaged || condition == StoreCondition::foreign ||
           condition == StoreCondition::checkpoint_damaged || condition == StoreCondition::version_changed;
}

struct StoreProblem {
    StoreCondition condition = StoreCondition::unavailable;
    events::Error error;

    /// For callers that only pass it on.
    operator const events::Error&() const noexcept { return error; }
};

/// The writer's read models: an ordered list of projections over one database, folded event by event. Only
/// the owner of the data directory opens one on a file.
///
///   begin -> (queries, apply(event))* -> commit({head.sequence, head.mac})
///
/// Rows and checkpoint become visible to readers together or not at all; what was applied and not committed
/// is gone after a crash, and the owner folds it again from the log. Committed rows survive the process; the
/// newest may be missing after a power failure (synchronous=NORMAL), never half of a commit. Queries (the
/// base) run at any time and inside a transaction see its own changes (the overlay of design 5.5). One
/// thread.
class ProjectionStore final : public Queries {
public:
    /// Opens `path`, or makes it with checkpoint 0; ":memory:" is gone with the store. Fast: looks at header,
    /// versions and checkpoint, not at every page.
    [[nodiscard]] static events::Result<ProjectionStore, StoreProblem> open(const std::string& path,
                                                                            ProjectionList projections);
    /// Opens a store that is there and in order for reading alone: nothing of the file changes, and `begin`
    /// fails. For an owner that may not write.
    [[nodiscard]] static events::Result<ProjectionStore, StoreProblem> open_read_only(
        const std::string& path, ProjectionList projections);
    ~ProjectionStore() = default;
    ProjectionStore(const ProjectionStore&) = delete;
    ProjectionStore& operator=(const ProjectionStore&) = delete;
    ProjectionStore(ProjectionStore&&) noexcept = default;
    ProjectionStore& operator=(ProjectionStore&&) noexcept = default;

    [[nodiscard]] const Queries& queries() const noexcept { return *this; }
    /// Of the last commit.
    [[nodiscard]] const Checkpoint& checkpoint() const noexcept { return checkpoint_; }
    /// Of the last event applied, in the open transaction or committed.
    [[nodiscard]] events::SequenceId applied() const noexcept { return applied_; }
    [[nodiscard]] const ProjectionList& projections() const noexcept { return projections_; }

    [[nodiscard]] events::Result<void> begin();
    /// Folds one event into every projection, in their order. Events come in log order: a sequence not beyond
    /// `applied()` is an error and folds nothing. After any failure the transaction can only be rolled back.
    [[nodiscard]] events::Result<void> apply(const events::Event& event);
    /// `checkpoint.sequence` must be `applied()`. After a failure nothing of the transaction remains.
    [[nodiscard]] events::Result<void> commit(const Checkpoint& checkpoint);
    void rollback() noexcept;

private:
    ProjectionStore(Database database, ProjectionList projections, Checkpoint checkpoint);

    ProjectionList projections_;
    Checkpoint checkpoint_;
    events::SequenceId applied_;
    bool failed_ = false;  ///< an apply of the open transaction failed
};

/// The projections of this room, in their order, without the engine's `workflows`, which stands before them.
[[nodiscard]] ProjectionList standard_projections();

/// Rows of each table, by name.
struct TableCount {
    std::string table;
    std::int64_t rows = 0;
    friend bool operator==(const TableCount&, const TableCount&) = default;
};
[[nodiscard]] events::Result<std::vector<TableCount>> table_counts(Database& database);

}  // namespace ibkr::projections
