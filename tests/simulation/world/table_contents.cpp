#include "tests/simulation/world/table_contents.hpp"

#include <functional>
#include <string_view>

namespace ibkr::simulation {

using events::Result;

namespace {

Result<std::size_t> hash_of_rows(projections::Database& database, const std::string& table) {
    auto rows = database.prepare_cached("SELECT * FROM \"" + table + "\"");
    std::size_t sum = 0;
    std::string row;
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return sum;
        row.clear();
        for (int column = 0; column < rows.columns(); ++column) {
            const std::string_view text = rows.text(column);
            row.append(rows.is_null(column) ? "null" : std::to_string(text.size())).append(":").append(text);
        }
        // A sum, so that the order of the rows, which no query relies on, does not count.
        sum += std::hash<std::string_view>{}(row);
    }
}

}  // namespace

Result<TableContents> table_contents(projections::Database& database) {
    TableContents contents;
    auto names = database.query(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
    for (;;) {
        const auto found = names.step();
        if (!found) return events::failure(found.error());
        if (!*found) return contents;
        std::string table(names.text(0));
        const auto hash = hash_of_rows(database, table);
        if (!hash) return events::failure(hash.error());
        contents.emplace(std::move(table), *hash);
    }
}

std::string first_difference(const TableContents& one, const TableContents& other) {
    for (const auto& [table, hash] : one)
        if (!other.contains(table) || other.at(table) != hash) return table;
    for (const auto& [table, hash] : other)
        if (!one.contains(table)) return table;
    return {};
}

}  // namespace ibkr::simulation
