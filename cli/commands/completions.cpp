#include "cli/completions.hpp"

#include "cli/app.hpp"
#include "cli/command_list.hpp"

namespace ibkr::cli {
namespace {

int run_completions(App& app, const Arguments& arguments) {
    const auto script = completion_script(arguments.text("SHELL"));
    if (!script)
        return app.refuse(events::failure(events::ErrorCode::config_invalid,
                                          "completions are made for bash, zsh and fish", "Give one of these.")
                              .value());
    app.terminal().out(*script);
    return 0;
}

}  // namespace

std::vector<Command> completion_commands() {
    return {{.path = "completions",
             .tool_name = {},
             .summary = "Print a shell's completion script",
             .options = {{"SHELL", OptionKind::choice, "", "shell", true, "", "bash|zsh|fish"}},
             .examples = {"source <(ibkr-agent completions bash)",
                          "ibkr-agent completions fish > ~/.config/fish/completions/ibkr-agent.fish"},
             .run = run_completions}};
}

}  // namespace ibkr::cli
