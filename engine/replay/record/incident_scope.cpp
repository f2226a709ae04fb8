#include "engine/replay/record/incident_scope.hpp"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <variant>

#include "engine/replay/decision_groups.hpp"
#include "engine/replay/mentions.hpp"
#include "engine/replay/timeline.hpp"
#include "events/event_cursor.hpp"
#include "statemachines/command_codec.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::Event;
using events::failure;
using events::Record;
using events::Result;
using events::SequenceId;
using events::Timestamp;
using statemachines::WorkflowKind;

/// The day whose orders a decision counted; nothing when it counted none, as for a key that is bound already:
/// nobody asks the market then.
std::optional<Timestamp> counted_since(const Event& event) {
    if (!event.decided_from) return std::nullopt;
    const auto facts =
        statemachines::parse_facts(event.decided_from->command_name, event.decided_from->facts);
    if (!facts) return std::nullopt;
    return std::visit(
        [](const auto& of_command) -> std::optional<Timestamp> {
            if constexpr (requires { of_command.market.day_start; })
                if (of_command.market.day_start != Timestamp()) return of_command.market.day_start;
            return std::nullopt;
        },
        *facts);
}

/// Every id and key that a decision's command names.
void add_mentioned(const Event& event, std::set<std::string>& mentioned) {
    if (!event.decided_from) return;
    const auto command =
        statemachines::parse_command(event.decided_from->command_name, event.decided_from->command);
    if (!command) return;
    const auto add = [&](const auto& id) {
        if (!id.empty()) mentioned.insert(id.text());
    };
    std::visit(
        [&](const auto& asked) {
            if constexpr (requires { asked.idempotency_key; }) add(asked.idempotency_key);
            if constexpr (requires { asked.broker_order_id; }) add(asked.broker_order_id);
            if constexpr (requires { asked.client_order_id; }) add(asked.client_order_id);
            if constexpr (requires { asked.replaces; }) add(asked.replaces);
            if constexpr (requires { asked.approval_id; }) add(asked.approval_id);
            if constexpr (requires { asked.preview_id; }) add(asked.preview_id);
            if constexpr (requires { asked.order_id; }) add(asked.order_id);
            if constexpr (requires { asked.workflow_id; }) add(asked.workflow_id);
        },
        *command);
}

/// Accounts, keys and bounds of the incident itself; `since` becomes the earliest moment it looked back to.
Result<void> read_incident(const events::LogReader& log, const Subject& subject, IncidentScope& scope,
                           Timestamp& since) {
    auto history = events::EventCursor::read(log, SequenceId(1));
    if (!history) return failure(history.error());
    const auto may_concern = [&](const Record& record) { return subject.may_concern(record); };
    Event event;
    bool met = false;
    for (;;) {
        auto more = history->next(event, may_concern);
        if (!more) return failure(more.error());
        if (!*more) return {};
        if (!subject.concerns(event)) continue;
        since = std::min(met ? since : event.timestamp, counted_since(event).value_or(event.timestamp));
        met = true;
        scope.last = event.sequence_id;
        if (!event.account_id_hash.empty()) scope.accounts.insert(event.account_id_hash);
        std::visit(
            [&](const auto& body) {
                if constexpr (requires { body.idempotency_key; })
                    scope.keys.insert(body.idempotency_key.text());
            },
            event.body);
    }
}

bool concerns_account(const IncidentScope& scope, const Event& event) {
    return scope.accounts.contains(event.account_id_hash);
}

/// One walk over the window that begins at `since`. The earlier moment that one of its decisions looked back
/// to, if any did.
Result<std::optional<Timestamp>> read_window(const events::LogReader& log, IncidentScope& scope,
                                             Timestamp since) {
    scope.first = {};
    scope.touched.clear();
    scope.mentioned.clear();
    auto groups = DecisionGroups::read(log);
    if (!groups) return failure(groups.error());
    DecisionGroup group;
    for (;;) {
        auto read = groups->next(group);
        if (!read) return failure(read.error());
        if (!*read || group.events.front().sequence_id > scope.last) return std::optional<Timestamp>{};
        const Event& decision = group.events.front();
        if (decision.timestamp < since) continue;
        if (scope.first == SequenceId()) scope.first = decision.sequence_id;
        if (!belongs_to(scope, group)) continue;
        const auto counted = counted_since(decision);
        if (counted && *counted < since && concerns_account(scope, decision)) return counted;
        add_mentioned(decision, scope.mentioned);
        for (const Event& event : group.events)
            if (!event.workflow_id.empty()) scope.touched.insert(event.workflow_id.text());
    }
}

bool changes_account(const IncidentScope& scope, const Event& event) {
    if (!concerns_account(scope, event)) return false;
    return statemachines::workflow_kind(event.body) != WorkflowKind::none ||
           std::holds_alternative<events::PositionRecorded>(event.body);
}

/// Moves a workflow that is none of the incident's, though a key of it may stand in a text there.
bool is_foreign(const IncidentScope& scope, const Event& event) {
    switch (statemachines::workflow_kind(event.body)) {
        case WorkflowKind::preview:
        case WorkflowKind::approval:
        case WorkflowKind::order:
            return !concerns_account(scope, event);
        case WorkflowKind::broker_session:
            return !scope.workflows.contains(event.workflow_id);
        case WorkflowKind::kill_switch:
        case WorkflowKind::none:
            return false;
    }
    return false;
}

bool changes_gateway(const Event& event) {
    return std::holds_alternative<events::PolicyLoaded>(event.body) ||
           std::holds_alternative<events::LogTailDiscarded>(event.body) ||
           statemachines::workflow_kind(event.body) == WorkflowKind::kill_switch;
}

}  // namespace

bool belongs_to(const IncidentScope& scope, const DecisionGroup& group) {
    if (std::ranges::any_of(group.events, [&](const Event& event) { return is_foreign(scope, event); }))
        return false;
    for (std::size_t i = 0; i < group.events.size(); ++i) {
        const Event& event = group.events[i];
        if (changes_gateway(event) || changes_account(scope, event)) return true;
        if (!may_mention(group.records[i], scope.workflows) && !may_mention(group.records[i], scope.keys))
            continue;
        const Mentions mentions = mentions_of(event);
        if (mentions.any_of(scope.workflows) || mentions.any_key_of(scope.keys)) return true;
    }
    return false;
}

Result<IncidentScope> incident_scope(const events::LogReader& log, const events::WorkflowId& workflow) {
    auto related = timeline(log, workflow);
    if (!related) return failure(related.error());
    if (related->workflows_left_off)
        return failure(ErrorCode::input_invalid_time_range,
                       "more workflows belong to it than can be followed",
                       "Name a workflow with fewer approvals and changes.");
    IncidentScope scope;
    scope.workflows = related->subject.workflows;
    Timestamp since;
    if (auto read = read_incident(log, related->subject, scope, since); !read) return failure(read.error());
    for (std::size_t walks = 0; walks < window_walks_max; ++walks) {
        auto earlier = read_window(log, scope, since);
        if (!earlier) return failure(earlier.error());
        if (!*earlier) return scope;
        since = **earlier;
    }
    return failure(ErrorCode::input_invalid_time_range,
                   "the decisions it rests on look back over too many days to be recorded",
                   "Replay the export itself with --file instead of a fixture.");
}

}  // namespace ibkr::engine
