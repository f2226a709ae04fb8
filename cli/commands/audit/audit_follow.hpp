#pragma once

#include <string>

namespace ibkr::cli {

class App;

/// Prints the events of a tail payload oldest first, then every further event as it becomes durable, one
/// compact JSON {event, sequence_id} a line, each verified against the one before it. Holds no lock between
/// looks. Ends with 0 on SIGINT or SIGTERM or when nobody reads the output any more.
[[nodiscard]] int follow_audit(App& app, const std::string& tail_payload);

}  // namespace ibkr::cli
