#include "engine/replay/timeline.hpp"

#include <algorithm>
#include <variant>

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
    explicit Walk(const WorkflowId& workflow) : subject_{{workflow}, {}, {}} {}

    [[nodiscard]] Result<void> through(const events::LogReader& log) {
        rows_.clear();
        left_off_ = 0;
        grew_ = false;
        auto history = events::EventCursor::read(log, events::SequenceId(1));
        if (!history) return failure(history.error());
        const auto may_concern = [&](const Record& record) { return subject_.may_concern(record); };
        Event event;
        for (;;) {
            auto more = history->next(event, may_concern);
            if (!more) return failure(more.error());
            if (!*more) return {};
            if (subject_.concerns(event)) take(event);
        }
    }
    [[nodiscard]] bool grew() const { return grew_; }
    [[nodiscard]] Timeline result(const WorkflowId& asked, bool passes_ended) && {
        Timeline timeline;
        timeline.workflow_id = asked;
        timeline.workflows.assign(subject_.workflows.begin(), subject_.workflows.end());
        timeline.subject = std::move(subject_);
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
        subject_.learn(event);
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
        if (subject_.workflows.contains(id)) return;
        if (subject_.workflows.size() == timeline_workflows_max) {
            full_ = true;
            return;
        }
        subject_.workflows.insert(id);
        grew_ = true;
    }

    Subject subject_;
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
    found.events_lost = events_lost(log);
    return found;
}

std::string timeline_payload(const Timeline& timeline) {
    return events::to_canonical_json(timeline);
}

}  // namespace ibkr::engine
