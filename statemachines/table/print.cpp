#include "statemachines/table/print.hpp"

#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ibkr::statemachines {

namespace {

/// One arrow: the events that lead the same way under the same guard and action share it.
struct Edge {
    std::string_view from, to, guard, action;
    std::string events;
};

std::vector<Edge> edges_of(const MachineDescription& machine) {
    std::vector<Edge> edges;
    for (const auto& row : machine.rows) {
        if (row.outcome != RowOutcome::step) continue;
        bool joined = false;
        for (auto& edge : edges) {
            if (edge.from != row.from || edge.to != row.to || edge.guard != row.guard ||
                edge.action != row.action)
                continue;
            edge.events += ", ";
            edge.events += row.event;
            joined = true;
            break;
        }
        if (!joined) edges.push_back({row.from, row.to, row.guard, row.action, std::string(row.event)});
    }
    return edges;
}

std::string label(std::string_view events, std::string_view guard, std::string_view action) {
    std::string text(events);
    if (!guard.empty()) text += fmt::format(" [{}]", guard);
    if (!action.empty()) text += fmt::format(" / {}", action);
    return text;
}

/// States whose fault rule is worth an arrow: it leads away or changes the data.
bool draws_fault(const StateDescription& state) {
    return state.fault_to != state.name || !state.fault_action.empty();
}

constexpr std::string_view not_drawn =
    "Not drawn: events that a state ignores, refuses or answers with a fault; the JSON form has every pair.";

}  // namespace

std::string fingerprint_text(std::uint64_t fingerprint) {
    return fmt::format("0x{:016x}", fingerprint);
}

std::string to_mermaid(const MachineDescription& machine) {
    std::string text =
        fmt::format("stateDiagram-v2\n    %% machine {}, version {}, fingerprint {}\n    %% {}\n",
                    machine.name, machine.version, fingerprint_text(machine.fingerprint), not_drawn);
    if (!machine.initial.empty()) text += fmt::format("    [*] --> {}\n", machine.initial);
    for (const auto& edge : edges_of(machine))
        text += fmt::format("    {} --> {} : {}\n", edge.from.empty() ? "[*]" : edge.from, edge.to,
                            label(edge.events, edge.guard, edge.action));
    for (const auto& state : machine.states)
        if (draws_fault(state))
            text += fmt::format("    {} --> {} : {}\n", state.name, state.fault_to,
                                label("fault", {}, state.fault_action));
    for (const auto& state : machine.states)
        if (state.terminal) text += fmt::format("    {} --> [*]\n", state.name);
    return text;
}

std::string to_dot(const MachineDescription& machine) {
    std::string text =
        fmt::format("// machine {}, version {}, fingerprint {}\n// {}\ndigraph {} {{\n", machine.name,
                    machine.version, fingerprint_text(machine.fingerprint), not_drawn, machine.name);
    text += "    rankdir=LR;\n    node [shape=box, style=rounded];\n    start [shape=point];\n";
    for (const auto& state : machine.states)
        if (state.terminal) text += fmt::format("    {} [peripheries=2];\n", state.name);
    if (!machine.initial.empty()) text += fmt::format("    start -> {};\n", machine.initial);
    for (const auto& edge : edges_of(machine))
        text += fmt::format("    {} -> {} [label=\"{}\"];\n", edge.from.empty() ? "start" : edge.from,
                            edge.to, label(edge.events, edge.guard, edge.action));
    for (const auto& state : machine.states)
        if (draws_fault(state))
            text += fmt::format("    {} -> {} [style=dashed, label=\"{}\"];\n", state.name, state.fault_to,
                                label("fault", {}, state.fault_action));
    return text + "}\n";
}

std::string to_json(const MachineDescription& machine) {
    using Json = nlohmann::ordered_json;
    Json json{{"name", machine.name},
              {"version", machine.version},
              {"fingerprint", fingerprint_text(machine.fingerprint)}};
    if (!machine.initial.empty()) json["initial"] = machine.initial;
    Json& states = json["states"] = Json::array();
    for (const auto& state : machine.states) {
        Json fault{{"to", state.fault_to}};
        if (!state.fault_action.empty()) fault["action"] = state.fault_action;
        states.push_back(
            {{"name", state.name}, {"terminal", state.terminal}, {"on_fault", std::move(fault)}});
    }
    Json& events = json["events"] = Json::array();
    for (const auto& event : machine.events)
        events.push_back({{"number", event.number}, {"name", event.name}});
    Json& rows = json["rows"] = Json::array();
    for (const auto& row : machine.rows) {
        Json entry{{"from", row.from.empty() ? std::string_view("start") : row.from}, {"event", row.event}};
        if (!row.guard.empty()) entry["guard"] = row.guard;
        entry["outcome"] = to_string(row.outcome);
        if (!row.action.empty()) entry["action"] = row.action;
        if (!row.to.empty()) entry["to"] = row.to;
        if (!row.reason.empty()) entry["reason"] = row.reason;
        rows.push_back(std::move(entry));
    }
    return json.dump(2) + "\n";
}

}  // namespace ibkr::statemachines
