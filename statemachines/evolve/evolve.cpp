#include "statemachines/evolve/evolve.hpp"

#include <cassert>

#include "statemachines/evolve/order_fold.hpp"
#include "statemachines/machines/broker_session.hpp"
#include "statemachines/machines/kill_switch.hpp"
#include "statemachines/machines/preview.hpp"

namespace ibkr::statemachines {
namespace {

using events::ApprovalRecord;
using events::Event;
using events::GatewayRecord;
using events::PreviewRecord;

/// The name behind a record's state, or nullopt before its first event.
template <class State>
std::optional<State> named_state(std::string_view name) {
    if (name.empty()) return std::nullopt;
    State state{};
    const bool known = events::enum_from_name(name, state);
    assert(known && "a record holds a state that this version does not know");
    static_cast<void>(known);
    return state;
}

// ---------------------------------------------------------------------------------------------- preview

Folded step_preview(PreviewRecord& record, const PreviewEvent& event) {
    PreviewData data;
    const auto result = step<PreviewMachine>(named_state<PreviewState>(record.state), data, event);
    if (result.to) record.state = to_string(*result.to);
    return folded(result.outcome);
}

Folded fold(PreviewRecord& record, const events::OrderIntentReceived& body, const Event& event) {
    record.preview_id = event.workflow_id;
    record.account = event.account_id_hash;
    record.environment = body.environment;
    record.terms = body.terms;
    record.rationale = body.rationale;
    record.replaces = body.replaces;
    record.requested_by = event.actor.user_id;
    record.created_at = event.timestamp;
    return step_preview(record, PreviewRequested{});
}

/// The check at preview explains the preview; the one at execution explains the order and leaves this as it
/// was.
Folded fold(PreviewRecord& record, const events::OrderRiskChecked& body, const Event&) {
    if (record.state == to_string(PreviewState::Requested)) {
        record.reasons = body.reasons;
        record.warnings = body.warnings;
    }
    return Folded::ignored;
}

Folded fold(PreviewRecord& record, const events::OrderPreviewCreated& body, const Event&) {
    const Folded result = step_preview(record, PreviewCreated{});
    if (result != Folded::stepped) return result;
    record.validated_order_id = body.validated_order_id;
    record.order_hash = body.order_hash;
    record.estimated_cost = body.estimated_cost;
    record.warnings = body.warnings;
    record.expires_at = body.expires_at;
    return result;
}

Folded fold(PreviewRecord& record, const events::OrderPreviewRefused& body, const Event&) {
    const Folded result = step_preview(record, PreviewRefused{});
    if (result == Folded::stepped) record.reasons = body.reasons;
    return result;
}

Folded fold(PreviewRecord& record, const events::OrderPreviewExpired&, const Event&) {
    return step_preview(record, PreviewExpired{});
}

// --------------------------------------------------------------------------------------------- approval

ApprovalData data_of(const ApprovalRecord& record) {
    return {record.expired_meanwhile, record.revoked_meanwhile};
}

Folded step_approval(ApprovalRecord& record, const ApprovalEvent& event) {
    ApprovalData data = data_of(record);
    const auto result = step<ApprovalMachine>(approval_state_of(record), data, event);
    if (result.to) record.state = to_string(*result.to);
    record.expired_meanwhile = data.expired_meanwhile;
    record.revoked_meanwhile = data.revoked_meanwhile;
    return folded(result.outcome);
}

Folded open_approval(ApprovalRecord& record, const events::ApprovalRecorded& body, const Event& event) {
    record.approval_id = event.workflow_id;
    record.preview_id = body.preview_id;
    record.account = event.account_id_hash;
    record.environment = body.environment;
    record.order_hash = body.order_hash;
    record.requested_by = body.requested_by;
    record.approved_by = body.approved_by;
    record.created_at = event.timestamp;
    record.expires_at = body.expires_at;
    if (body.approved_by.empty()) return step_approval(record, ApprovalRequested{});
    record.approved_at = event.timestamp;
    return step_approval(record, ApprovalRecorded{});
}

Folded fold(ApprovalRecord& record, const events::PaperApprovalRecorded& body, const Event& event) {
    return open_approval(record, body, event);
}
Folded fold(ApprovalRecord& record, const events::LiveApprovalRecorded& body, const Event& event) {
    return open_approval(record, body, event);
}
Folded fold(ApprovalRecord& record, const events::ApprovalGranted& body, const Event& event) {
    const Folded result = step_approval(record, ApprovalGranted{});
    if (result == Folded::stepped) {
        record.approved_by = body.by;
        record.approved_at = event.timestamp;
    }
    return result;
}
Folded fold(ApprovalRecord& record, const events::ApprovalDenied&, const Event&) {
    return step_approval(record, ApprovalDenied{});
}
Folded fold(ApprovalRecord& record, const events::ApprovalRevoked&, const Event&) {
    return step_approval(record, ApprovalRevoked{});
}
Folded fold(ApprovalRecord& record, const events::ApprovalExpired&, const Event&) {
    return step_approval(record, ApprovalExpired{});
}
Folded fold(ApprovalRecord& record, const events::ApprovalReserved& body, const Event&) {
    const Folded result = step_approval(record, ApprovalReserved{});
    if (result == Folded::stepped) record.order_id = body.order_id;
    return result;
}
Folded fold(ApprovalRecord& record, const events::ApprovalReleased&, const Event&) {
    const Folded result = step_approval(record, ApprovalReleased{});
    if (result == Folded::stepped) record.order_id = {};
    return result;
}
Folded fold(ApprovalRecord& record, const events::ApprovalConsumed& body, const Event&) {
    const Folded result = step_approval(record, ApprovalConsumed{});
    if (result == Folded::stepped) record.order_id = body.order_id;
    return result;
}

// ---------------------------------------------------------------------------------------------- gateway

Folded set_switch(GatewayRecord& record, const KillSwitchEvent& event, const std::string& reason,
                  const Event& from) {
    KillSwitchData data;
    const auto result = step<KillSwitchMachine>(named_state<KillSwitchState>(record.state), data, event);
    if (result.to) record.state = to_string(*result.to);
    if (result.outcome == RowOutcome::step) {
        record.reason = reason;
        record.changed_by = from.actor.user_id;
    }
    return folded(result.outcome);
}

Folded fold(GatewayRecord& record, const events::KillSwitchOpened& body, const Event& event) {
    return set_switch(record, KillSwitchOpened{}, body.reason, event);
}
Folded fold(GatewayRecord& record, const events::KillSwitchClosed& body, const Event& event) {
    return set_switch(record, KillSwitchClosed{}, body.reason, event);
}

Folded fold(GatewayRecord& record, const events::BackendSessionChecked& body, const Event& event) {
    const auto seen =
        broker_session_state_from_string(body.observed).value_or(BrokerSessionState::Unavailable);
    BrokerSessionData data;
    const auto result = step<BrokerSessionMachine>(named_state<BrokerSessionState>(record.state), data,
                                                   SessionObserved{seen});
    if (result.to) record.state = to_string(*result.to);
    if (result.moved()) record.changed_by = event.actor.user_id;
    return folded(result.outcome);
}

/// The look before it moved the state; this says so to readers of the log.
Folded fold(GatewayRecord&, const events::BackendSessionChanged&, const Event&) {
    return Folded::ignored;
}

// ------------------------------------------------------------------------------------------------ common

template <class Record, class Body>
concept BodyOf = requires(Record& record, const Body& body, const Event& event) {
    { fold(record, body, event) } -> std::same_as<Folded>;
};

template <class Record>
Folded evolve_record(Record& record, const Event& event) {
    assert(event.workflow_position == record.position + 1);
    record.position = event.workflow_position;
    record.last_event_id = event.event_id;
    record.updated_at = event.timestamp;
    return std::visit(
        [&](const auto& body) {
            if constexpr (BodyOf<Record, std::decay_t<decltype(body)>>)
                return fold(record, body, event);
            else
                return Folded::not_of_this_machine;
        },
        event.body);
}

}  // namespace

std::optional<ApprovalState> approval_state_of(const ApprovalRecord& record) {
    return named_state<ApprovalState>(record.state);
}

StepResult<ApprovalState> peek_approval(const ApprovalRecord& record, const ApprovalEvent& event) {
    return peek<ApprovalMachine>(approval_state_of(record), data_of(record), event);
}

Folded evolve(PreviewRecord& record, const Event& event) {
    assert(record.preview_id.empty() || record.preview_id == event.workflow_id);
    return evolve_record(record, event);
}

Folded evolve(ApprovalRecord& record, const Event& event) {
    assert(record.approval_id.empty() || record.approval_id == event.workflow_id);
    return evolve_record(record, event);
}

Folded evolve(GatewayRecord& record, const Event& event) {
    assert(record.workflow_id == event.workflow_id);
    return evolve_record(record, event);
}

GatewayRecord initial_kill_switch() {
    GatewayRecord record;
    record.workflow_id = events::kill_switch_workflow;
    record.state = to_string(KillSwitchMachine::initial);
    return record;
}

GatewayRecord initial_broker_session() {
    GatewayRecord record;
    record.workflow_id = events::broker_session_workflow;
    record.state = to_string(BrokerSessionMachine::initial);
    return record;
}

std::string_view approval_status(std::string_view approval_state) noexcept {
    if (approval_state == to_string(ApprovalState::Reserved)) return to_string(ApprovalState::Approved);
    if (approval_state == to_string(ApprovalState::Denied)) return to_string(ApprovalState::Revoked);
    return approval_state;
}

}  // namespace ibkr::statemachines
