#pragma once

#include <string>

#include "io/config/audit_key.hpp"

namespace ibkr::io {

/// `docs/configuration.md`, from the table of keys.
[[nodiscard]] std::string configuration_markdown();

/// What `config check` answers: canonical JSON {valid, profile, data_directory, settings[{key, value,
/// source}], secrets[{name, source, state}], notes[]}. Values of secrets never appear.
[[nodiscard]] std::string config_report(const Config& config, const Environment& environment);

}  // namespace ibkr::io
