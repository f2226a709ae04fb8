#include "cli/app.hpp"
#include "cli/command_list.hpp"
#include "io/config/config_docs.hpp"

namespace ibkr::cli {
namespace {

int run_check(App& app, const Arguments&) {
    auto config = app.config();
    if (!config) return app.refuse(config.error());
    const std::string report = io::config_report(*config, app.environment());
    if (app.wants_json()) {
        app.print_payload(report);
        return 0;
    }
    const auto value = parse_value(report);
    const Style& style = app.terminal().out_style();
    std::string text;
    for (const auto& name : {"settings", "secrets"})
        if (const Value* const rows = value ? value->find(name) : nullptr)
            text += table_text(
                        rows->items,
                        name == std::string_view("settings")
                            ? std::vector<Column>{{"key", "key"}, {"value", "value"}, {"from", "source"}}
                            : std::vector<Column>{{"secret", "name"}, {"from", "source"}, {"state", "state"}},
                        style) +
                    "\n";
    if (const Value* const notes = value ? value->find("notes") : nullptr)
        for (const Value& note : notes->items)
            text += "note: " + cell_text(note) + "\n";
    app.terminal().out(text + style.good("The configuration is valid.") + "\n");
    return 0;
}

}  // namespace

std::vector<Command> config_commands() {
    return {{.path = "config check",
             .tool_name = {},
             .summary = "Check a configuration and show every effective value; opens no data directory",
             .options = {},
             .examples = {"ibkr-agent --config gateway.yaml config check", "ibkr-agent config check --json"},
             .run = run_check}};
}

}  // namespace ibkr::cli
