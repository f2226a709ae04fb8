#include <unistd.h>

#include "cli/app.hpp"
#include "cli/command_list.hpp"
#include "cli/commands/audit/log_source.hpp"
#include "cli/compose.hpp"
#include "cli/operator_secret.hpp"
#include "engine/gateway/gateway.hpp"
#include "engine/log_records.hpp"
#include "engine/ports/clock.hpp"
#include "events/json/json_text.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

constexpr std::string_view secret_option = "--new-secret-env";

std::string local_user() {
    return "local-user:" + std::to_string(::getuid());
}

/// What the rotation came to, for the answer.
struct Rotated {
    std::string old_key_id;
    std::string new_key_id;
    bool is_generated = false;
    std::string variable;  ///< that must hold the new secret from now on; empty when the key is generated
};

std::string payload_of(const Rotated& rotated) {
    std::string action;
    if (rotated.is_generated) {
        action =
            "Nothing is left to do: the file 'key' in the home directory holds the new key. Copies made "
            "before "
            "open under the former one, which 'key.former' holds until the next rotation.";
    } else {
        action = "From now on " + rotated.variable +
                 " must hold the new secret. Keep the old one for exports made before.";
    }
    std::string text = "{\"key\":";
    text += rotated.is_generated ? "\"stored on this machine\"" : "\"supplied\"";
    text += ",\"new_key_id\":\"" + rotated.new_key_id + "\",\"old_key_id\":\"" + rotated.old_key_id +
            "\",\"user_action\":";
    (void)events::append_json_string(text, action);
    return text + "}";
}

Result<events::Secret> new_secret_from(const App& app, const std::string& variable) {
    auto value = app.environment()(variable);
    if (!value || value->size() < events::audit_secret_bytes_min)
        return failure(ErrorCode::config_invalid,
                       "the variable given with --new-secret-env is not set or holds fewer than " +
                           std::to_string(events::audit_secret_bytes_min) + " bytes",
                       "Export it with the new secret; leave the variable of the present one as it is.");
    return events::Secret::take(*value);
}

Result<void> check_caller(App& app, const io::Config& config) {
    if (app.globals().read_only)
        return failure(ErrorCode::config_invalid, "a rotation writes and cannot run with --read-only",
                       "Rotate without --read-only.");
    auto operating = acts_as_operator(config, app.globals());
    if (!operating) return failure(operating.error());
    if (!*operating)
        return failure(ErrorCode::operator_required, "only an operator changes the log's key",
                       "Give the operator secret with --operator-secret-file.");
    return {};
}

/// The new secret is in `key.next` when it is generated, else in `supplied`.
Result<Rotated> rotate(const io::Config& config, const io::Environment& environment,
                       const events::Secret* supplied) {
    auto directory = open_unless_held(config, environment);
    if (!directory) return failure(directory.error());
    auto loaded = io::load_audit_key(config, environment, false);  // under the lock, and settled
    if (!loaded) return failure(loaded.error());
    io::AuditKey& key = *loaded;
    events::OwnedLog& log = directory->log;
    Rotated rotated;
    rotated.old_key_id = log.log->identity().key_id_hex();
    rotated.is_generated = supplied == nullptr;
    if (rotated.is_generated)
        if (auto put_down = io::put_down_next_key(config, key); !put_down) return failure(put_down.error());
    engine::SystemClock clock;
    engine::SystemIdSource ids;
    auto done = events::rotate_key(directory->lock, log, supplied != nullptr ? *supplied : *key.next,
                                   engine::log_record_maker(clock, ids, local_user()));
    if (!done) return failure(done.error());
    rotated.new_key_id = log.log->identity().key_id_hex();
    key.next_is_in_force = rotated.is_generated;
    if (auto settled = io::settle_key_files(config, key); !settled) return failure(settled.error());
    return rotated;
}

Result<Rotated> rotate_configured(App& app, const std::string& variable) {
    auto config = app.config();
    if (!config) return failure(config.error());
    if (auto checked = check_caller(app, *config); !checked) return failure(checked.error());
    auto key = io::load_audit_key(*config, app.environment(), false);
    if (!key) return failure(key.error());
    if (variable.empty()) {
        if (key->source == io::KeySource::key_file) return rotate(*config, app.environment(), nullptr);
        return failure(ErrorCode::config_invalid,
                       "the audit secret is supplied by a variable, so the new one must be, too",
                       "Name the variable that holds the new secret with --new-secret-env NAME.");
    }
    if (key->source == io::KeySource::key_file)
        return failure(ErrorCode::config_invalid,
                       "the key of this log is generated and kept in the file 'key'",
                       "Rotate without --new-secret-env. To supply the secret from now on, first export " +
                           config->hmac_secret_env + " with the content of 'key'.");
    auto supplied = new_secret_from(app, variable);
    if (!supplied) return failure(supplied.error());
    auto rotated = rotate(*config, app.environment(), &*supplied);
    if (rotated) rotated->variable = config->hmac_secret_env;
    return rotated;
}

int run_rotate(App& app, const Arguments& arguments) {
    const auto rotated = rotate_configured(app, arguments.text(secret_option));
    if (!rotated) return app.refuse(rotated.error());
    app.print_payload(payload_of(*rotated));
    return 0;
}

}  // namespace

std::vector<Command> rotate_key_commands() {
    return {{.path = "audit rotate-key",
             .tool_name = {},
             .summary = "Go on with the log under a new audit secret; operators only",
             .options = {{secret_option, OptionKind::text, "NAME",
                          "variable that holds the new secret, at least 32 bytes; without it a generated "
                          "key is replaced"}},
             .examples = {"ibkr-agent audit rotate-key --new-secret-env NEW_AUDIT_SECRET"},
             .run = run_rotate}};
}

}  // namespace ibkr::cli
