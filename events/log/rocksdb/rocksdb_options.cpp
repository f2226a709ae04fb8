#include <memory>

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/table.h>

#include "events/log/rocksdb/rocksdb_records_internal.hpp"

namespace ibkr::events {
namespace {

constexpr std::size_t write_buffer_bytes = 16'777'216;
constexpr std::size_t block_cache_bytes = 8'388'608;
constexpr std::size_t info_logs_max = 5;
constexpr int open_files_max = 256;

class NoInfoLog final : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

}  // namespace

rocksdb::Options rocksdb_options(rocksdb::WALRecoveryMode mode) {
    rocksdb::Options options;
    options.wal_recovery_mode = mode;
    options.recycle_log_file_num = 0;
    options.wal_compression = rocksdb::kNoCompression;
    options.keep_log_file_num = info_logs_max;
    options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
    options.write_buffer_size = write_buffer_bytes;
    options.max_open_files = open_files_max;
    // Indices of tables count into the cache, so that memory does not grow with the log.
    rocksdb::BlockBasedTableOptions tables;
    tables.block_cache = rocksdb::NewLRUCache(block_cache_bytes);
    tables.cache_index_and_filter_blocks = true;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(tables));
    // A failed write is final: RocksDB must not heal itself behind the writer's back.
    options.max_bgerror_resume_count = 0;
    // Keys only ascend, so every compaction is a move of whole files and reads no record.
    options.ttl = 0;
    options.periodic_compaction_seconds = 0;
    // Work that only delays the start of a short command.
    options.max_file_opening_threads = 1;
    options.skip_stats_update_on_db_open = true;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    return options;
}

rocksdb::Options rocksdb_reading_options(rocksdb::WALRecoveryMode mode) {
    rocksdb::Options options = rocksdb_options(mode);
    options.info_log = std::make_shared<NoInfoLog>();
    return options;
}

Error rocksdb_error(const rocksdb::Status& status, std::string_view doing) {
    std::string message = "the log could not be " + std::string(doing) + ": ";
    if (status.IsNoSpace()) {
        return failure(ErrorCode::audit_write_failed, message + "no space left on the disk",
                       "Free disk space in the data directory, then ask again with the same key.")
            .value();
    }
    if (status.IsCorruption())
        return failure(ErrorCode::audit_chain_invalid, message + "the store is damaged").value();
    if (status.IsPathNotFound())
        return failure(ErrorCode::audit_chain_invalid, message + "a file of the store is missing").value();
    if (status.IsIOError() && status.ToString().find("lock ") != std::string::npos)
        return failure(ErrorCode::engine_busy, message + "another process has it open").value();
    if (status.IsIOError() && status.ToString().find("Permission denied") != std::string::npos)
        return failure(ErrorCode::audit_write_failed, message + "permission denied",
                       "Give this user read and write permission on the data directory.")
            .value();
    if (status.IsIOError() && status.ToString().find("Read-only file system") != std::string::npos)
        return failure(ErrorCode::audit_write_failed, message + "the file system is read-only",
                       "Use a data directory on a writable file system.")
            .value();
    return failure(ErrorCode::audit_write_failed, message + "input/output error").value();
}

}  // namespace ibkr::events
