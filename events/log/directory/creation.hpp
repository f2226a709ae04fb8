#pragma once

#include "events/log/directory/directory_layout.hpp"
#include "events/log/directory/log_directory.hpp"

namespace ibkr::events {

/// Rule 0 of design section 4: brings a data directory without VERSION to one with it, in one step, or says
/// why not. Nothing is made beside traces of a log that once was, `external_path` (empty: none) included.
/// What a crash left half done is finished, or removed and made anew. True: a new log was made now. Errors:
/// engine_held, and those of `open_or_create_log`.
[[nodiscard]] Result<bool> create_log(const DirectoryLayout& layout, const Secret& secret,
                                      const LogStore& store, const RecordMaker& make_record,
                                      const std::string& external_path);

/// Clears what a crash after VERSION left of `creating/`; it holds nothing by then.
[[nodiscard]] Result<void> remove_creating(const DirectoryLayout& layout);

}  // namespace ibkr::events
