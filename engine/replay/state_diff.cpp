#include "engine/replay/state_diff.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "events/event_cursor.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;
using events::SequenceId;
using events::WorkflowId;
using Json = nlohmann::json;

std::string text_of(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

/// Every leaf that differs. Lists are compared as a whole.
void compare_members(const std::string& path, const Json* before, const Json* after,
                     std::vector<MemberChange>& changes) {
    const bool nested =
        (before == nullptr || before->is_object()) && (after == nullptr || after->is_object());
    if (!nested) {
        if (before != nullptr && after != nullptr && *before == *after) return;
        MemberChange change{path, std::nullopt, std::nullopt};
        if (before != nullptr) change.before = text_of(*before);
        if (after != nullptr) change.after = text_of(*after);
        changes.push_back(std::move(change));
        return;
    }
    const auto below = [&](const Json* side, const std::string& name) -> const Json* {
        if (side == nullptr) return nullptr;
        const auto found = side->find(name);
        return found == side->end() ? nullptr : &*found;
    };
    std::vector<std::string> members;
    for (const Json* side : {before, after})
        if (side != nullptr)
            for (const auto& item : side->items())
                members.push_back(item.key());
    std::ranges::sort(members);
    const auto repeated = std::ranges::unique(members);
    members.erase(repeated.begin(), repeated.end());
    const std::string above = path.empty() ? path : path + ".";
    for (const std::string& name : members) {
        std::string member = above;
        member += name;
        compare_members(member, below(before, name), below(after, name), changes);
    }
}

/// The workflows that have an event after `from` up to `to`, in the order of the first.
Result<std::vector<WorkflowId>> touched(const events::LogReader& log, SequenceId from, SequenceId to,
                                        std::uint64_t& left_off) {
    auto history = events::EventCursor::read(log, from.next());
    if (!history) return failure(history.error());
    std::vector<WorkflowId> ids;
    std::set<WorkflowId> met;
    events::Event event;
    for (;;) {
        auto more = history->next(event);
        if (!more) return failure(more.error());
        if (!*more || event.sequence_id > to) return ids;
        if (event.workflow_id.empty() || !met.insert(event.workflow_id).second) continue;
        if (ids.size() == diff_workflows_max)
            ++left_off;
        else
            ids.push_back(event.workflow_id);
    }
}

struct Moment {
    std::vector<std::optional<WorkflowState>> states;  ///< of the workflows asked for, in their order
    ReplayReport report;
};

Result<Moment> state_after(const events::LogReader& log, SequenceId at, const std::vector<WorkflowId>& ids) {
    auto cursor = log.read(SequenceId(1));
    if (!cursor) return failure(cursor.error());
    auto replay = Replay::start();
    if (!replay) return failure(replay.error());
    auto report = replay->run(**cursor, {at, std::nullopt});
    if (!report) return failure(report.error());
    Moment moment{{}, std::move(*report)};
    for (const WorkflowId& id : ids) {
        auto state = workflow_state(replay->state(), id);
        if (!state) return failure(state.error());
        moment.states.push_back(std::move(*state));
    }
    return moment;
}

WorkflowChange change_of(const WorkflowId& id, const std::optional<WorkflowState>& before,
                         const WorkflowState& after) {
    WorkflowChange change{id, after.kind, before ? "changed" : "added", {}};
    const Json now = Json::parse(after.record.text);
    if (!before) {
        compare_members("", nullptr, &now, change.members);
        return change;
    }
    const Json then = Json::parse(before->record.text);
    compare_members("", &then, &now, change.members);
    return change;
}

}  // namespace

Result<DiffResult> state_diff(const events::LogReader& log, SequenceId from, SequenceId to) {
    if (from >= to)
        return failure(ErrorCode::input_invalid_time_range, "the first event must be before the second",
                       "Give the earlier sequence number first.");
    if (to > log.head().sequence)
        return failure(ErrorCode::input_invalid_time_range,
                       "the history ends at event " + std::to_string(log.head().sequence.value()),
                       "Give sequence numbers up to that.");
    DiffResult result;
    result.diff.from = from;
    result.diff.to = to;
    auto ids = touched(log, from, to, result.diff.workflows_left_off);
    if (!ids) return failure(ids.error());
    auto before = state_after(log, from, *ids);
    if (!before) return failure(before.error());
    auto after = state_after(log, to, *ids);
    if (!after) return failure(after.error());
    for (std::size_t i = 0; i < ids->size(); ++i)
        if (after->states[i])
            result.diff.workflows.push_back(change_of((*ids)[i], before->states[i], *after->states[i]));
    result.report = std::move(after->report);
    result.diff.history = result.report.history;
    return result;
}

std::string diff_payload(const StateDiff& diff) {
    return events::to_canonical_json(diff);
}

}  // namespace ibkr::engine
