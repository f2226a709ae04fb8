#include "io/config/settings.hpp"

#include <algorithm>

#include "io/config/setting_values.hpp"
#include "io/config/yaml_tree.hpp"

namespace ibkr::io {
namespace {

/// A key from the file as a message may show it.
std::string shown(std::string_view key) {
    std::string text;
    for (const char c : key.substr(0, 120))
        text += c > ' ' && c < '\x7f' ? c : '?';
    return text;
}

ConfigIssue unknown_key(const std::string& key, int line) {
    std::string message = "line " + std::to_string(line) + ": unknown key '" + shown(key) + "'";
    const std::string near = nearest_setting(key);
    if (!near.empty()) message += "; the nearest known key is '" + near + "'";
    return {events::ErrorCode::config_invalid, std::move(message)};
}

/// Two of the retired keys have a code of their own in the gateway contract.
ConfigIssue retired_key(const RetiredSetting& row, const YamlNode& node) {
    std::string message = "line " + std::to_string(node.line) + ": '" + std::string(row.key) +
                          "' is not a key here: " + std::string(row.why);
    message += row.use_instead.empty() ? "; remove it" : "; use '" + std::string(row.use_instead) + "'";
    events::ErrorCode code = events::ErrorCode::config_invalid;
    if (node.text == "true" && row.key == "safety.write_tools_enabled")
        code = events::ErrorCode::config_write_tools_forbidden;
    if (node.text == "true" && row.key == "safety.direct_broker_oauth_enabled")
        code = events::ErrorCode::config_remote_mcp_forbidden;
    return {code, std::move(message)};
}

}  // namespace

Settings Settings::read(const YamlNode& root, std::vector<ConfigIssue>& issues) {
    Settings settings;
    settings.read_map(root, "", issues);
    settings.fill_defaults();
    return settings;
}

void Settings::read_map(const YamlNode& map, const std::string& path, std::vector<ConfigIssue>& issues) {
    for (const YamlNode& child : map.children) {
        const std::string key = path.empty() ? child.key : path + "." + child.key;
        const bool simple = child.key.find('.') == std::string::npos;
        const RetiredSetting* const old = simple ? find_retired(key) : nullptr;
        const SettingInfo* const row = simple ? find_setting(key) : nullptr;
        if (old != nullptr) {
            issues.push_back(retired_key(*old, child));
        } else if (row != nullptr) {
            if (child.kind == YamlNode::Kind::null && row->default_text.empty()) continue;  // "key:" is unset
            auto value = read_value(*row, child);
            if (value)
                values_[key] = {std::move(*value), child.line};
            else
                issues.push_back({events::ErrorCode::config_invalid,
                                  "line " + std::to_string(child.line) + ": '" + key + "' " + value.error()});
        } else if (!simple || !is_section(key)) {
            issues.push_back(unknown_key(key, child.line));
        } else if (child.kind == YamlNode::Kind::map || child.kind == YamlNode::Kind::null) {
            sections_.push_back(key);
            read_map(child, key, issues);
        } else {
            issues.push_back(
                {events::ErrorCode::config_invalid,
                 "line " + std::to_string(child.line) + ": '" + key + "' is a section, not a value"});
        }
    }
}

void Settings::fill_defaults() {
    for (const SettingInfo& row : setting_table()) {
        const auto fallback = default_value(row);
        if (!fallback) continue;
        const std::size_t star = row.key.find(".*.");
        if (star == std::string_view::npos) {
            values_.try_emplace(std::string(row.key), Setting{*fallback, 0});
            continue;
        }
        const std::string_view section = row.key.substr(0, star);
        for (const std::string& name : names(section)) {
            std::string key(section);
            key.append(".").append(name).append(row.key.substr(star + 2));
            values_.try_emplace(std::move(key), Setting{*fallback, 0});
        }
    }
}

bool Settings::given(std::string_view key) const {
    const auto found = values_.find(key);
    return found != values_.end() && found->second.line > 0;
}

bool Settings::has(std::string_view key) const {
    return values_.find(key) != values_.end();
}

int Settings::line(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? 0 : found->second.line;
}

template <class T>
T Settings::value_or_empty(std::string_view key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) return T{};
    const T* const value = std::get_if<T>(&found->second.value);
    return value == nullptr ? T{} : *value;
}

bool Settings::boolean(std::string_view key) const {
    return value_or_empty<bool>(key);
}
std::int64_t Settings::integer(std::string_view key) const {
    return value_or_empty<std::int64_t>(key);
}
std::string Settings::text(std::string_view key) const {
    return value_or_empty<std::string>(key);
}
events::Decimal Settings::decimal(std::string_view key) const {
    return value_or_empty<events::Decimal>(key);
}
std::vector<std::string> Settings::texts(std::string_view key) const {
    return value_or_empty<std::vector<std::string>>(key);
}
std::vector<std::int64_t> Settings::integers(std::string_view key) const {
    return value_or_empty<std::vector<std::int64_t>>(key);
}

std::vector<std::string> Settings::names(std::string_view section) const {
    const std::string prefix = std::string(section) + ".";
    std::vector<std::string> found;
    for (const std::string& path : sections_) {
        if (!path.starts_with(prefix)) continue;
        const std::string name = path.substr(prefix.size(), path.find('.', prefix.size()) - prefix.size());
        if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(name);
    }
    return found;
}

std::string to_text(const SettingValue& value) {
    struct Printer {
        std::string operator()(bool v) const { return v ? "true" : "false"; }
        std::string operator()(std::int64_t v) const { return std::to_string(v); }
        std::string operator()(const std::string& v) const { return v; }
        std::string operator()(const events::Decimal& v) const { return v.to_string(); }
        std::string operator()(const std::vector<std::string>& v) const {
            std::string text;
            for (const auto& item : v)
                text += (text.empty() ? "" : ", ") + item;
            return "[" + text + "]";
        }
        std::string operator()(const std::vector<std::int64_t>& v) const {
            std::string text;
            for (const auto item : v)
                text += (text.empty() ? "" : ", ") + std::to_string(item);
            return "[" + text + "]";
        }
    };
    return std::visit(Printer{}, value);
}

}  // namespace ibkr::io
