#pragma once

#include <memory>
#include <string>
#include <vector>

#include "events/log/directory_layout.hpp"
#include "events/log/log_directory.hpp"
#include "events/log/quarantine.hpp"

namespace ibkr::events {

/// The bytes and readings that a torn tail is known by.
[[nodiscard]] QuarantineFinding describe_damage(std::string found, SequenceId readable_head,
                                                const std::vector<WalScan>& wals);

/// Rule 3 of design section 4, once it is certain: opens the store without its torn end. The copy
/// `quarantine` is noted as pending before, so that a crash does not lose the record that follows.
[[nodiscard]] Result<std::unique_ptr<Log>> drop_torn_tail(const DirectoryLayout& layout, const LogKeys& keys,
                                                          const LogStore& store,
                                                          const std::string& quarantine);

/// Appends `log_tail_discarded` for what this start, or one that was cut off, dropped; each tail is recorded
/// once. A line for the operator, or an empty one.
[[nodiscard]] Result<std::string> record_dropped_tail(const DirectoryLayout& layout, Log& log,
                                                      const RecordMaker& make_record);

/// When the newest event was made; the beginning of time when none of the newest records is one.
[[nodiscard]] Result<Timestamp> newest_timestamp(const LogReader& log);
/// Makes the next record of `log` and appends it. The new head.
[[nodiscard]] Result<Head> append_event(Log& log, const RecordMaker& make_record, Body body);

}  // namespace ibkr::events
