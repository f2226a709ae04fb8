#include <fstream>

#include "cli/app.hpp"
#include "cli/command_list.hpp"
#include "cli/commands/audit_follow.hpp"
#include "cli/commands/log_source.hpp"
#include "cli/print/text.hpp"
#include "engine/gateway/gateway.hpp"
#include "engine/payloads/audit_payloads.hpp"
#include "events/json/json_text.hpp"
#include "events/log/export.hpp"
#include "events/log/files.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;

constexpr int chain_broken_exit_code = 2;
constexpr std::string_view export_text_member = "payload_jsonl";

/// From a copy when --read-only, else through the gateway, which records the call.
engine::CallResult read_audit(App& app, const Call& call,
                              const std::function<events::Result<std::string>(const Inspection&)>& read) {
    if (!app.globals().read_only) return app.invoke(call);
    auto source = inspect_configured(app, audit_scope);
    if (!source) return tl::unexpected(engine::CallError{source.error(), {}});
    const ProgressLine progress("audit", app.terminal().err_is_terminal());
    auto payload = read(*source);
    if (!payload) return tl::unexpected(engine::CallError{payload.error(), {}});
    return engine::Reply{std::move(*payload), {}, false};
}

int run_tail(App& app, const Arguments& arguments) {
    const auto limit = static_cast<std::uint32_t>(arguments.integer("--limit"));
    const bool full = arguments.has("--full");
    const auto reply = read_audit(
        app,
        [=](engine::Gateway& gateway, const engine::CallContext& context) {
            return gateway.audit_tail(context, limit, full);
        },
        [=](const Inspection& source) {
            return engine::audit_tail_payload(source.log.log(), source.log.keys(), limit, full);
        });
    if (!reply) return app.refuse(reply.error());
    return arguments.has("--follow") ? follow_audit(app, reply->payload) : app.answer(*reply);
}

std::optional<std::uint64_t> sequence(const Arguments& arguments, std::string_view name) {
    if (!arguments.has(name)) return std::nullopt;
    return static_cast<std::uint64_t>(arguments.integer(name));
}

/// Writes the export's text to a new file and says what it is.
int save_export(App& app, const std::string& path, const Value& payload) {
    const Value* const text = payload.find(export_text_member);
    if (text == nullptr)
        return app.refuse(failure(ErrorCode::output_unsafe, "the export holds no text").value());
    if (auto saved = events::write_new_file(path, "export file", text->text); !saved)
        return app.refuse(saved.error());
    const auto line = [&](std::string_view name) {
        const Value* const value = payload.at(name);
        return value == nullptr ? std::string("-") : cell_text(*value);
    };
    if (app.wants_json()) {
        std::string json = "{\"exported_count\":" + line("range.exported_count") + ",\"file_hash\":\"" +
                           line("file_hash") + "\",\"format\":\"jsonl\",\"output\":";
        std::string shown;
        (void)events::append_json_string(shown, printable(path));
        app.terminal().out(pretty_json(json + shown + "}"));
    } else {
        app.terminal().out("exported " + line("range.exported_count") + " events to " + printable(path) +
                           "\nsha256 " + line("file_hash") + "\n");
    }
    return 0;
}

int run_export(App& app, const Arguments& arguments) {
    const std::string output = arguments.text("--output");
    if (!output.empty() && events::path_exists(output))
        return app.refuse(failure(ErrorCode::config_invalid, "the file given with --output is there already",
                                  "Choose another name; nothing is overwritten.")
                              .value());
    engine::AuditExportRequest request;
    request.limit = static_cast<std::uint32_t>(arguments.integer("--limit"));
    request.from_sequence = sequence(arguments, "--from-sequence");
    request.to_sequence = sequence(arguments, "--to-sequence");
    const auto reply = read_audit(
        app,
        [=](engine::Gateway& gateway, const engine::CallContext& context) {
            return gateway.audit_export(context, request);
        },
        [=](const Inspection& source) {
            engine::SystemClock clock;
            engine::SystemIdSource ids;
            return engine::audit_export_payload(source.log.log(), source.log.keys(), request,
                                                ids.next_uuid(clock.now()), clock.now());
        });
    if (!reply) return app.refuse(reply.error());
    if (output.empty() && app.wants_json()) return app.answer(*reply);
    const auto payload = parse_value(reply->payload);
    const Value* const text = payload ? payload->find(export_text_member) : nullptr;
    if (text == nullptr)
        return app.refuse(failure(ErrorCode::output_unsafe, "the export cannot be shown").value());
    if (!output.empty()) return save_export(app, output, *payload);
    app.terminal().out(text->text);
    return 0;
}

/// The report on stdout, whatever it says; then the exit code it means.
int report(App& app, const std::string& payload) {
    app.print_payload(payload);
    const auto value = parse_value(payload);
    const Value* const valid = value ? value->find("chain_valid") : nullptr;
    if (valid != nullptr && valid->text == "true") return 0;
    app.terminal().err(std::string(to_string(ErrorCode::audit_chain_invalid)) +
                       ": the chain does not verify\nAction: " +
                       std::string(info(ErrorCode::audit_chain_invalid).user_action) + "\n");
    return chain_broken_exit_code;
}

int verify_file(App& app, const std::string& path, const std::string& variable) {
    if (variable.empty())
        return app.refuse(failure(ErrorCode::config_invalid, "--file needs --hmac-secret-env",
                                  "Name the environment variable that holds the log's audit secret.")
                              .value());
    auto secret = secret_from(app, variable);
    if (!secret) return app.refuse(secret.error());
    std::ifstream stream(path, std::ios::binary);
    if (!stream || !events::path_exists(path))
        return app.refuse(failure(ErrorCode::config_invalid, "the export file cannot be read",
                                  "Check the path given with --file.")
                              .value());
    ProgressLine progress("audit verify", app.terminal().err_is_terminal());
    auto checked = events::verify_export(stream, events::ring_from_secret(*secret),
                                         [&](std::uint64_t scanned) { progress.count(scanned); });
    if (!checked) return app.refuse(checked.error());
    return report(app, engine::verify_payload(*checked, checked->head, engine::key_supplied));
}

int run_verify(App& app, const Arguments& arguments) {
    if (arguments.has("--file"))
        return verify_file(app, arguments.text("--file"), arguments.text("--hmac-secret-env"));
    if (arguments.has("--hmac-secret-env"))
        return app.refuse(failure(ErrorCode::config_invalid, "--hmac-secret-env goes with --file",
                                  "The log itself is verified under its configured secret.")
                              .value());
    const auto reply = read_audit(
        app,
        [](engine::Gateway& gateway, const engine::CallContext& context) {
            return gateway.audit_verify(context);
        },
        [](const Inspection& source) -> events::Result<std::string> {
            const events::Head head = source.log.log().head();
            auto checked = events::verify_chain(source.log.log(), source.log.keys().ring());
            if (!checked) return failure(checked.error());
            const bool stored = source.key_source == io::KeySource::key_file;
            return engine::verify_payload(*checked, head, stored ? engine::key_stored : engine::key_supplied);
        });
    return reply ? report(app, reply->payload) : app.refuse(reply.error());
}

}  // namespace

std::vector<Command> audit_commands() {
    constexpr std::int64_t sequence_max = 9'007'199'254'740'991;
    return {{.path = "audit tail",
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
             .empty_text = "no events"},
            {.path = "audit export",
             .tool_name = "ibkr_audit",
             .summary = "Export events so that others can verify them",
             .options = {{"--limit", OptionKind::integer, "N", "the newest so many", false, "500", "", 1,
                          engine::audit_export_records_max},
                         {"--from-sequence", OptionKind::integer, "N", "from this event on", false, "", "", 1,
                          sequence_max},
                         {"--to-sequence", OptionKind::integer, "N", "up to this event", false, "", "", 1,
                          sequence_max},
                         {"--output", OptionKind::path, "FILE", "write to this new file"}},
             .examples = {"ibkr-agent audit export --limit 1000 --output events.jsonl",
                          "ibkr-agent audit export > events.jsonl"},
             .run = run_export},
            {.path = "audit verify",
             .tool_name = "ibkr_audit",
             .summary = "Verify the chain of the log, or of an export",
             .options = {{"--file", OptionKind::path, "EXPORT", "verify this export instead; opens no log"},
                         {"--hmac-secret-env", OptionKind::text, "NAME",
                          "variable that holds the audit secret for --file"}},
             .examples = {"ibkr-agent audit verify",
                          "ibkr-agent audit verify --file events.jsonl --hmac-secret-env AUDIT_SECRET"},
             .run = run_verify}};
}

}  // namespace ibkr::cli
