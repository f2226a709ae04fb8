#include "engine/replay/replay.hpp"

#include <algorithm>

#include "engine/replay/compare.hpp"
#include "engine/replay/decision_groups.hpp"
#include "engine/writer/state_reader.hpp"
#include "events/catalogue.hpp"
#include "events/event_codec.hpp"
#include "statemachines/command_codec.hpp"

namespace ibkr::engine {

using events::Event;
using events::failure;
using events::Result;

struct Replay::Run {
    WorkflowProjection* workflows = nullptr;  ///< owned by the store
    std::unique_ptr<projections::ProjectionStore> store;
    ReplayReport report;
    std::vector<ReplayedDecision> decisions;
    std::vector<events::SequenceId> passed_over;
    bool keep_decisions = false;
    std::size_t divergences_seen = 0;

    void difference(events::SequenceId at, std::string expected, std::string got) {
        ++report.difference_count;
        if (report.differences.size() < differences_max)
            report.differences.push_back({at, std::move(expected), std::move(got)});
    }
    void count_other_version(const Event& first);
    void note_resumption(const Event& event);
    Result<void> decide_again(const std::vector<Event>& group);
    Result<void> fold(const std::vector<Event>& group, const events::Mac& mac);
    /// `whole`: the group has all events of its decision, so it can be compared.
    Result<void> finish(std::vector<Event>& group, const events::Mac& mac, bool whole = true);
};

Replay::Replay(std::unique_ptr<Run> run) : run_(std::move(run)) {}
Replay::Replay(Replay&&) noexcept = default;
Replay& Replay::operator=(Replay&&) noexcept = default;
Replay::~Replay() = default;

Result<Replay> Replay::start() {
    auto run = std::make_unique<Run>();
    run->report.decider_version = statemachines::decider_version;
    auto workflows = std::make_unique<WorkflowProjection>();
    run->workflows = workflows.get();
    auto store = projections::ProjectionStore::open(":memory:", all_projections(std::move(workflows)));
    if (!store) return failure(store.error().error);
    run->store = std::make_unique<projections::ProjectionStore>(std::move(*store));
    return Replay(std::move(run));
}

const std::vector<ReplayedDecision>& Replay::decisions() const noexcept {
    return run_->decisions;
}
const std::vector<events::SequenceId>& Replay::passed_over() const noexcept {
    return run_->passed_over;
}
const projections::Queries& Replay::state() const {
    return *run_->store;
}

void Replay::Run::count_other_version(const Event& first) {
    ++report.decisions_of_other_versions;
    const std::uint32_t version = first.decided_from->decider_version;
    auto found = std::ranges::find(report.other_versions, version, &OtherVersion::decider_version);
    if (found == report.other_versions.end()) {
        if (report.other_versions.size() == other_versions_max) return;
        found = report.other_versions.insert(found, OtherVersion{version, 0, first.sequence_id});
    }
    ++found->decisions;
}

void Replay::Run::note_resumption(const Event& event) {
    const auto* const resumed = std::get_if<events::LogResumed>(&event.body);
    if (resumed == nullptr) return;
    HistoryState& history = report.history;
    if (history.resumptions.size() == resumptions_max) {
        ++history.resumptions_left_off;
        return;
    }
    Resumption found{event.sequence_id, 0, std::nullopt};
    const auto add = [&](events::SequenceId from, events::SequenceId to) {
        if (to < from) return;
        found.events_lost += to.value() - from.value() + 1;
        found.first_lost = std::min(found.first_lost.value_or(from), from);
    };
    for (const events::LostRange& gap : resumed->gaps)
        add(gap.from, gap.to);
    add(resumed->from.next(), resumed->to);
    history.resumptions.push_back(found);
}

/// Decides the group's command on the state before it, and compares what that gives with what is recorded.
Result<void> Replay::Run::decide_again(const std::vector<Event>& group) {
    const Event& first = group.front();
    if (!first.decided_from) return {};
    ++report.decisions_replayed;
    if (first.decided_from->decider_version != statemachines::decider_version) {
        count_other_version(first);
        passed_over.push_back(first.sequence_id);
        return {};
    }
    if (workflows->builds_on_lost_events() || first.sequence_id > store->applied().next()) {
        ++report.decisions_on_lost_events;
        passed_over.push_back(first.sequence_id);
        return {};
    }
    const auto command =
        statemachines::parse_command(first.decided_from->command_name, first.decided_from->command);
    const auto facts =
        statemachines::parse_facts(first.decided_from->command_name, first.decided_from->facts);
    if (!command || !facts) {
        difference(first.sequence_id, "a command and facts that can be read",
                   (command ? facts.error() : command.error()).message);
        return {};
    }
    auto decided = StateReader(*this->store).decide(*command, *facts);
    if (!decided) return failure(decided.error());
    if (keep_decisions) decisions.push_back(summary_of(first.sequence_id, decided->events));
    for (ReplayDifference& found : compare(group, decided->events))
        difference(found.sequence_id, std::move(found.expected), std::move(found.got));
    return {};
}

Result<void> Replay::Run::fold(const std::vector<Event>& group, const events::Mac& mac) {
    if (auto begun = store->begin(); !begun) return failure(begun.error());
    for (const Event& event : group)
        if (auto applied = store->apply(event); !applied) {
            store->rollback();
            return failure(applied.error());
        }
    for (; divergences_seen < workflows->divergences().size(); ++divergences_seen) {
        const StateDivergence& found = workflows->divergences()[divergences_seen];
        difference(found.sequence, "state " + found.claimed, "state " + found.folded);
    }
    for (const Event& event : group)
        note_resumption(event);
    report.events_replayed += group.size();
    report.last_sequence_id = group.back().sequence_id;
    return store->commit({group.back().sequence_id, mac});
}

Result<void> Replay::Run::finish(std::vector<Event>& group, const events::Mac& mac, bool whole) {
    if (group.empty()) return {};
    if (whole)
        if (auto decided = decide_again(group); !decided) return failure(decided.error());
    if (auto folded = fold(group, mac); !folded) return failure(folded.error());
    group.clear();
    return {};
}

Result<ReplayReport> Replay::run(events::LogCursor& cursor, const Until& until, bool keep_decisions) {
    run_->keep_decisions = keep_decisions;
    std::vector<Event> group;  // the events of one decision: its first carries what it was decided from
    events::Mac group_mac{};
    events::Record record;
    bool whole = true;
    for (;;) {
        auto read = cursor.next(record);
        if (!read) return failure(read.error());
        if (!*read) break;
        auto event = events::decode_record(record);
        if (!event) return failure(event.error());
        if ((until.sequence && event->sequence_id > *until.sequence) ||
            (until.time && event->timestamp > *until.time)) {
            whole = begins_group(*event, group);
            break;
        }
        // Of a decision before an attested gap, later events may be gone.
        const bool after_gap = !group.empty() && event->sequence_id > group.back().sequence_id.next();
        if (after_gap || begins_group(*event, group))
            if (auto finished = run_->finish(group, group_mac, !after_gap); !finished)
                return failure(finished.error());
        group.push_back(std::move(*event));
        group_mac = record.mac;
    }
    if (auto finished = run_->finish(group, group_mac, whole); !finished) return failure(finished.error());
    return run_->report;
}

}  // namespace ibkr::engine
