#pragma once

#include "events/log/store.hpp"
#include "tests/simulation/real_disk/rocksdb_lossy_disk.hpp"

namespace ibkr::simulation {

/// `rocksdb_store()` whose owner's openings see `disk`; the readers, which change nothing, see the real one.
/// One disk at a time: `disk` lives until the last log that was opened on it is closed.
[[nodiscard]] const events::LogStore& store_on(const LossyDisk& disk);

}  // namespace ibkr::simulation
