#pragma once

#include <string>

#include "engine/replay/incident/incident_report.hpp"

namespace ibkr::cli {

/// The review of an incident as Markdown, with every member of the template of docs/incident-review.md;
/// nothing in it can move a cursor or change colours.
[[nodiscard]] std::string incident_markdown(const engine::IncidentReport& report);

}  // namespace ibkr::cli
