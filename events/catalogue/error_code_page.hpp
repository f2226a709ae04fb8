#pragma once

#include <string>

namespace ibkr::events {

/// `docs/error-codes.md`: every stable code with its exit code, and the sub-codes inside refusals.
[[nodiscard]] std::string error_codes_markdown();

}  // namespace ibkr::events
