#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/result.hpp"
#include "events/values/decimal.hpp"
#include "io/config/setting_table.hpp"

namespace ibkr::io {

struct YamlNode;

using SettingValue = std::variant<bool, std::int64_t, std::string, events::Decimal, std::vector<std::string>,
                                  std::vector<std::int64_t>>;

struct Setting {
    SettingValue value;
    int line = 0;  ///< in the file; 0 for a default
};

/// One thing wrong with a configuration. Several are reported together.
struct ConfigIssue {
    events::ErrorCode code = events::ErrorCode::config_invalid;
    std::string message;
};

/// The values of a configuration by dotted key, of the right type and within the bounds of their row;
/// defaults filled in, also for every chosen name (`risk_policies.NAME`). Rules between keys are not checked
/// here.
class Settings {
public:
    /// Adds to `issues` whatever is unknown, retired, of the wrong type or out of bounds.
    [[nodiscard]] static Settings read(const YamlNode& root, std::vector<ConfigIssue>& issues);

    [[nodiscard]] bool given(std::string_view key) const;  ///< stands in the file
    [[nodiscard]] bool has(std::string_view key) const;    ///< given, or has a default
    [[nodiscard]] int line(std::string_view key) const;
    // Precondition of all below: the key's row has that type. Without a value: false, 0, empty.
    [[nodiscard]] bool boolean(std::string_view key) const;
    [[nodiscard]] std::int64_t integer(std::string_view key) const;
    [[nodiscard]] std::string text(std::string_view key) const;
    [[nodiscard]] events::Decimal decimal(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
    [[nodiscard]] std::vector<std::int64_t> integers(std::string_view key) const;
    /// The names chosen below a section such as `risk_policies`.
    [[nodiscard]] std::vector<std::string> names(std::string_view section) const;
    [[nodiscard]] const std::map<std::string, Setting, std::less<>>& all() const noexcept { return values_; }

private:
    void read_map(const YamlNode& map, const std::string& path, std::vector<ConfigIssue>& issues);
    void fill_defaults();
    template <class T>
    [[nodiscard]] T value_or_empty(std::string_view key) const;

    std::map<std::string, Setting, std::less<>> values_;
    std::vector<std::string> sections_;  ///< dotted maps that stand in the file
};

/// A value as the documentation and `config check` show it.
[[nodiscard]] std::string to_text(const SettingValue& value);

}  // namespace ibkr::io
