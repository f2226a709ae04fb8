#pragma once

#include <string>

#include "io/config/config.hpp"

namespace ibkr::io {

/// Hex SHA-256 of what of a configuration decides: broker, accounts, policies, approvals, enabled features
/// (design 5.2). Where the log lies, how it is kept, who may operate it and which scopes a caller has are not
/// part of it. Two processes with the same digest decide alike.
[[nodiscard]] std::string config_digest(const Config& config);

}  // namespace ibkr::io
