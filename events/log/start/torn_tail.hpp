#pragma once

#include <memory>
#include <string>
#include <vector>

#include "events/log/directory/directory_layout.hpp"
#include "events/log/directory/log_directory.hpp"
#include "events/log/start/quarantine.hpp"

namespace ibkr::events {

/// The bytes and readings that a torn tail is known by.
[[nodiscard]] QuarantineFinding describe_damage(std::string found, SequenceId readable_head,
                                                const std::vector<WalScan>& wals);

/// Rule 3 of design section 4, once it is certain: cuts the torn end off the newest of `wals`; the store is
/// closed. The copy `quarantine` is noted as pending before, so that a crash does not lose the record that
/// follows. A crash before the cut finds the same torn end again.
[[nodiscard]] Result<void> cut_torn_tail(const DirectoryLayout& layout, const std::vector<WalScan>& wals,
                                         SequenceId readable_head, const std::string& quarantine);

/// Appends `log_tail_discarded` for each tail that this start, or ones that were cut off, dropped; each is
/// recorded once. A line for the operator for each.
[[nodiscard]] Result<std::vector<std::string>> record_dropped_tails(const DirectoryLayout& layout, Log& log,
                                                                    const RecordMaker& make_record);

/// When the newest event was made; the beginning of time when none of the newest records is one.
[[nodiscard]] Result<Timestamp> newest_timestamp(const LogReader& log);
/// Makes the next record of `log` and appends it. The new head.
[[nodiscard]] Result<Head> append_event(Log& log, const RecordMaker& make_record, Body body);

}  // namespace ibkr::events
