// Reads of the gateway's own workflows: approvals and the kill switch.

#include "engine/gateway/gateway.hpp"
#include "engine/gateway/gather.hpp"
#include "engine/gateway/read_call.hpp"
#include "engine/gateway/read_questions.hpp"
#include "engine/gateway/scopes.hpp"
#include "engine/payloads/workflow_payloads.hpp"
#include "projections/store.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {

using events::ErrorCode;
using events::failure;
using events::Result;

CallResult Gateway::approvals_list(const CallContext& context, const events::AccountId& account) {
    const std::string asked = Question(runtime_).account(account).json();
    return run_read(runtime_, context, scope::orders_read, asked, [&]() -> Result<std::string> {
        projections::ApprovalFilter filter;
        if (!account.empty()) {
            if (auto own = known_account(runtime_, account); !own) return failure(own.error());
            filter.account = runtime_.accounts().hash(account);
        }
        if (auto fired = runtime_.fire_due_timers(); !fired) return failure(fired.error());
        auto approvals =
            runtime_.read([&](const projections::Queries& models) { return models.approvals(filter); });
        if (!approvals) return failure(approvals.error());
        runtime_.learn_accounts();
        return approvals_payload(*approvals, runtime_.accounts());
    });
}

CallResult Gateway::approval_show(const CallContext& context, const events::WorkflowId& approval_id) {
    const std::string asked = Question(runtime_).text("approval_id", approval_id.text()).json();
    return run_read(runtime_, context, scope::orders_read, asked, [&]() -> Result<std::string> {
        if (auto fired = runtime_.fire_due_timers(); !fired) return failure(fired.error());
        auto approval =
            runtime_.read([&](const projections::Queries& models) { return models.approval(approval_id); });
        if (!approval) return failure(approval.error());
        if (!*approval)
            return failure(ErrorCode::paper_approval_required, "there is no approval with that id",
                           "Look the id up with 'ibkr-agent approvals list'.");
        runtime_.learn_accounts();
        return approval_payload(**approval, runtime_.accounts());
    });
}

CallResult Gateway::kill_switch_status(const CallContext& context) {
    const auto look = [&]() -> Result<std::string> {
        auto record = runtime_.read(
            [](const projections::Queries& models) { return models.gateway(events::kill_switch_workflow); });
        if (!record) return failure(record.error());
        const events::GatewayRecord kill_switch = record->value_or(statemachines::initial_kill_switch());
        return kill_switch_payload(kill_switch, kill_switch.last_event_id, runtime_.unrecorded_reason());
    };
    return run_read(runtime_, context, scope::health_read, "{}", look, ReadKind::status);
}

}  // namespace ibkr::engine
