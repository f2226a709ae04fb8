#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/replay/decision_groups.hpp"
#include "engine/replay/incident/incident_report.hpp"
#include "engine/replay/mentions.hpp"

namespace ibkr::engine {

/// Gathers what a report says of an incident's events, decision by decision.
class IncidentEvents {
public:
    /// `subject`: what the incident is about; nothing: every event but those of policies and of the log
    /// itself.
    explicit IncidentEvents(std::optional<Subject> subject);

    /// Groups come in log order; those that do not belong to the incident only move the kill switch.
    void take(const DecisionGroup& group);
    [[nodiscard]] bool empty() const noexcept { return report_.events.empty(); }
    /// The decisions of the incident as recorded, in `expected` and `actual` alike.
    [[nodiscard]] IncidentReport report() && { return std::move(report_); }

private:
    [[nodiscard]] bool belongs(const DecisionGroup& group) const;
    void take_event(const events::Event& event);
    void take_command(const events::DecisionInput& input);

    std::optional<Subject> subject_;
    IncidentReport report_;
    std::string kill_switch_;
};

/// How a report words a decision: its verdict, then its events with their codes.
[[nodiscard]] std::string decision_words(const ReplayedDecision& decision);

}  // namespace ibkr::engine
