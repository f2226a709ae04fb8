#include <unistd.h>

#include "cli/app.hpp"
#include "cli/call_context.hpp"
#include "cli/commands/engine/engine_commands.hpp"
#include "cli/engine_access.hpp"
#include "cli/resident.hpp"
#include "engine/ports/clock.hpp"
#include "io/ipc/boottime.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;

constexpr std::chrono::milliseconds status_deadline{10'000};

/// Nobody answers on the socket: what the lock file says of the last owner, which may be at work for its
/// moment or be gone.
std::string not_running(const io::Config& config) {
    const events::OwnerHint hint = events::read_owner_hint(config.data_directory);
    return "{\"last_owner_pid\":" + (hint.pid > 0 ? std::to_string(hint.pid) : std::string("null")) +
           ",\"running\":false}";
}

io::ForwardedCall status_call() {
    engine::SystemClock clock;
    engine::SystemIdSource ids;
    io::ForwardedCall call;
    call.command_id = events::CommandId(ids.next_uuid(clock.now()));
    call.request_id = ids.next_uuid(clock.now());
    call.session_id = ids.next_uuid(clock.now());
    call.operation = engine_status_operation;
    call.arguments = {"{}"};
    call.answer_by_boottime_ms = io::boottime_ms_now() + status_deadline.count();
    return call;
}

int run_status(App& app, const Arguments&) {
    auto config = app.config();
    if (!config) return app.refuse(config.error());
    auto owner = running_owner(*config, io::deadline_in(status_deadline));
    if (!owner) return app.refuse(owner.error());
    if (!*owner) {
        app.print_payload(not_running(*config));
        return 0;
    }
    const auto answered = (*owner)->ask(status_call());
    if (!answered)
        return app.refuse(
            failure(ErrorCode::engine_busy,
                    "the engine (process " + std::to_string((*owner)->owner().pid) + ") does not answer",
                    "Look at that process; if it hangs, end it and start 'ibkr-agent engine run' "
                    "again.")
                .value());
    if (!*answered) return app.refuse(answered->error());
    app.print_payload((*answered)->payload);
    return 0;
}

}  // namespace

Command engine_status_command() {
    return {.path = "engine status",
            .tool_name = {},
            .summary = "Show whether a resident engine runs, and how it stands",
            .options = {},
            .examples = {"ibkr-agent engine status", "ibkr-agent engine status --json"},
            .run = run_status};
}

}  // namespace ibkr::cli
