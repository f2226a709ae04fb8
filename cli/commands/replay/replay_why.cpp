#include "cli/app.hpp"
#include "cli/commands/replay/history.hpp"
#include "cli/commands/replay/replay_commands.hpp"
#include "cli/commands/replay/replay_text.hpp"
#include "engine/replay/why.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

const std::vector<Column>& columns() {
    static const std::vector<Column> all{
        {"sequence", "sequence_id"}, {"time", "timestamp"},   {"role", "role"},
        {"event", "event_type"},     {"who", "user_id"},      {"tool", "tool_name"},
        {"decision", "decision"},    {"error", "error_code"}, {"in words", "words"}};
    return all;
}

Result<engine::EventName> name_from(const std::string& text) {
    engine::EventName name;
    name.sequence = sequence_from(text);
    if (!name.sequence && !events::from_text(text, name.id))
        return failure(ErrorCode::order_validation_failed,
                       "that is neither the sequence number nor the id of an event",
                       "Give a sequence number that 'ibkr-agent audit tail' shows, or an event id; with "
                       "--json it shows those, too.");
    return name;
}

/// The chain as a table, and below it what each decision in it was made from.
std::string text_of(const Value& why, const Style& style) {
    const Value* const chain = why.find("chain");
    std::string text = table_text(chain->items, columns(), style);
    for (const Value& step : chain->items)
        if (const Value* const made_from = step.find("decided_from"); made_from != nullptr)
            text += "\n" + style.heading("event " + step.find("sequence_id")->text + " was decided from") +
                    "\n" + record_text(*made_from, style);
    if (why.find("older_left_off")->text == "true")
        text += "\nThe chain is longer; its oldest events are left off.\n";
    return text;
}

int run_why(App& app, const Arguments& arguments) {
    const auto name = name_from(arguments.text("EVENT"));
    if (!name) return app.refuse(name.error());
    auto history = History::open(app, arguments);
    if (!history) return app.refuse(history.error());
    const ProgressLine progress("replay why", app.terminal().err_is_terminal());
    auto found = engine::why(history->log(), *name);
    if (!found) return app.refuse(found.error());
    found->held = history->held();
    const std::string payload = engine::why_payload(*found);
    const auto value = app.wants_json() ? std::nullopt : parse_value(payload);
    if (value)
        app.terminal().out(text_of(*value, app.terminal().out_style()) +
                           held_text(found->held, app.terminal().out_style()) +
                           lost_text(found->events_lost));
    else
        app.print_payload(payload);
    return 0;
}

}  // namespace

Command replay_why_command() {
    std::vector<Option> options{
        {"EVENT", OptionKind::text, "SEQ|ID", "sequence number or id of the event", true}};
    for (Option& option : history_options())
        options.push_back(option);
    return {.path = "replay why",
            .tool_name = {},
            .summary = "Show what an event rests on, back to the root, oldest first",
            .options = std::move(options),
            .examples = {"ibkr-agent replay why 21",
                         "ibkr-agent replay why 15 --fixture replay-fixtures/clean-fill"},
            .run = run_why};
}

}  // namespace ibkr::cli
