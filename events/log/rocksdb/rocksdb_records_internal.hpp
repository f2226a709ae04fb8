#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "events/log/chain/resumption.hpp"
#include "events/log/log.hpp"

namespace ibkr::events {

// What the owner's and the readers' view of a store share.

/// Options of every open. The mode says what becomes of a damaged write-ahead log.
[[nodiscard]] rocksdb::Options rocksdb_options(rocksdb::WALRecoveryMode mode);
/// The same for an open that must leave no file behind: RocksDB writes its info log where it opens.
[[nodiscard]] rocksdb::Options rocksdb_reading_options(rocksdb::WALRecoveryMode mode);

/// RocksDB's own text names files, and paths leave neither the log nor an answer.
[[nodiscard]] Error rocksdb_error(const rocksdb::Status& status, std::string_view doing);

/// Key and value of a record.
[[nodiscard]] std::string row_key(SequenceId sequence);
void assign_row_value(const Record& record, std::string& value);

/// The rows of one open database, which closes with it. Any thread.
///
/// RocksDB merges its tables, so one damaged block keeps it from reading rows of other tables. Such a row is
/// read from its own table alone: what stands in the damaged block is lost, and nothing else.
class RocksdbRecords {
public:
    explicit RocksdbRecords(std::unique_ptr<rocksdb::DB> db);
    ~RocksdbRecords();
    RocksdbRecords(RocksdbRecords&&) noexcept;
    RocksdbRecords& operator=(RocksdbRecords&&) = delete;
    RocksdbRecords(const RocksdbRecords&) = delete;
    RocksdbRecords& operator=(const RocksdbRecords&) = delete;

    /// The highest sequence the store holds a row for, whatever that holds, from its metadata and memory: a
    /// damaged block hides nothing. 0 when it is empty. Error audit_chain_invalid: a key is no sequence.
    [[nodiscard]] Result<SequenceId> last() const;
    /// The record at `sequence`. Error audit_chain_invalid when it is missing or cannot be read.
    [[nodiscard]] Result<void> read_at(SequenceId sequence, Record& record) const;
    /// Valid as long as this object.
    [[nodiscard]] RawRecords raw() const;

    [[nodiscard]] std::unique_ptr<LogCursor> read(SequenceId from, SequenceId head,
                                                  std::vector<AttestedGap> gaps) const;
    [[nodiscard]] std::unique_ptr<LogCursor> read_back(SequenceId from, SequenceId head,
                                                       std::vector<AttestedGap> gaps) const;
    [[nodiscard]] rocksdb::DB& db() const noexcept { return *db_; }

private:
    class LoneTable;
    [[nodiscard]] Result<void> read_alone(SequenceId sequence, Record& record) const;
    std::unique_ptr<rocksdb::DB> db_;
    std::unique_ptr<LoneTable> lone_table_;
};

/// Opens a store as far as it can be read; changes nothing in `directory` (rocksdb_reader.cpp).
[[nodiscard]] Result<RocksdbRecords> open_rocksdb_read_only(const std::string& directory);

/// The newest record that can be decoded and whose mac fits its predecessor; nothing in an empty store.
/// Error audit_chain_invalid when there are rows but no such record.
[[nodiscard]] Result<std::optional<Record>> newest_plausible(const RocksdbRecords& records,
                                                             const std::vector<SequenceId>& hints,
                                                             const KeyRing& keys);

}  // namespace ibkr::events
