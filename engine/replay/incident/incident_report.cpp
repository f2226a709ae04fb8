#include "engine/replay/incident/incident_report.hpp"

#include <algorithm>
#include <utility>

#include "engine/replay/fixture.hpp"
#include "engine/replay/incident/incident_events.hpp"
#include "engine/replay/timeline.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::engine {
namespace {

using events::failure;
using events::Result;
using events::SequenceId;

constexpr std::string_view no_decision = "no decision";
constexpr std::string_view not_again =
    "not decided again: of another version of the deciders, or after a loss";
constexpr std::string_view not_listed = "not known: the history differs in more places than are listed";

Result<IncidentReport> gather(const events::LogReader& log,
                              const std::optional<events::WorkflowId>& workflow) {
    std::optional<Subject> subject;
    if (workflow) {
        auto related = timeline(log, *workflow);
        if (!related) return failure(related.error());
        subject = std::move(related->subject);
    }
    auto groups = DecisionGroups::read(log);
    if (!groups) return failure(groups.error());
    IncidentEvents found(std::move(subject));
    DecisionGroup group;
    for (;;) {
        auto read = groups->next(group);
        if (!read) return failure(read.error());
        if (!*read) break;
        found.take(group);
    }
    if (found.empty())
        return failure(events::ErrorCode::order_validation_failed, "the history holds no incident",
                       "Give a history in which something was asked for.");
    return std::move(found).report();
}

std::string words_at(const std::vector<ReplayedDecision>& decisions, SequenceId at) {
    const auto found = std::ranges::find(decisions, at, &ReplayedDecision::sequence_id);
    return found == decisions.end() ? std::string(no_decision) : decision_words(*found);
}

/// Of a log, what deciding again gives is the record but for the differences.
void set_actual(IncidentReport& report, const Replay& replay) {
    const bool all_listed = report.difference_count == report.differences.size();
    for (IncidentDecision& decision : report.decisions) {
        if (std::ranges::binary_search(replay.passed_over(), decision.sequence_id)) {
            decision.actual = not_again;
            continue;
        }
        if (!all_listed && report.differences.back().sequence_id < decision.last)
            decision.actual = not_listed;
        for (const ReplayDifference& found : report.differences)
            if (found.sequence_id >= decision.sequence_id && found.sequence_id <= decision.last)
                decision.actual = found.got;
    }
}

}  // namespace

void IncidentList::add(const std::string& text) {
    if (text.empty() || !seen_.insert(text).second) return;
    if (texts_.size() == incident_list_max)
        ++left_off_;
    else
        texts_.push_back(text);
}

Result<IncidentReport> incident_report(const events::LogReader& log,
                                       const std::optional<events::WorkflowId>& workflow,
                                       const std::optional<std::vector<ReplayedDecision>>& expected) {
    auto report = gather(log, workflow);
    if (!report) return report;
    auto cursor = log.read(SequenceId(1));
    if (!cursor) return failure(cursor.error());
    auto replay = Replay::start();
    if (!replay) return failure(replay.error());
    auto replayed = replay->run(**cursor, {}, expected.has_value());
    if (!replayed) return failure(replayed.error());
    if (expected) compare_expected(*expected, *replay, *replayed);
    report->difference_count = replayed->difference_count;
    report->differences = std::move(replayed->differences);
    report->history = std::move(replayed->history);
    if (!expected) {
        set_actual(*report, *replay);
        return report;
    }
    for (IncidentDecision& decision : report->decisions) {
        decision.expected = words_at(*expected, decision.sequence_id);
        const bool passed_over = std::ranges::binary_search(replay->passed_over(), decision.sequence_id);
        decision.actual =
            passed_over ? std::string(not_again) : words_at(replay->decisions(), decision.sequence_id);
    }
    return report;
}

std::string incident_payload(const IncidentReport& report) {
    return events::to_canonical_json(report);
}

}  // namespace ibkr::engine
