#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "statemachines/machines/all.hpp"
#include "statemachines/table/print.hpp"

using namespace ibkr::statemachines;

TEST_CASE("Mermaid, whole") {
    CHECK(to_mermaid(*find_machine("kill_switch")) ==
          "stateDiagram-v2\n"
          "    %% machine kill_switch, version 1, fingerprint 0xec540c4ab73f0f38\n"
          "    %% Not drawn: events that a state ignores, refuses or answers with a fault; the JSON form has "
          "every pair.\n"
          "    [*] --> closed\n"
          "    closed --> open : kill_switch_opened\n"
          "    open --> closed : kill_switch_closed\n");
}

TEST_CASE("Graphviz, whole") {
    CHECK(to_dot(*find_machine("preview")) ==
          "// machine preview, version 1, fingerprint 0x92de3bf0e73fee0a\n"
          "// Not drawn: events that a state ignores, refuses or answers with a fault; the JSON form has "
          "every pair.\n"
          "digraph preview {\n"
          "    rankdir=LR;\n"
          "    node [shape=box, style=rounded];\n"
          "    start [shape=point];\n"
          "    refused [peripheries=2];\n"
          "    expired [peripheries=2];\n"
          "    start -> requested [label=\"preview_requested\"];\n"
          "    requested -> created [label=\"preview_created\"];\n"
          "    requested -> refused [label=\"preview_refused\"];\n"
          "    created -> expired [label=\"preview_expired\"];\n"
          "}\n");
}

TEST_CASE("guards, actions, joined events and fault rules are drawn") {
    const auto order = to_mermaid(*find_machine("order"));
    const auto has = [&](const char* line) { return order.find(line) != std::string::npos; };
    CHECK(has("    [*] --> submitting : submit_intended / begin\n"));
    CHECK(has("    working --> filled : fill_reported [completes] / add_last_fill\n"));
    CHECK(has("    submitting --> rejected : submit_refused, broker_rejected / end_unplaced\n"));
    CHECK(has("    working --> unknown : fault / doubt_submit\n"));
    CHECK(has("    cancelled --> cancelled : fault / mark_contradicted\n"));
    CHECK(has("    not_placed --> [*]\n"));
}

TEST_CASE("JSON holds every pair, in a stable order") {
    for (const auto& machine : all_machines()) {
        const auto text = to_json(machine);
        CHECK(text == to_json(machine));
        const auto json = nlohmann::json::parse(text);
        CHECK(json["name"] == machine.name);
        CHECK(json["fingerprint"] == fingerprint_text(machine.fingerprint));
        CHECK(json["states"].size() == machine.states.size());
        CHECK(json["events"].size() == machine.events.size());
        REQUIRE(json["rows"].size() == machine.rows.size());
        for (const auto& row : json["rows"]) {
            CHECK(row.contains("from"));
            CHECK(row.contains("event"));
            CHECK(row.contains("to") == (row["outcome"] == "step" || row["outcome"] == "fault"));
            CHECK(row.contains("reason") == (row["outcome"] == "refuse"));
        }
    }
}
