#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/config/settings.hpp"

namespace ibkr::io {

struct YamlNode;

/// The value of one node under its row; the error says what is wrong, without key and line.
[[nodiscard]] events::Result<SettingValue, std::string> read_value(const SettingInfo& row,
                                                                   const YamlNode& node);
/// A row's default; nullopt when it has none.
[[nodiscard]] std::optional<SettingValue> default_value(const SettingInfo& row);

/// Host of an http or https URL without user, query or fragment; nullopt for anything else.
[[nodiscard]] std::optional<std::string> url_host(std::string_view url);

}  // namespace ibkr::io
