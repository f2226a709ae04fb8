#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/catalogue/log_events.hpp"
#include "projections/projection.hpp"
#include "projections/workflow_tables.hpp"

namespace ibkr::engine {

/// An event whose claimed state is not what the tables fold to.
struct StateDivergence {
    events::SequenceId sequence;
    std::string claimed;
    std::string folded;
};

/// The first projection of every store: runs the state machines over the events and keeps the workflows'
/// records. The only writer of workflow state (design section 1). Live, the writer calls `fold` before the
/// event has its bytes; rebuild and replay hand it recorded events through `apply`.
class WorkflowProjection final : public projections::Projection {
public:
    [[nodiscard]] std::string_view name() const override { return "workflows"; }
    [[nodiscard]] std::uint32_t version() const override { return projections::workflow_tables_version; }
    [[nodiscard]] events::Result<void> create_tables(projections::Database& database) override;
    [[nodiscard]] events::Result<void> apply(projections::Database& database,
                                             const events::Event& event) override;

    /// Folds `event` into its workflow's record, sets its workflow position and its state claim.
    [[nodiscard]] events::Result<void> fold(projections::Database& database, events::Event& event);

    /// Claims that did not hold, in the order met by `apply`; at most `divergences_max`.
    static constexpr std::size_t divergences_max = 100;
    [[nodiscard]] const std::vector<StateDivergence>& divergences() const noexcept { return divergences_; }

    /// True between a range of records that a loss took and the `log_resumed` event that attests it. What was
    /// recorded there builds on events that are gone: workflows are folded as far as they are known, those
    /// whose beginning is gone not at all, and claims are not compared.
    [[nodiscard]] bool builds_on_lost_events() const noexcept { return !lost_.empty(); }

private:
    [[nodiscard]] events::Result<void> follow(projections::Database& database, const events::Event& event);

    events::SequenceId folded_;               ///< folded by `fold`, to be skipped by `apply`
    std::optional<events::SequenceId> seen_;  ///< the event before; nothing before the first one
    std::vector<events::LostRange> lost_;     ///< passed over and not attested yet
    std::vector<StateDivergence> divergences_;
};

/// Every projection of a store, in their order: `workflows`, then those of the projections room.
[[nodiscard]] projections::ProjectionList all_projections(std::unique_ptr<WorkflowProjection> workflows);

}  // namespace ibkr::engine
