#include "cli/commands/log_source.hpp"

#include <algorithm>

#include "cli/app.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;

events::Result<Inspection> inspect_configured(const App& app, std::string_view scope) {
    auto config = app.config();
    if (!config) return failure(config.error());
    if (std::find(config->scopes.begin(), config->scopes.end(), scope) == config->scopes.end())
        return failure(ErrorCode::auth_missing_scope, "this call needs the scope " + std::string(scope));
    return inspect(*config, app.environment());
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
