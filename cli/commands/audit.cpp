#include "cli/app.hpp"
#include "cli/command_list.hpp"
#include "cli/commands/audit_commands.hpp"
#include "cli/commands/audit_follow.hpp"
#include "engine/payloads/audit_payloads.hpp"

namespace ibkr::cli {

engine::CallResult read_audit(App& app, const AuditRead& read) {
    if (!app.globals().read_only) return app.invoke(read.recorded);
    auto source = inspect_configured(app, audit_scope);
    if (!source) return tl::unexpected(engine::CallError{source.error(), {}});
    ProgressLine progress("audit", app.terminal().err_is_terminal());
    auto payload = read.from_copy(*source, [&](std::uint64_t done) { progress.count(done); });
    if (!payload) return tl::unexpected(engine::CallError{payload.error(), {}});
    return engine::Reply{std::move(*payload), {}, false};
}

namespace {

int run_tail(App& app, const Arguments& arguments) {
    const auto limit = static_cast<std::uint32_t>(arguments.integer("--limit"));
    const bool full = arguments.has("--full");
    const auto reply = read_audit(
        app,
        {engine::operation::AuditTail{limit, full}, [=](const Inspection& source, const events::Progress&) {
             return engine::audit_tail_payload(source.log.log(), source.log.keys(), limit, full);
         }});
    if (!reply) return app.refuse(reply.error());
    if (!arguments.has("--follow")) return app.answer(*reply);
    app.say_unrecorded(*reply);
    return follow_audit(app, reply->payload);
}

Command tail_command() {
    return {.path = "audit tail",
            .tool_name = "ibkr_audit",
            .summary = "Show the newest events, verified",
            .options = {{"--limit", OptionKind::integer, "N", "at most so many, 500 at most", false, "100",
                         "", 0, 4'294'967'295},
                        {"--full", OptionKind::flag, "", "verify the whole chain first"},
                        {"--follow", OptionKind::flag, "",
                         "then go on: one compact JSON a line, oldest first, until interrupted"}},
            .examples = {"ibkr-agent audit tail --limit 20", "ibkr-agent audit tail --follow"},
            .run = run_tail,
            .columns = {{"sequence", "sequence_id"},
                        {"time", "event.timestamp"},
                        {"event", "event.event_type"},
                        {"tool", "event.tool_name"},
                        {"decision", "event.decision"},
                        {"error", "event.error_code"},
                        {"user", "event.user_id"}},
            .list_member = "events",
            .empty_text = "no events"};
}

}  // namespace

std::vector<Command> audit_commands() {
    return {tail_command(), audit_export_command(), audit_verify_command(), audit_keys_command()};
}

}  // namespace ibkr::cli
