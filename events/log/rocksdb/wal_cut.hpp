#pragma once

#include <string>
#include <vector>

#include "events/log/rocksdb/wal_scan.hpp"
#include "events/result.hpp"
#include "events/values/ids.hpp"

namespace ibkr::events {

/// Cuts the damage out of the write-ahead files of a closed store, so that it opens with every record up to
/// `readable_head`, the newest that can be read, and nothing after it (why: docs/decisions/0014). `wals` are
/// all of them, the newest last, scanned just now. Of those after the first damaged one, the ones that begin
/// beyond `readable_head` are removed, the newest first, and then each damaged one is cut to `good_bytes`.
/// Every step is synced; one that a crash cuts off leaves the same records readable, and the rest can be done
/// again. The caller has copied all of them before. Error audit_write_failed, config_invalid: I/O.
[[nodiscard]] Result<void> cut_wals(const std::string& log_directory, const std::vector<WalScan>& wals,
                                    SequenceId readable_head);

}  // namespace ibkr::events
