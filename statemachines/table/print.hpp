#pragma once
// Tables as text for people and tools: `ibkr-agent machines`, docs/machines. The text depends on the table
// alone, so equal tables print equal bytes; each ends with a newline.
#include <string>

#include "statemachines/table/description.hpp"

namespace ibkr::statemachines {

/// A Mermaid state diagram: every step, and where a fault leads. What a state ignores or refuses is not
/// drawn.
[[nodiscard]] std::string to_mermaid(const MachineDescription& machine);

/// The same as a Graphviz digraph; terminal states have a double border, faults are dashed.
[[nodiscard]] std::string to_dot(const MachineDescription& machine);

/// Everything: states with their fault rules, events with their numbers, and the rows of every pair.
[[nodiscard]] std::string to_json(const MachineDescription& machine);

/// A fingerprint as it is written everywhere: 0x and 16 lower-case hex digits.
[[nodiscard]] std::string fingerprint_text(std::uint64_t fingerprint);

}  // namespace ibkr::statemachines
