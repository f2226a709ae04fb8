#pragma once

#include <vector>

#include "io/config/config.hpp"

namespace ibkr::io {

/// The rules between keys: gateway contract section 4 and interfaces for our own sections. Adds to `issues`.
void check_settings(const Settings& settings, const Environment& environment,
                    std::vector<ConfigIssue>& issues);

/// A secret variable that is set and long enough; otherwise why not. The value is never in the message.
[[nodiscard]] std::optional<std::string> secret_problem(const std::string& variable,
                                                        const Environment& environment);

}  // namespace ibkr::io
