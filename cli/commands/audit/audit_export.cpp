#include "cli/commands/audit/audit_commands.hpp"
#include "cli/commands/audit/export_file.hpp"
#include "cli/print/text.hpp"
#include "engine/gateway/read_questions.hpp"
#include "engine/payloads/audit_payloads.hpp"
#include "engine/ports/clock.hpp"
#include "events/json/json_text.hpp"
#include "events/log/directory/files.hpp"
#include "events/log/export/export.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

constexpr std::string_view export_text_member = "payload_jsonl";

std::optional<std::uint64_t> sequence(const Arguments& arguments, std::string_view name) {
    if (!arguments.has(name)) return std::nullopt;
    return static_cast<std::uint64_t>(arguments.integer(name));
}

engine::AuditExportRequest request_of(const Arguments& arguments) {
    engine::AuditExportRequest request;
    request.limit = static_cast<std::uint32_t>(arguments.integer("--limit"));
    request.from_sequence = sequence(arguments, "--from-sequence");
    request.to_sequence = sequence(arguments, "--to-sequence");
    return request;
}

/// Says what was written to the file.
int say_written(App& app, const std::string& path, const std::string& count, const std::string& sha256) {
    if (app.wants_json()) {
        std::string shown;
        (void)events::append_json_string(shown, printable(path));
        app.terminal().out(pretty_json("{\"exported_count\":" + count + ",\"file_hash\":\"" + sha256 +
                                       "\",\"format\":\"jsonl\",\"output\":" + shown + "}"));
    } else {
        app.terminal().out("exported " + count + " events to " + printable(path) + "\nsha256 " + sha256 +
                           "\n");
    }
    return 0;
}

/// Writes the text of an answer to a new file.
int save_text(App& app, const std::string& path, const Value& payload, const std::string& text) {
    if (auto saved = events::write_new_file(path, "export file", text); !saved)
        return app.refuse(saved.error());
    const auto line = [&](std::string_view name) {
        const Value* const value = payload.at(name);
        return value == nullptr ? std::string("-") : cell_text(*value);
    };
    return say_written(app, path, line("range.exported_count"), line("file_hash"));
}

/// From a copy straight to the file: neither the range nor the file is limited then, and memory stays flat.
int stream_to_file(App& app, const std::string& path, const engine::AuditExportRequest& request) {
    auto source = inspect_configured(app, audit_scope);
    if (!source) return app.refuse(source.error());
    const events::LogReader& log = source->log();
    auto range = engine::audit_export_range(log, request);
    if (!range) return app.refuse(range.error());
    auto file = ExportFile::create(path);
    if (!file) return app.refuse(file.error());
    ProgressLine progress("audit export", app.terminal().err_is_terminal());
    auto written = events::write_export(
        log, source->keys(), *range, [&](std::string_view piece) { return file->write(piece); },
        [&](std::uint64_t done) { progress.count(done); });
    if (!written) return app.refuse(written.error());
    auto sha256 = file->finish();
    if (!sha256) return app.refuse(sha256.error());
    const std::uint64_t count = engine::records_between(log.gaps(), written->from, written->to);
    return say_written(app, path, std::to_string(count), *sha256);
}

engine::CallResult read_export(App& app, const engine::AuditExportRequest& request) {
    return read_audit(app, {engine::operation::AuditExport{request},
                            [=](const Inspection& source, const events::Progress& progress) {
                                engine::SystemClock clock;
                                engine::SystemIdSource ids;
                                return engine::audit_export_payload(source.log(), source.keys(), request,
                                                                    ids.next_uuid(clock.now()), clock.now(),
                                                                    progress);
                            },
                            engine::AuditReadKind::export_range, engine::audit_export_arguments(request)});
}

int run_export(App& app, const Arguments& arguments) {
    const std::string output = arguments.text("--output");
    if (!output.empty() && events::path_exists(output))
        return app.refuse(failure(ErrorCode::config_invalid, "the file given with --output is there already",
                                  "Choose another name; nothing is overwritten.")
                              .value());
    const engine::AuditExportRequest request = request_of(arguments);
    if (!output.empty() && app.globals().read_only) return stream_to_file(app, output, request);
    const auto reply = read_export(app, request);
    if (!reply) return app.refuse(reply.error());
    if (output.empty() && app.wants_json()) return app.answer(*reply);
    const auto payload = parse_value(reply->payload);
    const Value* const text = payload ? payload->find(export_text_member) : nullptr;
    if (text == nullptr)
        return app.refuse(failure(ErrorCode::output_unsafe, "the export cannot be shown").value());
    app.say_unrecorded(*reply);
    if (!output.empty()) return save_text(app, output, *payload, text->text);
    app.terminal().out(text->text);
    return 0;
}

}  // namespace

Command audit_export_command() {
    constexpr std::int64_t sequence_max = 9'007'199'254'740'991;
    return {.path = "audit export",
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
            .run = run_export};
}

}  // namespace ibkr::cli
