#include "io/config/setting_values.hpp"

#include <algorithm>
#include <charconv>

#include "io/config/yaml_tree.hpp"

namespace ibkr::io {
namespace {

using Read = events::Result<SettingValue, std::string>;

tl::unexpected<std::string> wrong(std::string text) {
    return tl::unexpected(std::move(text));
}

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte != 0x7f;
    });
}

Read read_boolean(const YamlNode& node) {
    if (!node.quoted && node.text == "true") return true;
    if (!node.quoted && node.text == "false") return false;
    return wrong("write true or false, without quotes");
}

events::Result<std::int64_t, std::string> whole_number(const SettingInfo& row, const YamlNode& node) {
    std::int64_t value = 0;
    const char* const end = node.text.data() + node.text.size();
    const auto [stop, failure] = std::from_chars(node.text.data(), end, value);
    if (node.quoted || node.text.empty() || stop != end || failure == std::errc::invalid_argument)
        return wrong("write a whole number, without quotes");
    if (failure == std::errc::result_out_of_range || value < row.minimum || value > row.maximum)
        return wrong("must be from " + std::to_string(row.minimum) + " to " + std::to_string(row.maximum));
    return value;
}

events::Result<std::string, std::string> plain_text(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::scalar || node.text.empty()) return wrong("must not be empty");
    if (node.text.size() > setting_text_bytes_max)
        return wrong("is longer than " + std::to_string(setting_text_bytes_max) + " bytes");
    if (!is_plain(node.text)) return wrong("holds control characters");
    return node.text;
}

events::Result<std::string, std::string> word(const SettingInfo& row, const YamlNode& node) {
    auto text = plain_text(node);
    if (!text || row.words.empty()) return text;
    const auto words = split(row.words, '|');
    if (std::find(words.begin(), words.end(), *text) != words.end()) return text;
    std::string list;
    for (const auto& allowed : words)
        list += (list.empty() ? "" : ", ") + std::string(allowed);
    return wrong("must be one of: " + list);
}

Read read_decimal(const YamlNode& node) {
    const auto value = events::Decimal::parse(node.text);
    if (!value) return wrong("write a decimal such as \"1000.50\"");
    if (!node.quoted) return wrong("write the decimal in quotes: \"" + node.text + "\"");
    if (!value->is_positive()) return wrong("must be above zero");
    return *value;
}

Read read_variable(const YamlNode& node) {
    const bool fits =
        !node.text.empty() && node.text.size() <= 128 &&
        std::all_of(node.text.begin(), node.text.end(),
                    [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }) &&
        (node.text.front() < '0' || node.text.front() > '9');
    if (!fits) return wrong("write the name of an environment variable, such as IBKR_AUDIT_HMAC_SECRET");
    return node.text;
}

template <class Item, class ReadItem>
Read read_list(const YamlNode& node, ReadItem read_item) {
    if (node.kind != YamlNode::Kind::list) return wrong("write a list, such as [a, b]");
    if (node.children.size() > setting_list_items_max)
        return wrong("has more than " + std::to_string(setting_list_items_max) + " entries");
    std::vector<Item> items;
    for (const YamlNode& child : node.children) {
        auto item = read_item(child);
        if (!item) return wrong("entry " + std::to_string(items.size() + 1) + " " + item.error());
        if (std::find(items.begin(), items.end(), *item) != items.end())
            return wrong("entry " + std::to_string(items.size() + 1) + " stands twice");
        items.push_back(std::move(*item));
    }
    return items;
}

Read to_value(events::Result<std::string, std::string> text) {
    if (!text) return wrong(std::move(text.error()));
    return std::move(*text);
}

Read read_url(const YamlNode& node) {
    auto text = plain_text(node);
    if (text && !url_host(*text)) return wrong("write a URL such as https://localhost:5000");
    return to_value(std::move(text));
}

}  // namespace

std::optional<std::string> url_host(std::string_view url) {
    const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
    if (scheme == 0 || url.find_first_of("@?#\\ ") != std::string_view::npos) return std::nullopt;
    std::string_view authority = url.substr(scheme, url.find('/', scheme) - scheme);
    if (authority.starts_with("[")) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos || close == 1) return std::nullopt;
        return std::string(authority.substr(1, close - 1));
    }
    authority = authority.substr(0, authority.find(':'));
    if (authority.empty()) return std::nullopt;
    return std::string(authority);
}

events::Result<SettingValue, std::string> read_value(const SettingInfo& row, const YamlNode& node) {
    const bool list = row.type == SettingType::text_list || row.type == SettingType::integer_list;
    if (!list && node.kind != YamlNode::Kind::scalar)
        return wrong("expects a " + std::string(type_name(row.type)));
    switch (row.type) {
        case SettingType::boolean:
            return read_boolean(node);
        case SettingType::integer: {
            auto value = whole_number(row, node);
            if (!value) return wrong(std::move(value.error()));
            return *value;
        }
        case SettingType::text:
        case SettingType::path:
            return to_value(plain_text(node));
        case SettingType::choice:
            return to_value(word(row, node));
        case SettingType::decimal:
            return read_decimal(node);
        case SettingType::url:
            return read_url(node);
        case SettingType::variable:
            return read_variable(node);
        case SettingType::text_list:
            return read_list<std::string>(node, [&](const YamlNode& item) { return word(row, item); });
        case SettingType::integer_list:
            return read_list<std::int64_t>(node,
                                           [&](const YamlNode& item) { return whole_number(row, item); });
    }
    return wrong("cannot be read");
}

std::optional<SettingValue> default_value(const SettingInfo& row) {
    if (row.type == SettingType::text_list) {
        std::vector<std::string> items;
        for (std::string_view item : split(row.default_text, ','))
            if (!item.empty()) items.emplace_back(item.substr(item.front() == ' ' ? 1 : 0));
        return items;
    }
    if (row.type == SettingType::integer_list) return std::vector<std::int64_t>{};
    if (row.default_text.empty()) return std::nullopt;
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.text = row.default_text;
    node.quoted = row.type == SettingType::decimal;
    auto value = read_value(row, node);
    if (!value) return std::nullopt;
    return std::move(*value);
}

}  // namespace ibkr::io
