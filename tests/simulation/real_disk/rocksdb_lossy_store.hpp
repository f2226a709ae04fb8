#pragma once

#include <functional>

#include "events/log/store.hpp"
#include "tests/simulation/real_disk/lossy_disk.hpp"

namespace ibkr::simulation {

/// `rocksdb_store()` whose owner's openings see `disk`; the readers, which change nothing, see the real one.
/// `appended` is called after each append that succeeded, before its head is anchored. One disk at a time:
/// `disk` lives until the last log that was opened on it is closed.
[[nodiscard]] const events::LogStore& store_on(LossyDisk& disk, std::function<void()> appended = {});

}  // namespace ibkr::simulation
