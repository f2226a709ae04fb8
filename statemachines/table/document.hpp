#pragma once
// Machines as pages for people: docs/machines. The text depends on the tables alone; a contract test keeps
// the committed pages current.
#include <span>
#include <string>

#include "statemachines/table/description.hpp"

namespace ibkr::statemachines {

/// docs/machines/<name>.md: purpose, diagram, and the outcome of every (state, event) pair in words.
[[nodiscard]] std::string machine_page(const MachineDescription& machine);

/// docs/machines/README.md: what the words mean and a table of all machines.
[[nodiscard]] std::string machine_index_page(std::span<const MachineDescription> machines);

}  // namespace ibkr::statemachines
