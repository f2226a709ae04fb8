#include "engine/replay/record/fixture_log.hpp"

#include <utility>
#include <variant>

#include "engine/replay/fixture.hpp"
#include "engine/replay/record/record_fixture.hpp"
#include "events/event_codec.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::Event;
using events::failure;
using events::Result;

/// Policies and the kill switch depend on nothing but their own past, which is short: kept whole and decided
/// again, however old.
bool is_kept_whole(const Event& event) {
    return std::holds_alternative<events::LogCreated>(event.body) ||
           std::holds_alternative<events::PolicyLoaded>(event.body) ||
           statemachines::workflow_kind(event.body) == statemachines::WorkflowKind::kill_switch;
}

}  // namespace

Result<FixtureLog> FixtureLog::create(const events::LogId& log_id,
                                      const std::vector<std::string>& exact_values) {
    // A fixture holds hashes of accounts as they are; the key that makes them does not leave its log.
    const events::Secret no_account_key{std::string(events::account_key_bytes, '\0')};
    auto keys = events::LogKeys::create(events::Secret{std::string(fixture_secret)}, log_id, no_account_key);
    if (!keys) return failure(keys.error());
    return FixtureLog(std::make_unique<events::MemoryLog>(std::move(*keys)), exact_values);
}

Result<void> FixtureLog::append(const events::Record& record, std::string_view why_a_fact) {
    if (events() == fixture_events_max)
        return failure(ErrorCode::input_invalid_time_range,
                       "the incident rests on more than " + std::to_string(fixture_events_max) + " events",
                       "Replay the export itself with --file instead of a fixture.");
    auto event = redaction_.event_of(record);
    if (!event) return failure(event.error());
    event->sequence_id = log_->head().sequence.next();
    if (auto* const created = std::get_if<events::LogCreated>(&event->body))
        created->key_id = log_->identity().key_id_hex();
    if (!why_a_fact.empty() && event->decided_from) {
        event->decided_from.reset();
        event->redactions.push_back({"body.decided_from", std::string(why_a_fact)});
    }
    auto bytes = events::encode_event(*event);
    if (!bytes) return failure(bytes.error());
    const events::PendingRecord pending{record.header.type_number, std::move(*bytes)};
    if (auto appended = log_->append({&pending, 1}, event->sequence_id); !appended)
        return failure(appended.error());
    origins_.push_back(record.sequence);
    return {};
}

Result<void> FixtureLog::take(const DecisionGroup& group, const IncidentScope& scope,
                              const CarriedState& carried) {
    const bool in_window = group.events.front().sequence_id >= scope.first;
    const bool kept_whole = is_kept_whole(group.events.front()) || (in_window && belongs_to(scope, group));
    // As in a replay of the log: what a loss cut, or what builds on what is lost, is not decided again.
    if (std::holds_alternative<events::LogResumed>(group.events.front().body)) after_loss_ = false;
    std::string_view why_a_fact;
    if (!kept_whole)
        why_a_fact = "before_window";
    else if (after_loss_ || !group.whole)
        why_a_fact = "loss";
    if (!group.whole) after_loss_ = true;
    for (std::size_t i = 0; i < group.events.size(); ++i) {
        if (!kept_whole && (in_window || !carried.holds(group.events[i]))) continue;
        if (auto appended = append(group.records[i], why_a_fact); !appended) return failure(appended.error());
        if (!kept_whole) ++carried_;
    }
    return {};
}

}  // namespace ibkr::engine
