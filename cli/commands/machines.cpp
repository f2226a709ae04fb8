#include "cli/app.hpp"
#include "cli/command_list.hpp"
#include "cli/print/text.hpp"
#include "statemachines/machines/all.hpp"
#include "statemachines/table/print.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using statemachines::MachineDescription;

constexpr std::string_view formats = "mermaid|dot|json";

std::string machine_names() {
    std::string names;
    for (const MachineDescription& machine : statemachines::all_machines())
        names += (names.empty() ? "" : ", ") + std::string(machine.name);
    return names;
}

std::string drawn(std::span<const MachineDescription> machines, std::string_view format) {
    std::string text;
    for (const MachineDescription& machine : machines) {
        if (format != "json" && !text.empty()) text += "\n";
        if (format == "json" && !text.empty()) text += ",";
        std::string one = format == "dot"    ? statemachines::to_dot(machine)
                          : format == "json" ? statemachines::to_json(machine)
                                             : statemachines::to_mermaid(machine);
        if (format == "json" && !one.empty() && one.back() == '\n') one.pop_back();
        text += one;
    }
    if (format != "json") return text;
    return machines.size() == 1 ? text + "\n" : "[" + text + "]\n";
}

int run_machines(App& app, const Arguments& arguments) {
    const std::string format = app.wants_json() ? "json" : arguments.text("--format");
    if (format != "mermaid" && format != "dot" && format != "json")
        return app.refuse(failure(ErrorCode::config_invalid, "--format must be one of: mermaid, dot, json",
                                  "Give one of these.")
                              .value());
    if (!arguments.has("NAME")) {
        app.terminal().out(drawn(statemachines::all_machines(), format));
        return 0;
    }
    const std::string name = arguments.text("NAME");
    const MachineDescription* const machine = statemachines::find_machine(name);
    if (machine == nullptr)
        return app.refuse(failure(ErrorCode::config_invalid,
                                  "there is no machine '" + printable(name.substr(0, 40)) + "'",
                                  "The machines are: " + machine_names() + ".")
                              .value());
    app.terminal().out(drawn({machine, 1}, format));
    return 0;
}

}  // namespace

std::vector<Command> machine_commands() {
    return {{.path = "machines",
             .tool_name = {},
             .summary = "Print the state machines",
             .options = {{"NAME", OptionKind::text, "NAME", "only this machine"},
                         {"--format", OptionKind::choice, "", "form", false, "mermaid", formats}},
             .examples = {"ibkr-agent machines order", "ibkr-agent machines --format dot | dot -Tsvg"},
             .run = run_machines}};
}

}  // namespace ibkr::cli
