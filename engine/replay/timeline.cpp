#include "engine/replay/timeline.hpp"

#include <algorithm>
#include <set>
#include <variant>

#include "engine/replay/mentions.hpp"
#include "events/event_cursor.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::engine {
namespace {

using events::Event;
using events::failure;
using events::Record;
using events::Result;
using events::WorkflowId;

/// The workflows an event ties to its own.
std::vector<WorkflowId> tied_by(const Event& event) {
    return std::visit(
        [](const auto& body) {
            std::vector<WorkflowId> ids;
            if constexpr (requires { body.preview_id; }) ids.push_back(body.preview_id);
            if constexpr (requires { body.approval_id; }) ids.push_back(body.approval_id);
            if constexpr (requires { body.order_id; }) ids.push_back(body.order_id);
            std::erase_if(ids, [](const WorkflowId& id) { return id.empty(); });
            return ids;
        },
        event.body);
}

/// The workflows that belong together, and one walk's events of them.
class Walk {
public:
    explicit Walk(const WorkflowId& workflow) : workflows_{workflow} {}

    [[nodiscard]] Result<void> through(const events::LogReader& log) {
        rows_.clear();
        left_off_ = 0;
        grew_ = false;
        auto history = events::EventCursor::read(log, events::SequenceId(1));
        if (!history) return failure(history.error());
        const auto concerns = [&](const Record& record) { return may_mention(record, workflows_); };
        Event event;
        for (;;) {
            auto more = history->next(event, concerns);
            if (!more) return failure(more.error());
            if (!*more) return {};
            if (mentions_of(event).any_of(workflows_)) take(event);
        }
    }
    [[nodiscard]] bool grew() const { return grew_; }
    [[nodiscard]] Timeline result(const WorkflowId& asked, bool passes_ended) && {
        Timeline timeline;
        timeline.workflow_id = asked;
        timeline.workflows.assign(workflows_.begin(), workflows_.end());
        timeline.events = std::move(rows_);
        timeline.events_left_off = left_off_;
        timeline.workflows_left_off = full_ || !passes_ended;
        return timeline;
    }

private:
    void take(const Event& event) {
        const auto tied = tied_by(event);
        if (!tied.empty()) {
            add(event.workflow_id);
            for (const WorkflowId& id : tied)
                add(id);
        }
        if (rows_.size() == timeline_rows_max) {
            ++left_off_;
            return;
        }
        TimelineRow row{line_of(event), 0, is_from_broker(event) ? "broker" : "ours"};
        if (!rows_.empty())
            row.since_ms = row.line.timestamp.unix_ms() - rows_.front().line.timestamp.unix_ms();
        rows_.push_back(std::move(row));
    }
    void add(const WorkflowId& id) {
        if (workflows_.contains(id)) return;
        if (workflows_.size() == timeline_workflows_max) {
            full_ = true;
            return;
        }
        workflows_.insert(id);
        grew_ = true;
    }

    std::set<WorkflowId> workflows_;
    std::vector<TimelineRow> rows_;
    std::uint64_t left_off_ = 0;
    bool grew_ = false;
    bool full_ = false;
};

}  // namespace

Result<Timeline> timeline(const events::LogReader& log, const WorkflowId& workflow) {
    Walk walk(workflow);
    std::size_t passes = 0;
    do {
        if (auto walked = walk.through(log); !walked) return failure(walked.error());
        ++passes;
    } while (walk.grew() && passes < timeline_passes_max);
    const bool ended = !walk.grew();
    Timeline found = std::move(walk).result(workflow, ended);
    if (found.events.empty())
        return failure(events::ErrorCode::order_validation_failed,
                       "no event of the history names that workflow",
                       "Give the id of a preview, an approval or an order of it; 'ibkr-agent replay --at 12' "
                       "shows those "
                       "there were after event 12.");
    return found;
}

std::string timeline_payload(const Timeline& timeline) {
    return events::to_canonical_json(timeline);
}

}  // namespace ibkr::engine
