#include "engine/replay/state_at.hpp"

#include "events/json/describe_codec.hpp"

namespace ibkr::engine {
namespace {

struct StateAt {
    std::vector<events::ApprovalRecord> approvals;
    std::optional<events::GatewayRecord> broker_session;
    std::optional<events::GatewayRecord> kill_switch;
    std::vector<events::OrderRecord> orders;
    std::vector<events::PreviewRecord> previews;
    events::SequenceId sequence_id;
    bool workflows_left_off = false;
    HistoryState history;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("approvals", self.approvals);
        v("broker_session", self.broker_session);
        v("kill_switch", self.kill_switch);
        v("orders", self.orders);
        v("previews", self.previews);
        v("sequence_id", self.sequence_id);
        v("workflows_left_off", self.workflows_left_off);
        HistoryState::describe(v, self.history);
    }
};

/// Of one row too many, asked for to see whether there are more: whether it was there.
template <class Record>
bool cut(std::vector<Record>& rows, std::size_t rows_max) {
    if (rows.size() <= rows_max) return false;
    rows.resize(rows_max);
    return true;
}

struct WorkflowAt {
    std::string kind;
    events::EmbeddedJson record;
    events::SequenceId sequence_id;
    events::WorkflowId workflow_id;
    HistoryState history;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("kind", self.kind);
        v("record", self.record);
        v("sequence_id", self.sequence_id);
        v("workflow_id", self.workflow_id);
        HistoryState::describe(v, self.history);
    }
};

using Found = events::Result<std::optional<WorkflowState>>;

template <class Record>
Found as_state(const events::Result<std::optional<Record>>& found, std::string_view kind) {
    if (!found) return events::failure(found.error());
    if (!*found) return std::nullopt;
    return WorkflowState{std::string(kind), {events::to_canonical_json(**found)}};
}

}  // namespace

Found workflow_state(const projections::Queries& state, const events::WorkflowId& id) {
    if (id == events::kill_switch_workflow || id == events::broker_session_workflow)
        return as_state(state.gateway(id), "gateway");
    if (auto order = as_state(state.order(id), "order"); !order || *order) return order;
    if (auto approval = as_state(state.approval(id), "approval"); !approval || *approval) return approval;
    return as_state(state.preview(id), "preview");
}

events::Result<std::string> workflow_payload(const projections::Queries& state, const ReplayReport& report,
                                             const events::WorkflowId& id) {
    auto found = workflow_state(state, id);
    if (!found) return events::failure(found.error());
    const auto at = report.last_sequence_id.value_or(events::SequenceId(0));
    if (!*found)
        return events::failure(events::ErrorCode::order_validation_failed,
                               "no workflow of that id existed after event " + std::to_string(at.value()),
                               "Check the id, or give a later --at; without --workflow it shows every one "
                               "there was.");
    return events::to_canonical_json(
        WorkflowAt{(*found)->kind, std::move((*found)->record), at, id, report.history});
}

events::Result<std::string> state_payload(const projections::Queries& state, const ReplayReport& report,
                                          std::uint32_t rows_max) {
    auto approvals = state.approvals({{}, {}, {}, rows_max + 1});
    if (!approvals) return events::failure(approvals.error());
    auto orders = state.orders({}, rows_max + 1);
    if (!orders) return events::failure(orders.error());
    auto previews = state.previews({}, rows_max + 1);
    if (!previews) return events::failure(previews.error());
    auto session = state.gateway(events::broker_session_workflow);
    if (!session) return events::failure(session.error());
    auto kill_switch = state.gateway(events::kill_switch_workflow);
    if (!kill_switch) return events::failure(kill_switch.error());
    const bool approvals_cut = cut(*approvals, rows_max);
    const bool orders_cut = cut(*orders, rows_max);
    const bool previews_cut = cut(*previews, rows_max);
    return events::to_canonical_json(
        StateAt{std::move(*approvals), std::move(*session), std::move(*kill_switch), std::move(*orders),
                std::move(*previews), report.last_sequence_id.value_or(events::SequenceId(0)),
                approvals_cut || orders_cut || previews_cut, report.history});
}

std::string replay_payload(const ReplayReport& report) {
    return events::to_canonical_json(report);
}

}  // namespace ibkr::engine
