#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "projections/sqlite.hpp"

namespace ibkr::simulation {

/// A hash over all rows of every table, by the table's name.
using TableContents = std::map<std::string, std::size_t>;
[[nodiscard]] events::Result<TableContents> table_contents(projections::Database& database);

/// The first table in which two databases differ; empty: none.
[[nodiscard]] std::string first_difference(const TableContents& one, const TableContents& other);

}  // namespace ibkr::simulation
