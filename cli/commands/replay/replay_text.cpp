#include "cli/commands/replay/replay_text.hpp"

#include "cli/print/text.hpp"

namespace ibkr::cli {
namespace {

using engine::ReplayReport;

std::string verdict(const ReplayReport& report, const Style& style) {
    const std::uint64_t made_again =
        report.decisions_replayed - report.decisions_of_other_versions - report.decisions_on_lost_events;
    const std::string looked_at =
        counted(report.events_replayed, "event") + ", " + counted(made_again, "decision") + " made again: ";
    if (report.difference_count == 0) return looked_at + style.good("all as recorded") + "\n";
    return looked_at + style.bad(counted(report.difference_count, "difference")) + "\n";
}

/// What was expected above what came instead, so that the eye finds where they part.
std::string differences(const ReplayReport& report, const Style& style) {
    std::string text;
    for (const engine::ReplayDifference& found : report.differences)
        text += "\n" + style.heading("event " + std::to_string(found.sequence_id.value())) +
                "\n  expected  " + printable(found.expected) + "\n  got       " + printable(found.got) + "\n";
    const std::uint64_t left_off = report.difference_count - report.differences.size();
    if (left_off > 0) text += "\n" + counted(left_off, "further difference") + " not shown\n";
    return text;
}

std::string not_made_again(const ReplayReport& report) {
    std::string text;
    for (const engine::OtherVersion& other : report.other_versions)
        text += counted(other.decisions, "decision") + " decided by version " +
                std::to_string(other.decider_version) + " of the deciders, the first at event " +
                std::to_string(other.first_sequence_id.value()) + ": taken as recorded, this is version " +
                std::to_string(report.decider_version) + "\n";
    if (report.decisions_on_lost_events > 0)
        text += counted(report.decisions_on_lost_events, "decision") +
                " made on events that a loss took: taken as recorded\n";
    return text;
}

}  // namespace

std::string counted(std::uint64_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

std::string held_text(const std::string& held, const Style& style) {
    return held.empty() ? std::string() : style.bad("the log is held") + ": " + printable(held) + "\n";
}

std::string lost_text(std::uint64_t events_lost) {
    if (events_lost == 0) return {};
    return counted(events_lost, "event") +
           (events_lost == 1 ? " of this history was" : " of this history were") +
           " lost, as a resumption attests: what was said there is missing here\n";
}

std::string history_text(const engine::HistoryState& history, const Style& style) {
    std::string text = held_text(history.held, style);
    for (const engine::Resumption& resumed : history.resumptions) {
        text += "the log was resumed after a loss at event " + std::to_string(resumed.sequence_id.value());
        if (resumed.first_lost)
            text += ": " + counted(resumed.events_lost, "event") + " lost, from event " +
                    std::to_string(resumed.first_lost->value()) + " on\n";
        else
            text += ": which events were lost is not known\n";
    }
    if (history.resumptions_left_off > 0)
        text += counted(history.resumptions_left_off, "later resumption") + " not shown\n";
    return text;
}

std::string replay_text(const ReplayReport& report, const Style& style) {
    return verdict(report, style) + differences(report, style) + not_made_again(report) +
           history_text(report.history, style);
}

}  // namespace ibkr::cli
