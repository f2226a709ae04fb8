#include "cli/app.hpp"
#include "cli/commands/replay/history.hpp"
#include "cli/commands/replay/replay_commands.hpp"
#include "cli/commands/replay/replay_text.hpp"
#include "engine/replay/state_diff.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;

const std::vector<Column>& columns() {
    static const std::vector<Column> all{{"member", "member"}, {"before", "before"}, {"after", "after"}};
    return all;
}

std::string text_of(const Value& diff, const Style& style) {
    const Value* const workflows = diff.find("workflows");
    if (workflows->items.empty()) return "no workflow differs\n";
    std::string text;
    for (const Value& workflow : workflows->items) {
        const auto member = [&](std::string_view name) { return cell_text(*workflow.find(name)); };
        text += (text.empty() ? "" : "\n") +
                style.heading(member("kind") + " " + member("workflow_id") + " " + member("change")) + "\n" +
                table_text(workflow.find("members")->items, columns(), style);
    }
    const Value* const left_off = diff.find("workflows_left_off");
    if (left_off->text != "0") text += "\n" + left_off->text + " further workflows are left off.\n";
    return text;
}

int run_diff(App& app, const Arguments& arguments) {
    const auto from = sequence_from(arguments.text("A"));
    const auto to = sequence_from(arguments.text("B"));
    if (!from || !to)
        return app.refuse(failure(ErrorCode::input_invalid_time_range,
                                  "A and B are sequence numbers of events",
                                  "Give two numbers such as 7 and 12; 'ibkr-agent audit tail' shows them.")
                              .value());
    auto history = History::open(app, arguments);
    if (!history) return app.refuse(history.error());
    const ProgressLine progress("replay diff", app.terminal().err_is_terminal());
    auto found = engine::state_diff(history->log(), *from, *to);
    if (!found) return app.refuse(found.error());
    found->diff.history.held = history->held();
    const std::string payload = engine::diff_payload(found->diff);
    const auto value = app.wants_json() ? std::nullopt : parse_value(payload);
    if (value)
        app.terminal().out(text_of(*value, app.terminal().out_style()) +
                           history_text(found->diff.history, app.terminal().out_style()));
    else
        app.print_payload(payload);
    return replay_exit(app, found->report);
}

}  // namespace

Command replay_diff_command() {
    std::vector<Option> options{{"A", OptionKind::text, "SEQ", "sequence number of the earlier event", true},
                                {"B", OptionKind::text, "SEQ", "sequence number of the later event", true}};
    for (Option& option : history_options())
        options.push_back(option);
    return {.path = "replay diff",
            .tool_name = {},
            .summary = "Show what differs between the state after one event and after another",
            .options = std::move(options),
            .examples = {"ibkr-agent replay diff 7 12",
                         "ibkr-agent replay diff 8 15 --fixture replay-fixtures/clean-fill"},
            .run = run_diff};
}

}  // namespace ibkr::cli
