#pragma once

#include <memory>
#include <string>

#include "events/log/store.hpp"

namespace rocksdb {
class Env;
}

namespace ibkr::events {

/// The log on disk: one RocksDB store with one column family. Key: be64 sequence. Value: header (16 bytes),
/// mac (32 bytes), record bytes. One write batch, synced, per append. Opened with kAbsoluteConsistency and
/// without WAL recycling, so that a damaged WAL is refused, not shortened.
///
/// Errors: audit_write_failed (disk full, no permission, I/O), audit_chain_invalid (the store's own checksums
/// or the newest record's mac do not hold), engine_busy (another process has the store open).
[[nodiscard]] const LogStore& rocksdb_store() noexcept;

/// The same with RocksDB's view of the disk replaced; `env` outlives the log. For fault tests.
[[nodiscard]] Result<std::unique_ptr<Log>> open_rocksdb_log(const std::string& directory, const LogKeys& keys,
                                                            bool create, rocksdb::Env* env);

}  // namespace ibkr::events
