#include <type_traits>

#include "statemachines/evolve/evolve.hpp"

namespace ibkr::statemachines {
namespace {

template <class Body, class... Kinds>
constexpr bool is_one_of = (std::is_same_v<Body, Kinds> || ...);

/// Every type is named, so that a new one cannot be forgotten.
template <class Body>
constexpr WorkflowKind kind_of() {
    using namespace events;
    if constexpr (is_one_of<Body, OrderIntentReceived, OrderRiskChecked, OrderPreviewCreated,
                            OrderPreviewRefused, OrderPreviewExpired>) {
        return WorkflowKind::preview;
    } else if constexpr (is_one_of<Body, PaperApprovalRecorded, LiveApprovalRecorded, events::ApprovalGranted,
                                   events::ApprovalDenied, events::ApprovalRevoked, events::ApprovalExpired,
                                   events::ApprovalReserved, events::ApprovalReleased,
                                   events::ApprovalConsumed>) {
        return WorkflowKind::approval;
    } else if constexpr (is_one_of<Body, OrderSubmitIntended, OrderCancelIntended, OrderModifyIntended,
                                   OrderSendStarted, PaperOrderSubmitted, PaperOrderCancelled,
                                   PaperOrderModified, PaperOrderLifecycleChanged, OrderExecutionRecorded>) {
        return WorkflowKind::order;
    } else if constexpr (is_one_of<Body, events::KillSwitchOpened, events::KillSwitchClosed>) {
        return WorkflowKind::kill_switch;
    } else if constexpr (is_one_of<Body, BackendSessionChecked, BackendSessionChanged>) {
        return WorkflowKind::broker_session;
    } else {
        static_assert(is_one_of<Body, LogCreated, PolicyLoaded, ToolCompleted, ToolFailed, ToolRefused,
                                ToolDeniedScope, PositionRecorded>,
                      "a new event type belongs to a workflow or to none: say which");
        return WorkflowKind::none;
    }
}

}  // namespace

WorkflowKind workflow_kind(const events::Body& body) noexcept {
    return std::visit([](const auto& alternative) { return kind_of<std::decay_t<decltype(alternative)>>(); },
                      body);
}

}  // namespace ibkr::statemachines
