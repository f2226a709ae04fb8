#include "statemachines/policy.hpp"

#include <array>

namespace ibkr::statemachines {
namespace {

constexpr auto approval_modes = std::to_array<events::EnumName<ApprovalMode>>(
    {{ApprovalMode::self, "self"}, {ApprovalMode::operator_, "operator"}});

}  // namespace

std::span<const events::EnumName<ApprovalMode>> enum_names(ApprovalMode) noexcept {
    return approval_modes;
}

}  // namespace ibkr::statemachines
