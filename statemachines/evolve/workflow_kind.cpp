#include <array>
#include <type_traits>
#include <utility>

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
                                ToolDeniedScope, PositionRecorded, LogTailDiscarded, LogResumed,
                                AuditKeyRetired, AuditKeyActivated, AnchorRewritten>,
                      "a new event type belongs to a workflow or to none: say which");
        return WorkflowKind::none;
    }
}

template <std::size_t... I>
constexpr std::array<WorkflowKind, sizeof...(I)> kinds_of(std::index_sequence<I...>) {
    return {kind_of<std::variant_alternative_t<I, events::Body>>()...};
}

constexpr auto kinds = kinds_of(std::make_index_sequence<std::variant_size_v<events::Body>>());

}  // namespace

WorkflowKind workflow_kind(const events::Body& body) noexcept {
    return kinds[body.index()];
}

}  // namespace ibkr::statemachines
