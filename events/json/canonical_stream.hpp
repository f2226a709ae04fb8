#pragma once

#include <string>

#include "events/json/json_reader.hpp"

namespace ibkr::events {

/// Reads the next value, whatever its shape, and appends its canonical form. False on an error, which the
/// reader keeps; `out` then holds a part.
[[nodiscard]] bool append_canonical_value(JsonReader& reader, std::string& out);

}  // namespace ibkr::events
