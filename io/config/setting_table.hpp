#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ibkr::io {

enum class SettingType : std::uint8_t {
    boolean,       ///< true or false
    integer,       ///< whole number within minimum and maximum
    text,          ///< at most `setting_text_bytes_max` bytes
    choice,        ///< one of `words`
    decimal,       ///< exact decimal above zero, written in quotes
    url,           ///< http:// or https:// with a host, without user, query or fragment
    path,          ///< relative ones start at the folder of the configuration file
    variable,      ///< name of an environment variable
    text_list,     ///< list of texts; of `words` when there are some
    integer_list,  ///< list of whole numbers within minimum and maximum
};

/// One key of the configuration: what validates it and what documents it.
/// Invariants: 1. `key` is dotted; a segment `*` stands for a name the operator chooses. 2. `default_text` is
/// written as in YAML (lists as "a, b"); empty means that the key has no default. 3. Bounds are inclusive.
struct SettingInfo {
    std::string_view key;
    SettingType type = SettingType::text;
    std::string_view default_text;
    std::int64_t minimum = 0;
    std::int64_t maximum = 0;
    std::string_view words;    ///< allowed words, separated by '|'
    std::string_view meaning;  ///< one line for docs/configuration.md, with rules that the rest cannot say
};

/// A key that older configurations know and that means something else, or nothing, here.
struct RetiredSetting {
    std::string_view key;
    std::string_view use_instead;  ///< the new key; empty when there is none
    std::string_view why;
};

inline constexpr std::size_t setting_text_bytes_max = 1024;
inline constexpr std::size_t setting_list_items_max = 1000;
inline constexpr std::size_t setting_name_bytes_max = 64;  ///< a segment that stands for `*`

/// In the order in which they are documented.
[[nodiscard]] const std::vector<SettingInfo>& setting_table();
[[nodiscard]] std::span<const RetiredSetting> retired_settings() noexcept;

/// The row a dotted key belongs to; a name of [A-Za-z0-9_-] fits `*`.
[[nodiscard]] const SettingInfo* find_setting(std::string_view key);
[[nodiscard]] const RetiredSetting* find_retired(std::string_view key);
/// True when `key` is a section: some row starts with it and a dot.
[[nodiscard]] bool is_section(std::string_view key);
/// The known key or section most like `key`; empty when nothing is near.
[[nodiscard]] std::string nearest_setting(std::string_view key);

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string_view type_name(SettingType type) noexcept;

// The two halves of the table.
[[nodiscard]] std::span<const SettingInfo> gateway_settings() noexcept;
[[nodiscard]] std::span<const SettingInfo> trading_settings() noexcept;

}  // namespace ibkr::io
