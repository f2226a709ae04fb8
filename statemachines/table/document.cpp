#include "statemachines/table/document.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include <fmt/format.h>

#include "statemachines/table/print.hpp"

namespace ibkr::statemachines {

namespace {

constexpr std::string_view generated =
    "Generated from the table; `IBKR_UPDATE_DOCS=1 contract_tests \"[docs]\"` writes it anew.\n";

/// "broker_session" as a title: "Broker session".
std::string title_of(std::string_view name) {
    std::string title(name);
    std::ranges::replace(title, '_', ' ');
    if (!title.empty()) title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
    return title;
}

std::string doing(std::string_view action) {
    return action.empty() ? std::string() : fmt::format(", `{}`", action);
}

std::string outcome_text(const RowDescription& row) {
    switch (row.outcome) {
        case RowOutcome::step:
            return (row.to == row.from ? std::string("stays") : fmt::format("→ **{}**", row.to)) +
                   doing(row.action);
        case RowOutcome::ignore:
            return "ignored";
        case RowOutcome::refuse:
            return fmt::format("refused: `{}`", row.reason);
        case RowOutcome::fault:
            return "fault" + doing(row.action);
    }
    return "invalid";
}

/// What answers one (state, event) pair: its rows in the order of trying.
struct Answer {
    std::vector<std::string_view> events;
    std::string words;
};

/// Events of one source with equal answers share a line; lines stand in the order of their first event.
std::vector<Answer> answers_of(const MachineDescription& machine, std::string_view from) {
    std::vector<Answer> answers;
    for (const auto& event : machine.events) {
        std::string words;
        for (const auto& row : machine.rows) {
            if (row.from != from || row.event != event.name) continue;
            if (!words.empty()) words += "; ";
            if (!row.guard.empty())
                words += fmt::format("if `{}`: ", row.guard);
            else if (!words.empty())
                words += "else: ";
            words += outcome_text(row);
        }
        if (words.empty()) continue;
        const auto same = std::ranges::find(answers, words, &Answer::words);
        if (same != answers.end())
            same->events.push_back(event.name);
        else
            answers.push_back({{event.name}, std::move(words)});
    }
    return answers;
}

std::string answer_table(const std::vector<Answer>& answers) {
    std::string text = "| event | outcome |\n|---|---|\n";
    for (const auto& answer : answers) {
        std::string events;
        for (const auto& event : answer.events)
            events += fmt::format("{}`{}`", events.empty() ? "" : ", ", event);
        text += fmt::format("| {} | {} |\n", events, answer.words);
    }
    return text;
}

std::string state_section(const MachineDescription& machine, const StateDescription& state) {
    std::string text = fmt::format("### {}\n\n", state.name);
    if (state.name == machine.initial) text += "A new log begins here. ";
    if (state.terminal) text += "Terminal: never left. ";
    const auto answers = answers_of(machine, state.name);
    const bool can_fault = std::ranges::any_of(machine.rows, [&](const RowDescription& row) {
        return row.from == state.name && row.outcome == RowOutcome::fault;
    });
    if (can_fault)
        text += fmt::format("A fault {}{}.",
                            state.fault_to == state.name ? std::string("stays here")
                                                         : fmt::format("→ **{}**", state.fault_to),
                            doing(state.fault_action));
    while (text.back() == ' ')
        text.pop_back();
    if (!text.ends_with("\n\n")) text += "\n\n";
    return text + answer_table(answers) + "\n";
}

}  // namespace

std::string machine_page(const MachineDescription& machine) {
    std::string text = fmt::format("# {}\n\n", title_of(machine.name));
    if (!machine.purpose.empty()) text += fmt::format("{}\n\n", machine.purpose);
    text += fmt::format("Machine `{}`, version {}, fingerprint `{}`. {}\n", machine.name, machine.version,
                        fingerprint_text(machine.fingerprint), generated);
    text += fmt::format("## Diagram\n\n```mermaid\n{}```\n\n", to_mermaid(machine));
    text += "## Every pair of state and event\n\nWhat the words mean: [all machines](README.md).\n\n";
    if (const auto begins = answers_of(machine, {}); !begins.empty())
        text += "### Before the first event\n\nAny other event is a fault: there is no workflow yet.\n\n" +
                answer_table(begins) + "\n";
    for (const auto& state : machine.states)
        text += state_section(machine, state);
    text.pop_back();
    return text;
}

std::string machine_index_page(std::span<const MachineDescription> machines) {
    std::string text =
        "# State machines\n\n"
        "The state of every workflow is a fold of the log's events through one of these tables, live and in\n"
        "replay alike. The compiler proves each table total: every pair of state and event has an "
        "outcome.\n\n";
    text += fmt::format("{}\n", generated);
    text += "| machine | purpose | states | events | version | fingerprint |\n|---|---|---|---|---|---|\n";
    for (const auto& machine : machines)
        text += fmt::format("| [{0}]({0}.md) | {1} | {2} | {3} | {4} | `{5}` |\n", machine.name,
                            machine.purpose, machine.states.size(), machine.events.size(), machine.version,
                            fingerprint_text(machine.fingerprint));
    text +=
        "\n## How to read a page\n\n"
        "| outcome | meaning |\n|---|---|\n"
        "| → **state** | a step: the workflow goes there |\n"
        "| stays | a step that keeps the state; its action changes the data |\n"
        "| ignored | late or a duplicate: nothing changes |\n"
        "| refused: `reason` | a command that is not valid now; whoever asked is told the reason |\n"
        "| fault | the world contradicts the record: recorded and raised as an alert, never guessed away; "
        "the "
        "state's heading says where it leads |\n"
        "\nConditions are tried from left to right. \"if `guard`\" names a pure question about the "
        "workflow's\n"
        "data and the event; a name after a comma is the action that folds the event into the data. The "
        "same\n"
        "tables for programs: `ibkr-agent machines NAME --format mermaid|dot|json`.\n";
    return text;
}

}  // namespace ibkr::statemachines
