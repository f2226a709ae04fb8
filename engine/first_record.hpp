#pragma once

#include <string>

#include "engine/ports/clock.hpp"
#include "events/log/record.hpp"

namespace ibkr::engine {

/// Record 1 of a new log: `log_created`, which names the log, its key and the program that made it.
[[nodiscard]] events::PendingRecord log_created_record(const events::LogIdentity& identity, Clock& clock,
                                                       IdSource& ids, const std::string& product_version);

}  // namespace ibkr::engine
