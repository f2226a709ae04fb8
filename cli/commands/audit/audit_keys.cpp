#include "cli/commands/audit/audit_commands.hpp"
#include "cli/operator_secret.hpp"
#include "cli/print/text.hpp"
#include "events/json/json_text.hpp"
#include "events/log/directory/files.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

constexpr std::string_view warning =
    "Whoever holds a chain key can forge records of its epoch as well as verify them: give this file to "
    "auditors only.";

std::string payload_of(const events::KeyRing& ring, const std::string& path) {
    std::string key_ids;
    for (const events::EpochKey& name : ring.names())
        key_ids += (key_ids.empty() ? "\"" : ",\"") + events::hex(name.key_id) + "\"";
    std::string text =
        "{\"key_ids\":[" + key_ids + "],\"log_id\":\"" + events::hex(ring.log_id()) + "\",\"output\":";
    (void)events::append_json_string(text, printable(path));
    text += ",\"warning\":";
    (void)events::append_json_string(text, warning);
    return text + "}";
}

Result<std::string> export_keys(App& app, const std::string& path) {
    auto config = app.config();
    if (!config) return failure(config.error());
    auto operating = acts_as_operator(*config, app.globals());
    if (!operating) return failure(operating.error());
    if (!*operating)
        return failure(ErrorCode::operator_required, "only an operator exports chain keys",
                       "Give the operator secret with --operator-secret-file.");
    if (events::path_exists(path))
        return failure(ErrorCode::config_invalid, "the file given with --output is there already",
                       "Choose another name; nothing is overwritten.");
    auto source = inspect_configured(app, audit_scope);
    if (!source) return failure(source.error());
    const events::KeyRing& ring = source->keys().ring();
    std::string text = ring.file_text();
    const events::Secret content = events::Secret::take(text);
    if (auto saved = events::write_new_file(path, "key ring file", events::text_of(content.bytes())); !saved)
        return failure(saved.error());
    return payload_of(ring, path);
}

int run_keys_export(App& app, const Arguments& arguments) {
    auto payload = export_keys(app, arguments.text("--output"));
    if (!payload) return app.refuse(payload.error());
    app.print_payload(*payload);
    return 0;
}

}  // namespace

Command audit_keys_command() {
    return {.path = "audit keys export",
            .tool_name = {},
            .summary = "Write the log's chain keys to a file, for auditors to verify with; operators only",
            .options = {{"--output", OptionKind::path, "FILE", "write to this new file", true}},
            .examples = {"ibkr-agent audit keys export --output chain-keys.json",
                         "ibkr-agent audit verify --file events.jsonl --keyring chain-keys.json"},
            .run = run_keys_export};
}

}  // namespace ibkr::cli
