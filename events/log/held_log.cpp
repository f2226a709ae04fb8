#include "events/log/held_log.hpp"

#include "events/log/memory_log.hpp"

namespace ibkr::events {

std::unique_ptr<LogReader> empty_log(const LogKeys& keys) {
    return std::make_unique<MemoryLog>(keys.copy());
}

}  // namespace ibkr::events
