#pragma once

#include <cstdint>
#include <span>

#include "events/result.hpp"

namespace ibkr::events {

/// Fills the buffer from the operating system's generator. Any thread. Error: audit_write_failed.
[[nodiscard]] Result<void> fill_random(std::span<std::uint8_t> out);

}  // namespace ibkr::events
