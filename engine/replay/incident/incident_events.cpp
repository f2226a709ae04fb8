#include "engine/replay/incident/incident_events.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/replay/event_line.hpp"
#include "events/catalogue.hpp"
#include "statemachines/command_codec.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {
namespace {

using events::Event;
using statemachines::WorkflowKind;

ReplayedDecision recorded_decision(const DecisionGroup& group) {
    ReplayedDecision decision;
    decision.sequence_id = group.events.front().sequence_id;
    decision.decision = events::name_of(group.events.back().decision);
    for (const Event& event : group.events) {
        ReplayedDecision::Outcome outcome{std::string(events::descriptor(event.body).name), std::nullopt};
        if (!event.error_code.empty()) outcome.error_code = event.error_code;
        decision.events.push_back(std::move(outcome));
    }
    return decision;
}

/// Of the log's own past, not of what anybody asked for.
bool is_of_the_log(const Event& event) {
    return std::holds_alternative<events::PolicyLoaded>(event.body) ||
           std::holds_alternative<events::LogCreated>(event.body);
}

}  // namespace

IncidentEvents::IncidentEvents(std::optional<Subject> subject)
    : subject_(std::move(subject)), kill_switch_(statemachines::initial_kill_switch().state) {}

bool IncidentEvents::belongs(const DecisionGroup& group) const {
    if (!subject_) return !is_of_the_log(group.events.front());
    for (std::size_t i = 0; i < group.events.size(); ++i)
        if (subject_->may_concern(group.records[i]) && subject_->concerns(group.events[i])) return true;
    return false;
}

void IncidentEvents::take(const DecisionGroup& group) {
    const bool is_of_incident = belongs(group);
    if (is_of_incident && report_.events.empty()) {
        report_.from = group.events.front().timestamp;
        report_.kill_switch_before = kill_switch_;
    }
    for (const Event& event : group.events)
        if (statemachines::workflow_kind(event.body) == WorkflowKind::kill_switch)
            kill_switch_ = events::claimed_state(event.body);
    if (!is_of_incident) return;
    for (const Event& event : group.events)
        take_event(event);
    report_.to = group.events.back().timestamp;
    report_.kill_switch_after = kill_switch_;
    if (!group.events.front().decided_from) return;
    if (report_.decisions.size() == incident_events_max) {
        ++report_.decisions_left_off;
        return;
    }
    const std::string words = decision_words(recorded_decision(group));
    report_.decisions.push_back(
        {group.events.front().sequence_id, group.events.back().sequence_id, words, words});
}

void IncidentEvents::take_event(const Event& event) {
    report_.tools.add(event.actor.tool_name);
    report_.request_ids.add(event.actor.request_id);
    report_.account_id_hashes.add(event.account_id_hash.text());
    report_.error_codes.add(event.error_code);
    if (statemachines::workflow_kind(event.body) == WorkflowKind::approval)
        report_.approval_ids.add(event.workflow_id.text());
    std::visit(
        [&](const auto& body) {
            if constexpr (requires { body.approval_id; }) report_.approval_ids.add(body.approval_id.text());
            if constexpr (requires { body.idempotency_key; })
                report_.idempotency_keys.add(body.idempotency_key.text());
            if constexpr (requires { body.reasons; })
                for (const events::Reason& reason : body.reasons)
                    report_.error_codes.add(reason.code);
        },
        event.body);
    if (event.decided_from) take_command(*event.decided_from);
    if (report_.events.size() == incident_events_max)
        ++report_.events_left_off;
    else
        report_.events.push_back(line_of(event));
}

/// A call that was refused names its key and its approval in what was asked.
void IncidentEvents::take_command(const events::DecisionInput& input) {
    const auto command = statemachines::parse_command(input.command_name, input.command);
    if (!command) return;
    std::visit(
        [&](const auto& asked) {
            if constexpr (requires { asked.approval_id; }) report_.approval_ids.add(asked.approval_id.text());
            if constexpr (requires { asked.idempotency_key; })
                report_.idempotency_keys.add(asked.idempotency_key.text());
        },
        *command);
}

std::string decision_words(const ReplayedDecision& decision) {
    std::string words = decision.decision + ":";
    for (const auto& outcome : decision.events) {
        words += (words.back() == ':' ? " " : ", ") + outcome.event_type;
        if (outcome.error_code) words += " " + *outcome.error_code;
    }
    return words;
}

}  // namespace ibkr::engine
