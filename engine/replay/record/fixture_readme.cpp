#include "engine/replay/record/fixture_readme.hpp"

#include <vector>

#include "engine/replay/timeline.hpp"

namespace ibkr::engine {
namespace {

/// First and last turns told at most.
constexpr std::size_t turns_told = 3;

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

/// One line of text in a list, whatever the text holds.
std::string one_line(std::string text) {
    for (char& letter : text)
        if (letter == '\n' || letter == '`') letter = ' ';
    return text;
}

void append_turn(std::string& out, const TimelineRow& row) {
    out += "  - event " + number(row.line.sequence_id.value()) + ", " + events::to_text(row.line.timestamp) +
           ", " + row.line.event_type + ": " + one_line(row.line.words) + "\n";
}

/// What a decision only looked at is no turn of the story.
bool is_turn(const TimelineRow& row) {
    return row.line.event_type != "position_recorded" && row.line.event_type != "order_risk_checked";
}

std::string turns_text(std::vector<TimelineRow> rows) {
    std::erase_if(rows, [](const TimelineRow& row) { return !is_turn(row); });
    std::string out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool told = i < turns_told || rows.size() - i <= turns_told;
        if (told) append_turn(out, rows[i]);
        if (i == turns_told && !told) out += "  - and " + number(rows.size() - 2 * turns_told) + " more\n";
    }
    return out;
}

}  // namespace

events::Result<std::string> fixture_readme(const events::LogReader& fixture_log,
                                           const RecordedFixture& fixture) {
    const auto told = timeline(fixture_log, fixture.workflow_id);
    if (!told) return events::failure(told.error());
    std::string out = "# A recorded incident: workflow " + fixture.workflow_id.text() + "\n";
    out += "- What happened:\n" + turns_text(told->events);
    out += "- Made by: `ibkr-agent replay record --workflow " + fixture.workflow_id.text() +
           "` from the events up to " + number(fixture.to.value()) + " of log " +
           fixture_log.identity().log_id_hex() + ".\n";
    out += "- What is in it: " + number(fixture.events) + " events. Those from event " +
           number(fixture.from.value()) + " of that log on are decided again" +
           (fixture.events_carried == 0
                ? ".\n"
                : "; " + number(fixture.events_carried) + " of before it stand as facts.\n");
    out +=
        "- Redacted: people, sessions, requests, idempotency keys and what people wrote are numbered, texts "
        "passed the redactor, the chain is MACed under the published key.\n";
    out += "- Why it is kept: say here what it shows.\n";
    out += "- Expected: every decision is made again as recorded, no difference.\n";
    out += "- Run it: `ibkr-agent replay --fixture` with this folder.\n";
    return out;
}

}  // namespace ibkr::engine
