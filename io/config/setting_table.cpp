#include "io/config/setting_table.hpp"

#include <algorithm>

namespace ibkr::io {
namespace {

bool is_chosen_name(std::string_view text) {
    return !text.empty() && text.size() <= setting_name_bytes_max &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
           });
}

/// True when the first `segments.size()` segments of `pattern` fit.
bool fits(const std::vector<std::string_view>& segments, const std::vector<std::string_view>& pattern) {
    if (segments.size() > pattern.size()) return false;
    for (std::size_t i = 0; i < segments.size(); ++i)
        if (pattern[i] != "*" ? pattern[i] != segments[i] : !is_chosen_name(segments[i])) return false;
    return true;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

/// `pattern` cut to as many segments as `segments` has, with the operator's own names put in for `*`.
std::string candidate(const std::vector<std::string_view>& segments,
                      const std::vector<std::string_view>& pattern) {
    std::string text;
    for (std::size_t i = 0; i < std::min(segments.size(), pattern.size()); ++i) {
        if (i > 0) text += '.';
        text += pattern[i] == "*" && is_chosen_name(segments[i]) ? segments[i] : pattern[i];
    }
    return text;
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(separator, start), text.size());
        parts.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return parts;
}

const std::vector<SettingInfo>& setting_table() {
    static const std::vector<SettingInfo> table = [] {
        std::vector<SettingInfo> rows(gateway_settings().begin(), gateway_settings().end());
        rows.insert(rows.end(), trading_settings().begin(), trading_settings().end());
        return rows;
    }();
    return table;
}

const SettingInfo* find_setting(std::string_view key) {
    const auto segments = split(key, '.');
    for (const SettingInfo& row : setting_table()) {
        const auto pattern = split(row.key, '.');
        if (pattern.size() == segments.size() && fits(segments, pattern)) return &row;
    }
    return nullptr;
}

const RetiredSetting* find_retired(std::string_view key) {
    for (const RetiredSetting& row : retired_settings())
        if (row.key == key) return &row;
    return nullptr;
}

bool is_section(std::string_view key) {
    const auto segments = split(key, '.');
    return std::any_of(setting_table().begin(), setting_table().end(), [&](const SettingInfo& row) {
        const auto pattern = split(row.key, '.');
        return pattern.size() > segments.size() && fits(segments, pattern);
    });
}

std::string nearest_setting(std::string_view key) {
    const auto segments = split(key, '.');
    const std::string_view last = segments.back();
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, key.size() / 3) + 1;
    for (const SettingInfo& row : setting_table()) {
        const auto pattern = split(row.key, '.');
        const std::string near = candidate(segments, pattern);
        if (near.size() > 128 || key.size() > 256) continue;
        const std::size_t distance = edit_distance(key, near);
        if (distance < best_distance) {
            best_distance = distance;
            best = near;
        }
    }
    if (!best.empty()) return best;
    for (const SettingInfo& row : setting_table())  // the right word in the wrong section
        if (split(row.key, '.').back() == last) return std::string(row.key);
    return {};
}

std::string_view type_name(SettingType type) noexcept {
    switch (type) {
        case SettingType::boolean:
            return "true or false";
        case SettingType::integer:
            return "whole number";
        case SettingType::text:
            return "text";
        case SettingType::choice:
            return "word";
        case SettingType::decimal:
            return "decimal in quotes";
        case SettingType::url:
            return "URL";
        case SettingType::path:
            return "path";
        case SettingType::variable:
            return "environment variable name";
        case SettingType::text_list:
            return "list of texts";
        case SettingType::integer_list:
            return "list of whole numbers";
    }
    return "text";
}

}  // namespace ibkr::io
