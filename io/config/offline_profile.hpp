#pragma once

#include <string>

#include "io/config/config.hpp"

namespace ibkr::io {

inline constexpr std::string_view offline_secret_variable = "IBKR_AUDIT_HMAC_SECRET";
inline constexpr std::string_view offline_paper_account = "DU1234567";

/// The home of the offline profile: `$IBKR_AGENT_HOME`, else `$XDG_STATE_HOME/ibkr-agent`, else
/// `~/.local/state/ibkr-agent` (from `$HOME`). CONFIG_INVALID when none of them is set.
[[nodiscard]] events::Result<std::string> offline_home(const Environment& environment);

/// What runs without a configuration file (design section 8): simulated venue, all scopes, previews by
/// --enable-preview, paper orders of DU1234567 by --enable-paper, a risk policy with limits. Touches no file.
[[nodiscard]] Config offline_profile(const std::string& home);

/// Makes the home (mode 0700). CONFIG_INVALID when it is not ours or open to writes of others.
[[nodiscard]] events::Result<void> prepare_home(const std::string& home);

}  // namespace ibkr::io
