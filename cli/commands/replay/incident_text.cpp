#include "cli/commands/replay/incident_text.hpp"

#include <sstream>
#include <vector>

#include "cli/commands/replay/replay_text.hpp"
#include "cli/print/text.hpp"

namespace ibkr::cli {
namespace {

using engine::IncidentReport;

constexpr std::string_view unwritten = "To be written by the reviewer.";

std::string line(const std::string& title, const std::string& text) {
    return "- " + title + ": " + (text.empty() ? "none" : printable(text)) + "\n";
}

std::string line(const std::string& title, const engine::IncidentList& list) {
    std::string joined;
    for (const std::string& text : list.texts())
        joined += (joined.empty() ? "" : ", ") + text;
    if (list.left_off() > 0) joined += " and " + std::to_string(list.left_off()) + " more";
    return line(title, joined);
}

/// A cell of a Markdown table.
std::string cell(const std::string& text) {
    std::string out;
    for (const char letter : printable(text))
        out += letter == '|' ? std::string("\\|") : std::string(1, letter);
    return out;
}

std::string row(const std::vector<std::string>& cells) {
    std::string out = "|";
    for (const std::string& text : cells)
        out += " " + cell(text) + " |";
    return out + "\n";
}

std::string left_off(std::uint64_t count, const std::string& what) {
    return count == 0 ? "" : "\n" + std::to_string(count) + " later " + what + " are left off.\n";
}

std::string events_table(const IncidentReport& report) {
    std::string out = row({"sequence", "audit event id", "event", "what it says"}) + "|---|---|---|---|\n";
    for (const auto& event : report.events)
        out += row({std::to_string(event.sequence_id.value()), event.event_id.text(), event.event_type,
                    event.words});
    return out + left_off(report.events_left_off, "events");
}

std::string decisions_table(const IncidentReport& report) {
    std::string out = row({"sequence", "expected", "actual"}) + "|---|---|---|\n";
    for (const auto& decision : report.decisions)
        out += row({std::to_string(decision.sequence_id.value()), decision.expected,
                    decision.actual == decision.expected ? "the same" : decision.actual});
    return out + left_off(report.decisions_left_off, "decisions");
}

std::string differences_text(const IncidentReport& report) {
    if (report.difference_count == 0) return "Replay found no difference.\n";
    std::string out =
        "Replay found " + counted(report.difference_count, "difference") + " in the history:\n\n";
    out += row({"sequence", "expected", "got"}) + "|---|---|---|\n";
    for (const auto& found : report.differences)
        out += row({std::to_string(found.sequence_id.value()), found.expected, found.got});
    return out + left_off(report.difference_count - report.differences.size(), "differences");
}

std::string fixture_text(const IncidentReport& report) {
    return report.fixture.empty() ? "none yet; 'ibkr-agent replay record' makes one" : report.fixture;
}

/// A line each; none for a log that is whole.
std::string history_lines(const engine::HistoryState& history) {
    std::istringstream notes(history_text(history, Style(false)));
    std::string out;
    for (std::string note; std::getline(notes, note);)
        out += line("Log", note);
    return out;
}

std::string words_of_reviewer(const std::string& text) {
    return text.empty() ? std::string(unwritten) : printable(text);
}

}  // namespace

std::string incident_markdown(const IncidentReport& report) {
    std::string out = "# Incident " + printable(report.incident_id) + "\n\n";
    out += line("Incident id", report.incident_id);
    out += line("Time range", events::to_text(report.from) + " to " + events::to_text(report.to));
    out += line("Tools", report.tools);
    out += line("Audit event ids", report.events.empty() ? "" : "in the table of events below");
    out += line("Request ids", report.request_ids);
    out += line("Account id hashes", report.account_id_hashes);
    out += line("Approval ids", report.approval_ids);
    out += line("Idempotency keys", report.idempotency_keys);
    out += line("Stable error codes", report.error_codes);
    out += line("Kill switch before", report.kill_switch_before);
    out += line("Kill switch after", report.kill_switch_after);
    out += line("Fixture path", fixture_text(report));
    out += history_lines(report.history);
    out += "\n## Events\n\n" + events_table(report);
    out +=
        "\n## Expected and actual decision\n\n" + decisions_table(report) + "\n" + differences_text(report);
    out += "\n## Root cause\n\n" + words_of_reviewer(report.root_cause) + "\n";
    out += "\n## Follow-ups\n\n" + words_of_reviewer(report.follow_ups) + "\n";
    return out;
}

}  // namespace ibkr::cli
