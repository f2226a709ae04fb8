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

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("approvals", self.approvals);
        v("broker_session", self.broker_session);
        v("kill_switch", self.kill_switch);
        v("orders", self.orders);
        v("previews", self.previews);
        v("sequence_id", self.sequence_id);
    }
};

}  // namespace

events::Result<std::string> state_payload(const projections::Queries& state, const ReplayReport& report) {
    auto approvals = state.approvals({{}, {}, {}, state_rows_max});
    if (!approvals) return events::failure(approvals.error());
    auto orders = state.orders({}, state_rows_max);
    if (!orders) return events::failure(orders.error());
    auto previews = state.previews({}, state_rows_max);
    if (!previews) return events::failure(previews.error());
    auto session = state.gateway(events::broker_session_workflow);
    if (!session) return events::failure(session.error());
    auto kill_switch = state.gateway(events::kill_switch_workflow);
    if (!kill_switch) return events::failure(kill_switch.error());
    return events::to_canonical_json(
        StateAt{std::move(*approvals), std::move(*session), std::move(*kill_switch), std::move(*orders),
                std::move(*previews), report.last_sequence_id.value_or(events::SequenceId(0))});
}

std::string replay_payload(const ReplayReport& report) {
    return events::to_canonical_json(report);
}

}  // namespace ibkr::engine
