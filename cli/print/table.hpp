#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/print/value.hpp"

namespace ibkr::cli {

/// One column of a list: its title and where in an item its value is.
struct Column {
    std::string_view title;
    std::string_view path;
};

/// Colours only where people look and did not object (NO_COLOR, --no-color).
struct Style {
    bool color = false;
    [[nodiscard]] std::string heading(std::string_view text) const;
    [[nodiscard]] std::string good(std::string_view text) const;
    [[nodiscard]] std::string bad(std::string_view text) const;
};

/// A list of objects as an aligned table; a column of numbers is right-aligned, an empty column left out.
/// `columns` empty: every member of the first item that is no list or object.
[[nodiscard]] std::string table_text(const std::vector<Value>& items, const std::vector<Column>& columns,
                                     const Style& style);

/// An object as lines "name  value"; nested objects and lists of objects follow, indented below
/// their names.
[[nodiscard]] std::string record_text(const Value& object, const Style& style);

}  // namespace ibkr::cli
