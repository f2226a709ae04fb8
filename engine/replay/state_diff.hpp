#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/replay/replay.hpp"
#include "engine/replay/state_at.hpp"

namespace ibkr::engine {

/// Workflows one comparison holds at most, the first that changed; more are counted.
inline constexpr std::size_t diff_workflows_max = 500;

/// A member of a record by its dotted path. `before` or `after` is absent where the member is.
struct MemberChange {
    std::string member;
    std::optional<std::string> before;
    std::optional<std::string> after;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("after", self.after);
        v("before", self.before);
        v("member", self.member);
    }
    friend bool operator==(const MemberChange&, const MemberChange&) = default;
};

struct WorkflowChange {
    events::WorkflowId workflow_id;
    std::string kind;    ///< preview | approval | order | gateway
    std::string change;  ///< added | changed
    std::vector<MemberChange> members;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("change", self.change);
        v("kind", self.kind);
        v("members", self.members);
        v("workflow_id", self.workflow_id);
    }
};

struct StateDiff {
    events::SequenceId from;
    events::SequenceId to;
    std::vector<WorkflowChange> workflows;  ///< in the order of their first event between
    std::uint64_t workflows_left_off = 0;   ///< further ones, beyond `diff_workflows_max`
    HistoryState history;                   ///< up to `to`

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("from", self.from);
        v("to", self.to);
        v("workflows", self.workflows);
        v("workflows_left_off", self.workflows_left_off);
        HistoryState::describe(v, self.history);
    }
};

/// The difference with the replay that folded the later state.
struct DiffResult {
    StateDiff diff;
    ReplayReport report;
};

/// What differs between the state after event `from` and that after event `to`. Errors:
/// INPUT_INVALID_TIME_RANGE when `from` is not before `to` or `to` is beyond the history, and the log's.
[[nodiscard]] events::Result<DiffResult> state_diff(const events::LogReader& log, events::SequenceId from,
                                                    events::SequenceId to);

/// As canonical JSON.
[[nodiscard]] std::string diff_payload(const StateDiff& diff);

}  // namespace ibkr::engine
