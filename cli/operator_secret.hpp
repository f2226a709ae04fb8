#pragma once

#include <string>

#include "cli/command.hpp"
#include "io/config/config.hpp"

namespace ibkr::cli {

/// The operator secret this caller gives: from the file of --operator-secret-file, or typed at the terminal
/// with "-". Empty without that option, and in the offline profile, which needs none. OPERATOR_REQUIRED when
/// it cannot be had.
[[nodiscard]] events::Result<std::string> operator_secret(const io::Config& config, const Globals& globals);

/// Whether this caller acts as an operator when its process owns the data directory (`io::is_operator`).
[[nodiscard]] events::Result<bool> acts_as_operator(const io::Config& config, const Globals& globals);

}  // namespace ibkr::cli
