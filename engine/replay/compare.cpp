#include "engine/replay/compare.hpp"

#include <algorithm>

#include "events/catalogue.hpp"
#include "events/event_codec.hpp"

namespace ibkr::engine {
namespace {

using events::Event;
using statemachines::EventDraft;

std::string types_of(const std::vector<Event>& recorded) {
    std::string text;
    for (const Event& event : recorded)
        text += (text.empty() ? "" : ", ") + std::string(events::descriptor(event.body).name);
    return text;
}

std::string types_of(const std::vector<EventDraft>& decided) {
    std::string text;
    for (const EventDraft& draft : decided)
        text += (text.empty() ? "" : ", ") + std::string(events::descriptor(draft.body).name);
    return text.empty() ? "no event" : text;
}

std::string verdict(std::string_view type, events::Decision decision, events::ResultStatus status,
                    std::string_view error_code) {
    std::string text(type);
    text += " ";
    text += events::name_of(decision);
    text += "/";
    text += events::name_of(status);
    if (!error_code.empty()) text += " " + std::string(error_code);
    return text;
}

/// The body without its state claim, which the deciders do not make.
events::Body without_claim(events::Body body) {
    events::claim_state(body, "");
    return body;
}

void compare_one(const Event& recorded, const EventDraft& decided,
                 std::vector<ReplayDifference>& differences) {
    const std::string_view recorded_type = events::descriptor(recorded.body).name;
    const std::string_view decided_type = events::descriptor(decided.body).name;
    const std::string expected =
        verdict(recorded_type, recorded.decision, recorded.result_status, recorded.error_code);
    const std::string got =
        verdict(decided_type, decided.decision, decided.result_status, decided.error_code);
    if (expected != got) {
        differences.push_back({recorded.sequence_id, expected, got});
        return;
    }
    if (recorded.workflow_id != decided.workflow_id)
        differences.push_back({recorded.sequence_id, "workflow " + recorded.workflow_id.text(),
                               "workflow " + decided.workflow_id.text()});
    if (recorded.account_id_hash != decided.account)
        differences.push_back({recorded.sequence_id, "account " + recorded.account_id_hash.text(),
                               "account " + decided.account.text()});
    if (without_claim(recorded.body) != without_claim(decided.body))
        differences.push_back({recorded.sequence_id, events::body_json(without_claim(recorded.body)),
                               events::body_json(without_claim(decided.body))});
}

}  // namespace

std::vector<ReplayDifference> compare(const std::vector<Event>& recorded,
                                      const std::vector<EventDraft>& decided) {
    std::vector<ReplayDifference> differences;
    if (recorded.size() != decided.size()) {
        differences.push_back({recorded.front().sequence_id, types_of(recorded), types_of(decided)});
        return differences;
    }
    for (std::size_t i = 0; i < recorded.size(); ++i)
        compare_one(recorded[i], decided[i], differences);
    return differences;
}

ReplayedDecision summary_of(events::SequenceId first_sequence, const std::vector<EventDraft>& decided) {
    ReplayedDecision summary;
    summary.sequence_id = first_sequence;
    summary.decision = decided.empty() ? "none" : events::name_of(decided.back().decision);
    for (const EventDraft& draft : decided) {
        ReplayedDecision::Outcome outcome{std::string(events::descriptor(draft.body).name), std::nullopt};
        if (!draft.error_code.empty()) outcome.error_code = draft.error_code;
        summary.events.push_back(std::move(outcome));
    }
    return summary;
}

}  // namespace ibkr::engine
