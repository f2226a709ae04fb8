#include "engine/fold/workflow_projection.hpp"

#include <optional>
#include <type_traits>

#include "projections/store.hpp"
#include "projections/workflow_records.hpp"
#include "projections/workflow_tables.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::Event;
using events::failure;
using events::LostRange;
using events::Result;
using events::SequenceId;
using projections::Database;
using statemachines::WorkflowKind;

Result<void> put(Database& database, const events::PreviewRecord& record) {
    return projections::put_preview(database, record);
}
Result<void> put(Database& database, const events::ApprovalRecord& record) {
    return projections::put_approval(database, record);
}
Result<void> put(Database& database, const events::OrderRecord& record) {
    return projections::put_order(database, record, statemachines::order_is_open(record.state));
}
Result<void> put(Database& database, const events::GatewayRecord& record) {
    return projections::put_gateway(database, record);
}

/// What to do with an event's number in its workflow.
enum class Position : std::uint8_t {
    set,       ///< live: the event gets the next one
    check,     ///< recorded: it must be the next one
    may_jump,  ///< recorded after a loss: events between may be gone
};

/// The machines that every log has from its beginning; others begin with their first event.
template <class Record>
constexpr bool always_there = std::is_same_v<Record, events::GatewayRecord>;

/// Steps the event's machine on its record and stores it. Returns the state after the event.
template <class Record>
Result<std::string> step(Database& database, Event& event, Position position,
                         Result<std::optional<Record>> loaded, Record initial) {
    if (!loaded) return failure(loaded.error());
    const bool is_known = always_there<Record> || loaded->has_value();
    Record record = loaded->value_or(std::move(initial));
    if (position == Position::set) event.workflow_position = record.position + 1;
    if (position == Position::may_jump && event.workflow_position > record.position + 1) {
        if (!is_known) return std::string();
        record.position = event.workflow_position - 1;
    }
    if (event.workflow_position != record.position + 1)
        return failure(ErrorCode::audit_chain_invalid,
                       "event " + std::to_string(event.sequence_id.value()) + " is number " +
                           std::to_string(event.workflow_position) + " of its workflow, but number " +
                           std::to_string(record.position + 1) + " was due");
    statemachines::evolve(record, event);
    if (auto stored = put(database, record); !stored) return failure(stored.error());
    return record.state;
}

/// What of `lost` lies outside of `from` to `to`.
std::vector<LostRange> without(const std::vector<LostRange>& lost, SequenceId from, SequenceId to) {
    std::vector<LostRange> rest;
    for (const LostRange& range : lost) {
        if (range.to < from || to < range.from) {
            rest.push_back(range);
            continue;
        }
        if (range.from < from) rest.push_back({range.from, SequenceId(from.value() - 1), {}});
        if (to < range.to) rest.push_back({to.next(), range.to, {}});
    }
    return rest;
}

/// Empty for events of no machine.
Result<std::string> fold_workflow(Database& database, Event& event, Position position) {
    switch (statemachines::workflow_kind(event.body)) {
        case WorkflowKind::none:
            return std::string();
        case WorkflowKind::preview:
            return step(database, event, position, projections::get_preview(database, event.workflow_id),
                        events::PreviewRecord{});
        case WorkflowKind::approval:
            return step(database, event, position, projections::get_approval(database, event.workflow_id),
                        events::ApprovalRecord{});
        case WorkflowKind::order:
            return step(database, event, position, projections::get_order(database, event.workflow_id),
                        events::OrderRecord{});
        case WorkflowKind::kill_switch:
            return step(database, event, position, projections::get_gateway(database, event.workflow_id),
                        statemachines::initial_kill_switch());
        case WorkflowKind::broker_session:
            return step(database, event, position, projections::get_gateway(database, event.workflow_id),
                        statemachines::initial_broker_session());
    }
    return std::string();
}

}  // namespace

Result<void> WorkflowProjection::create_tables(Database& database) {
    return projections::create_workflow_tables(database);
}

Result<void> WorkflowProjection::fold(Database& database, Event& event) {
    if (auto followed = follow(database, event); !followed) return followed;
    auto state = fold_workflow(database, event, Position::set);
    if (!state) return failure(state.error());
    events::claim_state(event.body, *state);
    folded_ = event.sequence_id;
    return {};
}

Result<void> WorkflowProjection::apply(Database& database, const Event& event) {
    if (event.sequence_id == folded_) return {};
    if (auto followed = follow(database, event); !followed) return followed;
    const bool after_loss = builds_on_lost_events();
    Event copy = event;
    const auto state = fold_workflow(database, copy, after_loss ? Position::may_jump : Position::check);
    if (!state) return failure(state.error());
    if (after_loss) return {};
    events::claim_state(copy.body, *state);  // bodies of no machine keep none
    const std::string_view folded = events::claimed_state(copy.body);
    const std::string_view claimed = events::claimed_state(event.body);
    if (claimed != folded && divergences_.size() < divergences_max)
        divergences_.push_back({event.sequence_id, std::string(claimed), std::string(folded)});
    return {};
}

/// Notes what was passed over since the event before, and what a resumption attests of it.
Result<void> WorkflowProjection::follow(Database& database, const Event& event) {
    if (!seen_) {
        auto row = database.query("SELECT sequence FROM store_checkpoint WHERE id = 1");
        const auto found = row.step();
        if (!found) return failure(found.error());
        seen_ = SequenceId(*found ? static_cast<std::uint64_t>(row.integer(0)) : 0);
    }
    // Live, a batch that was rolled back is folded again.
    if (event.sequence_id > seen_->next())
        lost_.push_back({seen_->next(), SequenceId(event.sequence_id.value() - 1), {}});
    seen_ = event.sequence_id;
    const auto* const resumed = std::get_if<events::LogResumed>(&event.body);
    if (resumed == nullptr || lost_.empty()) return {};
    lost_ = without(lost_, resumed->from.next(), resumed->to);
    for (const LostRange& gap : resumed->gaps)
        lost_ = without(lost_, gap.from, gap.to);
    return {};
}

projections::ProjectionList all_projections(std::unique_ptr<WorkflowProjection> workflows) {
    projections::ProjectionList list = projections::standard_projections();
    list.insert(list.begin(), std::move(workflows));
    return list;
}

}  // namespace ibkr::engine
