#pragma once
// Every machine of the product, in the order in which a workflow meets them.
#include <span>
#include <string_view>

#include "statemachines/table/description.hpp"

namespace ibkr::statemachines {

[[nodiscard]] std::span<const MachineDescription> all_machines() noexcept;

/// The machine of that name, or null.
[[nodiscard]] const MachineDescription* find_machine(std::string_view name) noexcept;

}  // namespace ibkr::statemachines
