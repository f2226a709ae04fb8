#include "cli/app.hpp"
#include "cli/commands/replay/history.hpp"
#include "cli/commands/replay/replay_commands.hpp"
#include "cli/commands/replay/replay_text.hpp"
#include "engine/replay/timeline.hpp"

namespace ibkr::cli {
namespace {

int run_timeline(App& app, const Arguments& arguments) {
    const auto workflow = workflow_from(arguments.text("WORKFLOW"));
    if (!workflow) return app.refuse(workflow.error());
    auto history = History::open(app, arguments);
    if (!history) return app.refuse(history.error());
    const ProgressLine progress("replay timeline", app.terminal().err_is_terminal());
    auto found = engine::timeline(history->log(), *workflow);
    if (!found) return app.refuse(found.error());
    found->held = history->held();
    app.print_payload(engine::timeline_payload(*found));
    if (app.wants_json()) return 0;
    app.terminal().out(held_text(found->held, app.terminal().out_style()) + lost_text(found->events_lost));
    if (found->events_left_off > 0)
        app.terminal().err(std::to_string(found->events_left_off) + " later events are left off\n");
    if (found->workflows_left_off) app.terminal().err("more workflows belong to it than are shown\n");
    return 0;
}

}  // namespace

Command replay_timeline_command() {
    std::vector<Option> options{
        {"WORKFLOW", OptionKind::text, "ID", "id of a preview, an approval or an order", true}};
    for (Option& option : history_options())
        options.push_back(option);
    return {.path = "replay timeline",
            .tool_name = {},
            .summary = "Show an order with its preview and approvals, ours and the broker's events in order",
            .options = std::move(options),
            .examples = {"ibkr-agent replay timeline 019b8eac-2120-7f0b-88b2-899fe1a68ead "
                         "--fixture replay-fixtures/clean-fill"},
            .run = run_timeline,
            .columns = {{"sequence", "sequence_id"},
                        {"time", "timestamp"},
                        {"ms", "since_ms"},
                        {"from", "from"},
                        {"event", "event_type"},
                        {"who", "user_id"},
                        {"decision", "decision"},
                        {"error", "error_code"},
                        {"in words", "words"}},
            .list_member = "events",
            .empty_text = "no events"};
}

}  // namespace ibkr::cli
