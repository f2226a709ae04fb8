#include "engine/replay/replay.hpp"

#include "cli/app.hpp"
#include "cli/command_list.hpp"
#include "cli/commands/replay/history.hpp"
#include "cli/commands/replay/replay_commands.hpp"
#include "cli/commands/replay/replay_text.hpp"
#include "cli/commands/replay/state_text.hpp"
#include "engine/replay/fixture.hpp"
#include "engine/replay/state_at.hpp"

namespace ibkr::cli {
namespace {

using engine::Replay;
using engine::ReplayReport;
using events::ErrorCode;
using events::failure;
using events::Result;

Result<Replay::Until> until(const Arguments& arguments) {
    Replay::Until stop;
    if (!arguments.has("--at")) return stop;
    const std::string text = arguments.text("--at");
    stop.sequence = sequence_from(text);
    if (stop.sequence) return stop;
    auto time = events::Timestamp::parse(text);
    if (!time)
        return failure(
            ErrorCode::input_invalid_time_range,
            "--at takes an event's sequence number or an RFC 3339 time such as 2026-01-05T15:00:00Z",
            "Give one of the two; 'ibkr-agent audit tail' shows both of each event.");
    stop.time = *time;
    return stop;
}

bool wants_state(const Arguments& arguments) {
    return arguments.has("--at") || arguments.has("--workflow");
}

/// Everything as it was, or the one workflow that was asked for.
Result<std::string> state_then(const Arguments& arguments, const Replay& replay, const ReplayReport& found) {
    if (!arguments.has("--workflow")) return engine::state_payload(replay.state(), found);
    auto id = workflow_from(arguments.text("--workflow"));
    if (!id) return failure(id.error());
    return engine::workflow_payload(replay.state(), found, *id);
}

/// What deciding again came to.
int report_replay(App& app, const ReplayReport& found) {
    if (app.wants_json())
        app.print_payload(engine::replay_payload(found));
    else
        app.terminal().out(replay_text(found, app.terminal().out_style()));
    return replay_exit(app, found);
}

/// Everything as a few tables; one workflow as the whole of its record.
int report_state(App& app, const Arguments& arguments, const std::string& payload,
                 const ReplayReport& found) {
    const bool whole_state = !arguments.has("--workflow");
    const auto value = whole_state && !app.wants_json() ? parse_value(payload) : std::nullopt;
    if (value)
        app.terminal().out(state_text(*value, app.terminal().out_style()) +
                           history_text(found.history, app.terminal().out_style()));
    else
        app.print_payload(payload);
    return replay_exit(app, found);
}

/// A moment that the history has not reached is not the one it ends at.
Result<void> check_reached(const events::LogReader& log, const Replay::Until& stop) {
    const events::SequenceId head = log.head().sequence;
    if (!stop.sequence || *stop.sequence <= head) return {};
    return failure(ErrorCode::input_invalid_time_range,
                   "the history ends at event " + std::to_string(head.value()),
                   "Give a sequence number up to that, or leave --at out.");
}

int replay_history(App& app, const Arguments& arguments, const Replay::Until& stop) {
    auto history = History::open(app, arguments);
    if (!history) return app.refuse(history.error());
    if (auto reached = check_reached(history->log(), stop); !reached) return app.refuse(reached.error());
    auto cursor = history->log().read(events::SequenceId(1));
    if (!cursor) return app.refuse(cursor.error());
    auto replay = Replay::start();
    if (!replay) return app.refuse(replay.error());
    const ProgressLine progress("replay", app.terminal().err_is_terminal());
    auto found = replay->run(**cursor, stop);
    if (!found) return app.refuse(found.error());
    found->history.held = history->held();
    if (!wants_state(arguments)) return report_replay(app, *found);
    if (stop.time && !app.wants_json() && found->last_sequence_id == history->log().head().sequence)
        app.terminal().err("the history ends at event " + std::to_string(found->last_sequence_id->value()) +
                           "; nothing later is in it\n");
    auto state = state_then(arguments, *replay, *found);
    if (!state) return app.refuse(state.error());
    return report_state(app, arguments, *state, *found);
}

int replay_fixture(App& app, const Arguments& arguments) {
    auto found = engine::run_fixture(arguments.text("--fixture"));
    if (!found) return app.refuse(found.error());
    return report_replay(app, *found);
}

int run_replay(App& app, const Arguments& arguments) {
    const auto stop = until(arguments);
    if (!stop) return app.refuse(stop.error());
    if (auto checked = check_history_options(arguments); !checked) return app.refuse(checked.error());
    if (arguments.has("--fixture") && !wants_state(arguments)) return replay_fixture(app, arguments);
    return replay_history(app, arguments, *stop);
}

}  // namespace

int replay_exit(App& app, const ReplayReport& found) {
    if (found.difference_count == 0) return 0;
    const auto first =
        found.differences.empty() ? events::SequenceId() : found.differences.front().sequence_id;
    return app.refuse(failure(ErrorCode::replay_diverged,
                              "replay found " + std::to_string(found.difference_count) +
                                  (found.difference_count == 1 ? " difference, at event "
                                                               : " differences, the first at event ") +
                                  std::to_string(first.value()))
                          .value());
}

std::vector<Command> replay_commands() {
    std::vector<Option> options = history_options();
    options.push_back({"--at", OptionKind::text, "SEQ|TIME", "stop there and show every workflow as it was"});
    options.push_back(
        {"--workflow", OptionKind::text, "ID", "show only this workflow as it was, at the end without --at"});
    return {{.path = "replay",
             .tool_name = {},
             .summary = "Decide everything again from the log and compare; never touches a broker",
             .options = std::move(options),
             .examples = {"ibkr-agent replay", "ibkr-agent replay --at 12",
                          "ibkr-agent replay --at 12 --workflow kill-switch",
                          "ibkr-agent replay --fixture replay-fixtures/clean-fill"},
             .run = run_replay},
            replay_why_command(),
            replay_timeline_command(),
            replay_diff_command(),
            replay_record_command()};
}

}  // namespace ibkr::cli
