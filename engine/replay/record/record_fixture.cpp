#include "engine/replay/record/record_fixture.hpp"

#include <utility>

#include "engine/replay/fixture.hpp"
#include "engine/replay/record/fixture_log.hpp"
#include "engine/replay/record/fixture_readme.hpp"
#include "events/json/describe_codec.hpp"
#include "events/log/export/export.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;
using events::SequenceId;

/// Everybody who acts in the history: a message from outside may name them before they do.
Result<void> know_users(const events::LogReader& log, SequenceId last, FixtureLog& made) {
    auto history = events::EventCursor::read(log, SequenceId(1));
    if (!history) return failure(history.error());
    events::Event event;
    for (;;) {
        auto more = history->next(event);
        if (!more) return failure(more.error());
        if (!*more || event.sequence_id > last) return {};
        made.know_user(event.actor.user_id);
    }
}

Result<FixtureLog> chosen(const events::LogReader& log, const IncidentScope& scope,
                          const std::vector<std::string>& exact_values) {
    auto carried = carried_state(log, scope);
    if (!carried) return failure(carried.error());
    auto made = FixtureLog::create(log.identity().log_id, exact_values);
    if (!made) return made;
    if (auto known = know_users(log, scope.last, *made); !known) return failure(known.error());
    auto groups = DecisionGroups::read(log);
    if (!groups) return failure(groups.error());
    DecisionGroup group;
    for (;;) {
        auto read = groups->next(group);
        if (!read) return failure(read.error());
        if (!*read || group.events.front().sequence_id > scope.last) return made;
        if (auto taken = made->take(group, scope, *carried); !taken) return failure(taken.error());
    }
}

tl::unexpected<events::Error> diverged(const FixtureLog& made, const ReplayReport& report) {
    const ReplayDifference& first = report.differences.front();
    return failure(ErrorCode::replay_diverged,
                   "event " + std::to_string(made.origin(first.sequence_id).value()) +
                       " does not come out as recorded: expected " + first.expected + ", got " + first.got,
                   "Run 'ibkr-agent replay' on the whole history: if it diverges there too, that is the "
                   "finding; if not, replay the export with --file.");
}

/// What the fixture decides, which must be what it records.
Result<void> replay_into(const FixtureLog& made, RecordedFixture& fixture) {
    auto cursor = made.log().read(SequenceId(1));
    if (!cursor) return failure(cursor.error());
    auto replay = Replay::start();
    if (!replay) return failure(replay.error());
    auto report = replay->run(**cursor, {}, true);
    if (!report) return failure(report.error());
    if (report->difference_count > 0) return diverged(made, *report);
    fixture.report = std::move(*report);
    fixture.expected_json = expected_json(replay->decisions());
    if (fixture.expected_json.size() > expected_bytes_max)
        return failure(ErrorCode::input_invalid_time_range,
                       "the incident rests on more decisions than a fixture can expect",
                       "Replay the export itself with --file instead of a fixture.");
    return {};
}

Result<void> export_into(const FixtureLog& made, RecordedFixture& fixture) {
    auto written =
        events::write_export(made.log(), made.log().keys(), {}, [&](std::string_view piece) -> Result<void> {
            fixture.events_jsonl += piece;
            return {};
        });
    if (!written) return failure(written.error());
    return {};
}

}  // namespace

Result<RecordedFixture> record_fixture(const events::LogReader& log, const events::WorkflowId& workflow,
                                       const std::vector<std::string>& exact_values) {
    auto scope = incident_scope(log, workflow);
    if (!scope) return failure(scope.error());
    auto made = chosen(log, *scope, exact_values);
    if (!made) return failure(made.error());
    RecordedFixture fixture;
    fixture.workflow_id = workflow;
    fixture.workflows.assign(scope->workflows.begin(), scope->workflows.end());
    fixture.from = scope->first;
    fixture.to = scope->last;
    fixture.events = made->events();
    fixture.events_carried = made->events_carried();
    if (auto replayed = replay_into(*made, fixture); !replayed) return failure(replayed.error());
    if (auto exported = export_into(*made, fixture); !exported) return failure(exported.error());
    fixture.incident_json = incident_json(workflow);
    auto readme = fixture_readme(made->log(), fixture);
    if (!readme) return failure(readme.error());
    fixture.readme = std::move(*readme);
    return fixture;
}

std::string recorded_payload(const RecordedFixture& fixture) {
    return events::to_canonical_json(fixture);
}

}  // namespace ibkr::engine
