#pragma once

#include <sqlite3.h>

#include "projections/sqlite.hpp"

namespace ibkr::projections {

struct Statement::Slot {
    sqlite3_stmt* statement = nullptr;
    bool in_use = false;
};

[[nodiscard]] DatabaseFault fault_of(int code) noexcept;
[[nodiscard]] events::Error error_of(int code, std::string_view name, std::string_view said);
/// What the connection says of its newest failure.
[[nodiscard]] events::Error error_on(sqlite3* connection, int code, std::string_view name);

}  // namespace ibkr::projections
