#pragma once

#include <sqlite3.h>

#include "projections/sqlite.hpp"

namespace ibkr::projections {

struct Statement::Slot {
    sqlite3_stmt* statement = nullptr;
    bool in_use = false;
};

/// How a connection's messages name it, and what they advise when it is damaged.
struct Statement::Label {
    std::string name;
    std::string damaged_action;

    [[nodiscard]] events::Error error(int code, std::string_view said) const;
    /// With what the connection says of its newest failure.
    [[nodiscard]] events::Error error_on(sqlite3* connection, int code) const;
};

[[nodiscard]] DatabaseFault fault_of(int code) noexcept;

}  // namespace ibkr::projections
