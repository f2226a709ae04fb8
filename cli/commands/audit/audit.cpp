#include "cli/app.hpp"
#include "cli/command_list.hpp"
#include "cli/commands/audit/audit_commands.hpp"
#include "cli/commands/audit/audit_follow.hpp"
#include "engine/gateway/read_questions.hpp"
#include "engine/payloads/audit_payloads.hpp"
#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"

namespace ibkr::cli {

namespace {

events::Result<std::string> read_log(App& app, const AuditRead& read) {
    auto source = inspect_configured(app, audit_scope);
    if (!source) return events::failure(source.error());
    ProgressLine progress("audit", app.terminal().err_is_terminal());
    return read.from_reader(*source, [&](std::uint64_t done) { progress.count(done); });
}

/// The answer is shown only once the owner has recorded that it was given, or why it has not.
engine::CallResult read_beside_owner(App& app, const AuditRead& read) {
    auto payload = read_log(app, read);
    engine::operation::RecordAuditRead made;
    made.kind = read.kind;
    made.arguments = {read.arguments};
    if (payload)
        made.output_hash = events::hex(events::sha256(*payload));
    else
        made.failure = engine::ReportedError{payload.error()};
    auto recorded = app.invoke(made);
    if (!recorded) return recorded;
    if (!payload) return tl::unexpected(engine::CallError{payload.error(), recorded->audit_event_id});
    recorded->payload = std::move(*payload);
    return recorded;
}

}  // namespace

engine::CallResult read_audit(App& app, const AuditRead& read) {
    if (app.globals().read_only) {
        auto payload = read_log(app, read);
        if (!payload) return tl::unexpected(engine::CallError{payload.error(), {}});
        return engine::Reply{std::move(*payload), {}, false, {}};
    }
    const auto forwarded = app.is_forwarded();
    if (!forwarded) return tl::unexpected(engine::CallError{forwarded.error(), {}});
    return *forwarded ? read_beside_owner(app, read) : app.invoke(read.recorded);
}

namespace {

int run_tail(App& app, const Arguments& arguments) {
    const auto limit = static_cast<std::uint32_t>(arguments.integer("--limit"));
    const bool full = arguments.has("--full");
    const auto reply =
        read_audit(app, {engine::operation::AuditTail{limit, full},
                         [=](const Inspection& source, const events::Progress&) {
                             return engine::audit_tail_payload(source.log(), source.keys(), limit, full);
                         },
                         engine::AuditReadKind::tail, engine::audit_tail_arguments(limit, full)});
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
