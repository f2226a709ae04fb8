#include "cli/print/table.hpp"

#include <algorithm>

#include "cli/print/text.hpp"

namespace ibkr::cli {
namespace {

constexpr std::string_view gap = "  ";

bool is_number(std::string_view text) {
    bool digit = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c >= '0' && c <= '9')
            digit = true;
        else if (!(c == '.' && digit) && !(c == '-' && i == 0))
            return false;
    }
    return digit;
}

/// "199.55" or "199.55 USD".
bool is_amount(std::string_view text) {
    if (text.size() > 4 && text[text.size() - 4] == ' ' &&
        std::all_of(text.end() - 3, text.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
        text.remove_suffix(4);
    return is_number(text);
}

std::string titled(std::string_view member) {
    std::string text(member);
    std::replace(text.begin(), text.end(), '_', ' ');
    return printable(text);
}

std::string padded(const std::string& text, std::size_t width, bool right) {
    const std::size_t used = display_width(text);
    const std::string space(width > used ? width - used : 0, ' ');
    return right ? space + text : text + space;
}

std::string without_trailing_space(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

struct PrintedColumn {
    std::string title;
    std::vector<std::string> cells;
    std::size_t width = 0;
    bool right = false;
};

PrintedColumn printed(const std::vector<Value>& items, std::string_view title, std::string_view path) {
    PrintedColumn column{std::string(title), {}, display_width(title), true};
    bool any = false;
    for (const Value& item : items) {
        const Value* const value = item.at(path);
        column.cells.push_back(value == nullptr ? "" : cell_text(*value));
        const std::string& cell = column.cells.back();
        column.width = std::max(column.width, display_width(cell));
        if (cell.empty() || cell == "-") continue;
        any = true;
        if (!is_amount(cell)) column.right = false;
    }
    if (!any) column.cells.clear();
    return column;
}

std::vector<PrintedColumn> printed_columns(const std::vector<Value>& items,
                                           const std::vector<Column>& columns) {
    std::vector<PrintedColumn> all;
    all.reserve(columns.size());
    for (const Column& column : columns)
        all.push_back(printed(items, column.title, column.path));
    if (columns.empty() && !items.empty())
        for (const auto& [name, member] : items.front().members)
            if (member.kind != Value::Kind::list) all.push_back(printed(items, titled(name), name));
    std::erase_if(all, [](const PrintedColumn& column) { return column.cells.empty(); });
    return all;
}

bool is_nested(const Value& value) {
    if (value.kind == Value::Kind::object)
        return !value.members.empty() && cell_text(value).find(", ") != std::string::npos;
    return value.kind == Value::Kind::list && !value.items.empty() &&
           value.items.front().kind == Value::Kind::object;
}

std::string indented(const std::string& text) {
    std::string out;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        out += "  " + text.substr(start, end - start) + "\n";
        start = end + 1;
    }
    return out;
}

/// Items with members of their own do not fit a table: one record after another.
std::string list_text(const Value& list, const Style& style) {
    const bool deep = std::any_of(list.items.begin(), list.items.end(), [](const Value& item) {
        return std::any_of(item.members.begin(), item.members.end(),
                           [](const auto& member) { return is_nested(member.value); });
    });
    if (!deep) return table_text(list.items, {}, style);
    std::string out;
    for (const Value& item : list.items)
        out += (out.empty() ? "" : "\n") + record_text(item, style);
    return out;
}

}  // namespace

std::string Style::heading(std::string_view text) const {
    return color ? "\x1b[1m" + std::string(text) + "\x1b[0m" : std::string(text);
}
std::string Style::good(std::string_view text) const {
    return color ? "\x1b[32m" + std::string(text) + "\x1b[0m" : std::string(text);
}
std::string Style::bad(std::string_view text) const {
    return color ? "\x1b[31m" + std::string(text) + "\x1b[0m" : std::string(text);
}

std::string table_text(const std::vector<Value>& items, const std::vector<Column>& columns,
                       const Style& style) {
    const auto all = printed_columns(items, columns);
    std::string header;
    for (const PrintedColumn& column : all)
        header += (header.empty() ? "" : std::string(gap)) + padded(column.title, column.width, column.right);
    std::string out = style.heading(without_trailing_space(header)) + "\n";
    for (std::size_t row = 0; row < items.size(); ++row) {
        std::string line;
        for (std::size_t i = 0; i < all.size(); ++i)
            line += (i == 0 ? "" : std::string(gap)) + padded(all[i].cells[row], all[i].width, all[i].right);
        out += without_trailing_space(line) + "\n";
    }
    return out;
}

std::string record_text(const Value& object, const Style& style) {
    std::size_t width = 0;
    for (const auto& [name, member] : object.members)
        if (!is_nested(member)) width = std::max(width, display_width(titled(name)));
    std::string lines;
    std::string below;
    for (const auto& [name, member] : object.members) {
        const std::string title = style.heading(titled(name));
        if (!is_nested(member)) {
            lines += title + std::string(width - display_width(titled(name)), ' ') + std::string(gap) +
                     cell_text(member) + "\n";
            continue;
        }
        below += title + "\n";
        below += indented(member.kind == Value::Kind::list ? list_text(member, style)
                                                           : record_text(member, style));
    }
    return lines + below;
}

}  // namespace ibkr::cli
