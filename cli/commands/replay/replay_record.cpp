#include <filesystem>
#include <unistd.h>

#include "cli/app.hpp"
#include "cli/commands/replay/history.hpp"
#include "cli/commands/replay/replay_commands.hpp"
#include "cli/commands/replay/replay_text.hpp"
#include "cli/print/text.hpp"
#include "engine/replay/fixture.hpp"
#include "engine/replay/record/record_fixture.hpp"
#include "events/log/directory/files.hpp"

namespace ibkr::cli {
namespace {

using engine::RecordedFixture;
using events::ErrorCode;
using events::failure;
using events::Result;

/// Raw account ids that the configuration knows. The log has none; a text in it might.
Result<std::vector<std::string>> raw_account_ids(const App& app) {
    const auto config = app.config();
    if (!config) return failure(config.error());
    std::vector<std::string> ids;
    for (const events::AccountId& account : config->paper.allowed_accounts)
        ids.push_back(account.raw());
    return ids;
}

Result<void> write_files(const std::string& directory, const RecordedFixture& fixture) {
    if (auto made = events::make_directories(directory, "fixture folder"); !made) return made;
    const auto write = [&](const std::string& name, const std::string& text) {
        return events::write_new_file(directory + "/" + name, name, text);
    };
    if (auto written = write("events.jsonl", fixture.events_jsonl); !written) return written;
    if (auto written = write("expected.json", fixture.expected_json); !written) return written;
    if (auto written = write("incident.json", fixture.incident_json); !written) return written;
    return write("README.md", fixture.readme);
}

/// The folders above `path` that are not there yet, the innermost first.
std::vector<std::filesystem::path> missing_parents(const std::string& path) {
    std::vector<std::filesystem::path> missing;
    std::filesystem::path parent = std::filesystem::path(path).parent_path();
    while (!parent.empty() && parent != parent.parent_path() && !events::path_exists(parent.string())) {
        missing.push_back(parent);
        parent = parent.parent_path();
    }
    return missing;
}

/// Written beside its place, read back and replayed as a reviewer would, then put there: a folder of that
/// name is whole.
Result<void> save(const std::string& directory, const RecordedFixture& fixture) {
    const std::string unfinished = directory + ".unfinished-" + std::to_string(getpid());
    const auto made_with_it = missing_parents(directory);
    auto saved = write_files(unfinished, fixture);
    if (saved) {
        const auto again = engine::run_fixture(unfinished);
        if (!again)
            saved = failure(again.error());
        else if (again->difference_count > 0)
            saved = failure(ErrorCode::replay_diverged, "the written fixture does not decide as recorded",
                            "Replay the export itself with --file instead of a fixture.");
    }
    if (saved) saved = events::rename_path(unfinished, directory, "fixture folder");
    if (saved) return saved;
    std::error_code ignored;
    std::filesystem::remove_all(unfinished, ignored);
    for (const auto& parent : made_with_it)
        std::filesystem::remove(parent, ignored);
    return failure(saved.error().code, "no fixture was made: " + saved.error().message,
                   "Look whether --out names a folder that can be made, on a disk with room, and try again.");
}

std::string text_of(const RecordedFixture& fixture, const std::string& directory) {
    std::string text = "recorded " + counted(fixture.events, "event") + " for an incident of " +
                       counted(fixture.workflows.size(), "workflow") + " to " + printable(directory) +
                       "; they decide again as recorded\n";
    if (fixture.events_carried > 0)
        text += std::to_string(fixture.events_carried) +
                " of them are from before the window that begins at event " +
                std::to_string(fixture.from.value()) + " and stand as facts\n";
    if (fixture.report.decisions_of_other_versions > 0)
        text += counted(fixture.report.decisions_of_other_versions, "decision") +
                " of other versions of the deciders, not expected again\n";
    return text + "Its README.md tells what happened; add there why it is kept.\n";
}

/// A fixture of a fixture expects what that one decides: what was expected of it must be that already.
Result<void> check_source(const Arguments& arguments) {
    if (!arguments.has("--fixture") || arguments.has("--file")) return {};
    const auto report = engine::run_fixture(arguments.text("--fixture"));
    if (!report) return failure(report.error());
    if (report->difference_count == 0) return {};
    return failure(ErrorCode::replay_diverged, "the fixture itself does not decide as it is expected to",
                   "Look at 'ibkr-agent replay --fixture' of it first; nothing was recorded.");
}

int run_record(App& app, const Arguments& arguments) {
    std::string directory = arguments.text("--out");
    while (directory.size() > 1 && directory.ends_with('/'))
        directory.pop_back();
    if (events::path_exists(directory))
        return app.refuse(failure(ErrorCode::config_invalid, "what --out names is there already",
                                  "Choose another folder; nothing is overwritten.")
                              .value());
    const auto workflow = workflow_from(arguments.text("--workflow"));
    if (!workflow) return app.refuse(workflow.error());
    const auto raw_ids = raw_account_ids(app);
    if (!raw_ids) return app.refuse(raw_ids.error());
    if (auto checked = check_source(arguments); !checked) return app.refuse(checked.error());
    auto history = History::open(app, arguments);
    if (!history) return app.refuse(history.error());
    const ProgressLine progress("replay record", app.terminal().err_is_terminal());
    auto fixture = engine::record_fixture(history->log(), *workflow, *raw_ids);
    if (!fixture) return app.refuse(fixture.error());
    fixture->held = history->held();
    if (auto saved = save(directory, *fixture); !saved) return app.refuse(saved.error());
    if (app.wants_json())
        app.print_payload(engine::recorded_payload(*fixture));
    else
        app.terminal().out(text_of(*fixture, directory) +
                           held_text(fixture->held, app.terminal().out_style()));
    return 0;
}

}  // namespace

Command replay_record_command() {
    std::vector<Option> options{
        {"--workflow", OptionKind::text, "ID", "id of a preview, an approval or an order", true},
        {"--out", OptionKind::path, "DIR",
         "folder to make, with events.jsonl, expected.json, incident.json and README.md", true}};
    for (Option& option : history_options())
        options.push_back(option);
    return {.path = "replay record",
            .tool_name = {},
            .summary =
                "Make a fixture of what one workflow's decisions rest on, redacted, under the published key",
            .options = std::move(options),
            .examples =
                {"ibkr-agent replay record --workflow 019b8eac-2120-7f0b-88b2-899fe1a68ead --out incident-1"},
            .run = run_record};
}

}  // namespace ibkr::cli
