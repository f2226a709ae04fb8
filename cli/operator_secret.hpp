#pragma once

#include "cli/command.hpp"
#include "io/config/config.hpp"

namespace ibkr::cli {

/// Whether this caller acts as an operator (design 5.3). In the offline profile the local user does; under a
/// configuration only who gives the operator secret, whose hex SHA-256 stands in operators.secret_file: the
/// uid that owns the engine proves nothing. Without --operator-secret-file: false. OPERATOR_REQUIRED when a
/// secret was given and is wrong, or cannot be checked.
[[nodiscard]] events::Result<bool> acts_as_operator(const io::Config& config, const Globals& globals);

}  // namespace ibkr::cli
