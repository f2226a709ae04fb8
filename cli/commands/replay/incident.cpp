#include <filesystem>

#include "cli/app.hpp"
#include "cli/command_list.hpp"
#include "cli/commands/replay/history.hpp"
#include "cli/commands/replay/incident_text.hpp"
#include "cli/commands/replay/replay_commands.hpp"
#include "cli/print/text.hpp"
#include "engine/replay/fixture.hpp"
#include "engine/replay/incident/incident_report.hpp"
#include "events/json/utf8.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

/// As given, else by what is looked at.
std::string incident_id(const Arguments& arguments) {
    if (!arguments.text("--id").empty()) return arguments.text("--id");
    if (arguments.has("--workflow")) return arguments.text("--workflow");
    const std::filesystem::path folder(arguments.text("--fixture"));
    return (folder.has_filename() ? folder : folder.parent_path()).filename().string();
}

/// A report is JSON as well, which holds no other bytes.
Result<void> check_texts(const Arguments& arguments) {
    for (const std::string_view name : {"--id", "--root-cause", "--follow-ups"})
        if (!events::is_utf8(arguments.text(name)))
            return failure(ErrorCode::config_invalid, std::string(name) + " is not text in UTF-8",
                           "Give it in UTF-8.");
    return {};
}

/// As given, else the one that the fixture was recorded of; nothing: all that a fixture holds.
Result<std::optional<events::WorkflowId>> workflow_of(const Arguments& arguments) {
    if (arguments.has("--workflow")) {
        auto id = workflow_from(arguments.text("--workflow"));
        if (!id) return failure(id.error());
        return std::optional(std::move(*id));
    }
    if (arguments.has("--fixture")) return engine::incident_of(arguments.text("--fixture"));
    return failure(ErrorCode::config_invalid, "a log holds more than one incident",
                   "Give --workflow with the id of a preview, an approval or an order.");
}

Result<engine::IncidentReport> report_of(const App& app, const Arguments& arguments) {
    if (auto checked = check_texts(arguments); !checked) return failure(checked.error());
    const auto workflow = workflow_of(arguments);
    if (!workflow) return failure(workflow.error());
    std::optional<std::vector<engine::ReplayedDecision>> expected;
    if (arguments.has("--fixture") && !arguments.has("--file")) {
        auto read = engine::expected_of(arguments.text("--fixture"));
        if (!read) return failure(read.error());
        expected = std::move(*read);
    }
    auto history = History::open(app, arguments);
    if (!history) return failure(history.error());
    auto report = engine::incident_report(history->log(), *workflow, expected);
    if (!report) return report;
    report->history.held = history->held();
    report->incident_id = printable(incident_id(arguments));
    report->fixture = printable(arguments.text("--fixture"));
    report->root_cause = arguments.text("--root-cause");
    report->follow_ups = arguments.text("--follow-ups");
    return report;
}

int run_report(App& app, const Arguments& arguments) {
    const ProgressLine progress("incident report", app.terminal().err_is_terminal());
    const auto report = report_of(app, arguments);
    if (!report) return app.refuse(report.error());
    if (app.wants_json())
        app.print_payload(engine::incident_payload(*report));
    else
        app.terminal().out(incident_markdown(*report));
    return 0;
}

}  // namespace

std::vector<Command> incident_commands() {
    std::vector<Option> options{{"--workflow", OptionKind::text, "ID",
                                 "what concerns this preview, approval or order; else the fixture's own"},
                                {"--id", OptionKind::text, "ID",
                                 "the incident's id; else that of the workflow or the fixture's name"},
                                {"--root-cause", OptionKind::text, "TEXT", "what the review found"},
                                {"--follow-ups", OptionKind::text, "TEXT", "what is done about it"}};
    for (Option& option : history_options())
        options.push_back(option);
    return {{.path = "incident report",
             .tool_name = {},
             .summary = "Fill the review of an incident from a fixture, an export or the log",
             .options = std::move(options),
             .examples = {"ibkr-agent incident report --fixture replay-fixtures/lost-answer-filled",
                          "ibkr-agent incident report --workflow 019b8eac-2120-7f0b-88b2-899fe1a68ead"},
             .run = run_report}};
}

}  // namespace ibkr::cli
