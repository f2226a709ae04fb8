#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "events/json/json_limits.hpp"
#include "events/result.hpp"

namespace ibkr::events {

/// Canonical text by RFC 8785 of the values our records use: objects with ASCII keys (sorted), arrays,
/// UTF-8 strings, integers within +-2^53 and booleans, at most `JsonLimits::own().depth_max` deep. Everything
/// else is an error, never a nearby form.
[[nodiscard]] Result<std::string, JsonError> canonical_json(const nlohmann::json& value);

/// Strict reading: duplicate keys, trailing bytes, invalid UTF-8 and whatever `limits` does not allow are
/// errors. Never yields a floating-point number.
[[nodiscard]] Result<nlohmann::json, JsonError> parse_json(std::string_view text,
                                                           const JsonLimits& limits = {});

/// The canonical form of a text; itself when it is canonical already. Builds no tree.
[[nodiscard]] Result<std::string, JsonError> canonicalize_json(std::string_view text,
                                                               const JsonLimits& limits = JsonLimits::own());

/// True when `text` is byte for byte its own canonical form.
[[nodiscard]] bool is_canonical_json(std::string_view text, const JsonLimits& limits = JsonLimits::own());

}  // namespace ibkr::events
