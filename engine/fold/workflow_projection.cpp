#include "engine/fold/workflow_projection.hpp"

#include <optional>

#include "projections/store.hpp"
#include "projections/workflow_records.hpp"
#include "projections/workflow_tables.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::Event;
using events::failure;
using events::Result;
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

enum class Position : std::uint8_t { set, check };

/// Steps the event's machine on its record and stores it. Returns the state after the event.
template <class Record>
Result<std::string> step(Database& database, Event& event, Position position,
                         Result<std::optional<Record>> loaded, Record initial) {
    if (!loaded) return failure(loaded.error());
    Record record = loaded->value_or(std::move(initial));
    if (position == Position::set) event.workflow_position = record.position + 1;
    if (event.workflow_position != record.position + 1)
        return failure(ErrorCode::audit_chain_invalid,
                       "event " + std::to_string(event.sequence_id.value()) + " is number " +
                           std::to_string(event.workflow_position) + " of its workflow, but number " +
                           std::to_string(record.position + 1) + " was due");
    statemachines::evolve(record, event);
    if (auto stored = put(database, record); !stored) return failure(stored.error());
    return record.state;
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
    auto state = fold_workflow(database, event, Position::set);
    if (!state) return failure(state.error());
    events::claim_state(event.body, *state);
    folded_ = event.sequence_id;
    return {};
}

Result<void> WorkflowProjection::apply(Database& database, const Event& event) {
    if (event.sequence_id == folded_) return {};
    Event copy = event;
    const auto state = fold_workflow(database, copy, Position::check);
    if (!state) return failure(state.error());
    events::claim_state(copy.body, *state);  // bodies of no machine keep none
    const std::string_view folded = events::claimed_state(copy.body);
    const std::string_view claimed = events::claimed_state(event.body);
    if (claimed != folded && divergences_.size() < divergences_max)
        divergences_.push_back({event.sequence_id, std::string(claimed), std::string(folded)});
    return {};
}

projections::ProjectionList all_projections(std::unique_ptr<WorkflowProjection> workflows) {
    projections::ProjectionList list = projections::standard_projections();
    list.insert(list.begin(), std::move(workflows));
    return list;
}

}  // namespace ibkr::engine
