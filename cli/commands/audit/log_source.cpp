#include "cli/commands/audit/log_source.hpp"

#include <algorithm>

#include "cli/app.hpp"
#include "cli/engine_access.hpp"
#include "events/crypto/bytes.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;

namespace {

/// A call that owns the directory for its moment has no socket to ask; its anchor file is written after each
/// sync, and was read before the log.
void cut_to_anchor(Inspection& source) {
    for (const events::AnchorStanding& anchor : source.anchors())
        if (anchor.name == "file" && anchor.state == events::AnchorStanding::State::behind)
            source.acknowledged = std::make_unique<events::LogUpTo>(source.inspected.log(), anchor.head);
}

}  // namespace

events::Result<Inspection> inspect_configured(const App& app, std::string_view scope) {
    auto config = app.config();
    if (!config) return failure(config.error());
    if (std::find(config->scopes.begin(), config->scopes.end(), scope) == config->scopes.end())
        return failure(ErrorCode::auth_missing_scope, "this call needs the scope " + std::string(scope));
    // The other anchors are those of the live directory, not of a copy.
    const bool is_copy = app.globals().read_only;
    auto source =
        inspect(*config, app.environment(), is_copy ? events::StartOptions{} : start_options(*config));
    if (!source || is_copy) return source;
    // Asked after the log was opened: every anchor that was read is acknowledged by then.
    auto owner = running_owner(*config, io::deadline_in(reach_deadline_default));
    if (!owner) return failure(owner.error());
    if (!*owner) {
        cut_to_anchor(*source);
        return source;
    }
    source->owner_holds_it = (*owner)->owner().state == io::OwnerState::held;
    events::Head head{(*owner)->owner().head.sequence_id, {}};
    if (!events::from_hex((*owner)->owner().head.mac, head.mac))
        return failure(ErrorCode::engine_protocol_mismatch, "the engine names a head that is none");
    source->acknowledged = std::make_unique<events::LogUpTo>(source->inspected.log(), head);
    return source;
}

events::Result<events::Secret> secret_from(const App& app, const std::string& variable) {
    auto value = app.environment()(variable);
    if (!value || value->size() < events::audit_secret_bytes_min)
        return failure(ErrorCode::config_invalid,
                       "the variable given with --hmac-secret-env is not set or holds fewer than " +
                           std::to_string(events::audit_secret_bytes_min) + " bytes",
                       "Export it with the secret the log was written with.");
    return events::Secret::take(*value);
}

}  // namespace ibkr::cli
