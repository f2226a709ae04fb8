#include "cli/commands/replay/incident_text.hpp"

#include <catch2/catch.hpp>

using namespace ibkr;
using namespace ibkr::cli;

TEST_CASE("a review says how much of a list it leaves off", "[incident]") {
    engine::IncidentReport report;
    for (std::size_t i = 0; i < engine::incident_list_max + 3; ++i)
        report.request_ids.add("r" + std::to_string(i));
    report.tools.add("ibkr_order_preview");
    const std::string text = incident_markdown(report);
    const std::string last = "r" + std::to_string(engine::incident_list_max - 1);
    CHECK(text.find(last + " and 3 more\n") != std::string::npos);
    CHECK(text.find("- Tools: ibkr_order_preview\n") != std::string::npos);
    CHECK(text.find("- Approval ids: none\n") != std::string::npos);
}

TEST_CASE("a review tells of a log that is held or was resumed, and of no other", "[incident]") {
    engine::IncidentReport report;
    CHECK(incident_markdown(report).find("- Log:") == std::string::npos);
    report.history.held = "the anchor 'file' says that it had reached event 9";
    report.history.resumptions = {{events::SequenceId(7), 2, events::SequenceId(5)},
                                  {events::SequenceId(8), 0, std::nullopt}};
    report.history.resumptions_left_off = 1;
    const std::string text = incident_markdown(report);
    for (const char* line :
         {"- Log: the log is held: the anchor 'file' says that it had reached event 9\n",
          "- Log: the log was resumed after a loss at event 7: 2 events lost, from event 5 on\n",
          "- Log: the log was resumed after a loss at event 8: which events were lost is not known\n",
          "- Log: 1 later resumption not shown\n"}) {
        INFO(text);
        CHECK(text.find(line) != std::string::npos);
    }
}
