#include "statemachines/evolve/evolve.hpp"
#include "statemachines/evolve/order_fold.hpp"

namespace ibkr::statemachines {

bool order_is_open(std::string_view order_state) noexcept {
    const auto state = order_state_from_string(order_state);
    return state && !is_terminal(*state);
}

std::string_view lifecycle_status(std::string_view order_state, bool ever_working) noexcept {
    const auto state = order_state_from_string(order_state);
    if (!state) return "unknown";
    switch (*state) {
        case OrderState::Submitting:
        case OrderState::AwaitingReply:
            return "submitted";
        case OrderState::Working:
        case OrderState::PartiallyFilled:
        case OrderState::ModifyPending:
            return "open";
        case OrderState::CancelPending:
            return "pending_cancel";
        case OrderState::Unknown:
            return "unknown";
        case OrderState::Filled:
            return "filled";
        case OrderState::Cancelled:
            return "cancelled";
        case OrderState::Expired:
            return ever_working ? "cancelled" : "refused";
        case OrderState::Rejected:
        case OrderState::NotSent:
        case OrderState::NotPlaced:
            return "refused";
    }
    return "unknown";
}

}  // namespace ibkr::statemachines
