#pragma once

#include <memory>
#include <string>

#include "events/log/store.hpp"

namespace ibkr::events {

// The readers of `rocksdb_store()`: see store.hpp.
[[nodiscard]] Result<std::unique_ptr<LogReader>> open_rocksdb_readable(const std::string& directory,
                                                                       const LogKeys& keys);
[[nodiscard]] Result<std::unique_ptr<LogReader>> open_rocksdb_reader(const std::string& directory,
                                                                     const std::string& scratch,
                                                                     const LogKeys& keys);
[[nodiscard]] Result<KeyId> rocksdb_newest_key_id(const std::string& directory);
[[nodiscard]] Result<SequenceId> copy_readable_rocksdb(const std::string& directory, const std::string& to,
                                                       const LogKeys& keys);

}  // namespace ibkr::events
