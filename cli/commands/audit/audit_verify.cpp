#include <algorithm>
#include <fstream>

#include "cli/commands/audit/audit_commands.hpp"
#include "cli/commands/audit/key_options.hpp"
#include "cli/print/text.hpp"
#include "engine/gateway/read_questions.hpp"
#include "engine/payloads/audit_payloads.hpp"
#include "events/log/export/export.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

constexpr std::size_t shown_bytes_max = 200;

/// Nothing is broken, but some keys are missing: which ones, or the first of them. Else empty.
std::string missing_keys(const Value& report) {
    const Value* const ranges = report.find("not_verified");
    if (ranges == nullptr || report.find("first_break_at_sequence") != nullptr) return {};
    std::string key_ids;
    for (const Value& range : ranges->items) {
        const Value* const key_id = range.find("key_id");
        if (key_id == nullptr || key_ids.find(key_id->text) != std::string::npos) continue;
        if (key_ids.size() > shown_bytes_max) return key_ids + ", ...";
        key_ids += (key_ids.empty() ? "" : ", ") + key_id->text;
    }
    return key_ids;
}

/// The report on stdout, whatever it says; then the exit code it means. `user_action` of a broken chain,
/// where that of its error code does not fit.
int report(App& app, const std::string& payload,
           std::string_view user_action = info(ErrorCode::audit_chain_invalid).user_action) {
    app.print_payload(payload);
    const auto value = parse_value(payload);
    const Value* const valid = value ? value->find("chain_valid") : nullptr;
    if (valid != nullptr && valid->text == "true") return 0;
    if (const std::string key_ids = value ? missing_keys(*value) : std::string(); !key_ids.empty())
        return app.refuse(
            failure(ErrorCode::log_key_mismatch, "records under key " + key_ids + " are not verified",
                    "Supply the audit secret of each key id with --hmac-secret-env KEYID=NAME, or a key "
                    "ring with --keyring FILE.")
                .value());
    return app.refuse(
        failure(ErrorCode::audit_chain_invalid, "the chain does not verify", std::string(user_action))
            .value());
}

int verify_file(App& app, const std::string& path, const Arguments& arguments) {
    auto keys = SuppliedKeys::read(app, arguments);
    if (!keys) return app.refuse(keys.error());
    if (keys->empty())
        return app.refuse(failure(ErrorCode::config_invalid, "--file needs --hmac-secret-env or --keyring",
                                  "Name the environment variable that holds the log's audit secret, or a "
                                  "file from 'audit keys export'.")
                              .value());
    if (auto readable = events::check_export_path(path); !readable) return app.refuse(readable.error());
    std::ifstream stream(path, std::ios::binary);
    std::optional<ProgressLine> progress(std::in_place, "audit verify", app.terminal().err_is_terminal());
    auto checked = events::verify_export(stream, keys->lookup(),
                                         [&](std::uint64_t scanned) { progress->count(scanned); });
    progress.reset();
    if (!checked) return app.refuse(checked.error());
    std::string user_action(events::broken_export_action);
    if (auto unchanged = events::check_export_form(path); !unchanged) {
        checked->reason = unchanged.error().message;
        user_action = unchanged.error().user_action;
    }
    const events::Head head = checked->head;
    return report(app, engine::verify_payload(std::move(*checked), head, engine::key_supplied), user_action);
}

Result<std::string> verify_copy(const Inspection& source, const events::Progress& progress) {
    const events::LogReader& log = source.log();
    auto checked = events::verify_chain(log, source.keys().ring(), {.progress = progress});
    if (!checked) return failure(checked.error());
    const bool stored = source.key_source == io::KeySource::key_file;
    return engine::verify_payload(std::move(*checked), log.head(),
                                  stored ? engine::key_stored : engine::key_supplied, source.anchors());
}

int run_verify(App& app, const Arguments& arguments) {
    if (arguments.has("--file")) return verify_file(app, arguments.text("--file"), arguments);
    for (const Option& option : key_options())
        if (arguments.has(option.name))
            return app.refuse(failure(ErrorCode::config_invalid,
                                      std::string(option.name) + " goes with --file",
                                      "The log itself is verified under its own keys.")
                                  .value());
    const auto reply = read_audit(app, {engine::operation::AuditVerify{}, verify_copy,
                                        engine::AuditReadKind::verify, engine::audit_verify_arguments()});
    if (!reply) return app.refuse(reply.error());
    const int exit_code = report(app, reply->payload);
    // With --json the error object is all there is on stderr.
    if (exit_code == 0 || !app.wants_json()) app.say_unrecorded(*reply);
    return exit_code;
}

}  // namespace

Command audit_verify_command() {
    std::vector<Option> options{
        {"--file", OptionKind::path, "EXPORT", "verify this export instead; opens no log"}};
    std::ranges::move(key_options(), std::back_inserter(options));
    return {.path = "audit verify",
            .tool_name = "ibkr_audit",
            .summary = "Verify the chain of the log, or of an export",
            .options = std::move(options),
            .examples = {"ibkr-agent audit verify",
                         "ibkr-agent audit verify --file events.jsonl --hmac-secret-env AUDIT_SECRET",
                         "ibkr-agent audit verify --file events.jsonl --keyring chain-keys.json"},
            .run = run_verify};
}

}  // namespace ibkr::cli
