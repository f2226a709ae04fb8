#pragma once

#include <string>

#include "events/log/directory/directory_layout.hpp"
#include "events/log/directory/log_directory.hpp"

namespace ibkr::events {

// A rotation of the audit key leaves three things on disk, one after another: the keys file that both secrets
// open, the two records, the keys file of the new epoch alone.

/// Before anything else of a start: log_key_mismatch when the log goes on under the new key and `keys` were
/// opened with the old secret. Reads only.
[[nodiscard]] Result<void> check_rotation(const DirectoryLayout& layout, const LogKeys& keys,
                                          const LogStore& store);

/// Ends a rotation that was cut off, in an opened log: forgets it under the old secret, finishes it under the
/// new one. `keys` become those of the file. A line for the operator, or an empty one.
[[nodiscard]] Result<std::string> settle_rotation(const DirectoryLayout& layout, LogKeys& keys, Log& log,
                                                  const RecordMaker& make_record);

}  // namespace ibkr::events
