#include "statemachines/machines/all.hpp"

#include "statemachines/machines/approval.hpp"
#include "statemachines/machines/broker_session.hpp"
#include "statemachines/machines/kill_switch.hpp"
#include "statemachines/machines/order_table.hpp"
#include "statemachines/machines/preview.hpp"

namespace ibkr::statemachines {

namespace {
constexpr auto machines = std::to_array<MachineDescription>(
    {describe<PreviewMachine>(), describe<ApprovalMachine>(), describe<OrderMachine>(),
     describe<KillSwitchMachine>(), describe<BrokerSessionMachine>()});
}  // namespace

std::span<const MachineDescription> all_machines() noexcept {
    return machines;
}

const MachineDescription* find_machine(std::string_view name) noexcept {
    for (const auto& machine : machines)
        if (machine.name == name) return &machine;
    return nullptr;
}

}  // namespace ibkr::statemachines
