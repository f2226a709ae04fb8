#include "cli/app.hpp"
#include "cli/commands/engine/engine_commands.hpp"
#include "cli/engine_access.hpp"
#include "cli/print/text.hpp"
#include "cli/resident.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

/// How long an engine waits for calls that own the directory for their moment.
constexpr std::chrono::milliseconds lock_wait{10'000};
constexpr std::chrono::milliseconds look_wait{2'000};

/// Another resident engine is told at once, not after the wait.
Result<events::OwnerLock> lock_for_resident(const App& app, const io::Config& config) {
    const auto deadline = io::deadline_in(lock_wait);
    for (;;) {
        auto lock = lock_directory(config, app.environment(), true, std::chrono::milliseconds{100});
        if (lock || lock.error().code != ErrorCode::engine_busy) return lock;
        auto owner = running_owner(config, io::deadline_in(look_wait));
        if (owner && *owner)
            return failure(ErrorCode::engine_busy,
                           "an engine runs already, as process " + std::to_string((*owner)->owner().pid),
                           "Look at it with 'ibkr-agent engine status'; stop it with SIGTERM.");
        if (!owner && owner.error().code != ErrorCode::engine_busy) return failure(owner.error());
        if (std::chrono::steady_clock::now() >= deadline) return lock;
    }
}

void say(App& app, const std::string& line) {
    app.terminal().err("ibkr-agent: " + printable(line) + "\n");
}

int run_engine(App& app, const Arguments& arguments) {
    if (app.globals().read_only)
        return app.refuse(failure(ErrorCode::config_invalid,
                                  "an engine writes and cannot run with --read-only",
                                  "Start it without --read-only.")
                              .value());
    auto config = app.config();
    if (!config) return app.refuse(config.error());
    auto lock = lock_for_resident(app, *config);
    if (!lock) return app.refuse(lock.error());
    StopSignal stop;
    Result<std::unique_ptr<Resident>> resident;
    {
        ProgressLine progress("engine run", app.terminal().err_is_terminal());
        OwnerOptions options;
        options.paused = arguments.has("--paused");
        resident = Resident::start(std::move(*config), app.environment(), options, std::move(*lock), stop,
                                   [&](events::SequenceId folded) { progress.count(folded.value()); });
    }
    if (!resident) return app.refuse(resident.error());
    for (const std::string& note : (*resident)->notes())
        say(app, note);
    app.terminal().out("READY socket=" + printable((*resident)->socket_path()) + "\n");
    if (auto ended = (*resident)->run(); !ended) return app.refuse(ended.error());
    say(app, "the engine has stopped; every call it took is answered");
    return 0;
}

}  // namespace

Command engine_run_command() {
    return {.path = "engine run",
            .tool_name = {},
            .summary = "Own the data directory: answer other processes, keep timers, watch working orders",
            .options = {{"--paused", OptionKind::flag, "",
                         "load, verify and reconcile, and send nothing to the broker"}},
            .examples = {"ibkr-agent engine run", "ibkr-agent engine run --paused"},
            .run = run_engine};
}

}  // namespace ibkr::cli
