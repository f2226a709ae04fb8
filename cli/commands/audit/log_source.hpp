#pragma once

#include <string>
#include <string_view>

#include "cli/compose.hpp"
#include "events/crypto/secret.hpp"
#include "events/result.hpp"

namespace ibkr::cli {

class App;

inline constexpr std::string_view audit_scope = "ibkr:audit:read";

/// The log of the configured data directory for reading; beside an owner up to the head that it has
/// acknowledged (with --read-only nobody is asked). AUTH_MISSING_SCOPE when the configuration does not grant
/// `scope`; errors of the owner's greeting.
[[nodiscard]] events::Result<Inspection> inspect_configured(const App& app, std::string_view scope);

/// An audit secret of at least 32 bytes from an environment variable. CONFIG_INVALID when there is none.
[[nodiscard]] events::Result<events::Secret> secret_from(const App& app, const std::string& variable);

}  // namespace ibkr::cli
