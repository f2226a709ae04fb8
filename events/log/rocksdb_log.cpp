#include "events/log/rocksdb_log.hpp"

#include <algorithm>
#include <cassert>
#include <mutex>

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include "events/log/chain.hpp"

namespace ibkr::events {
namespace {

constexpr std::size_t value_prefix_bytes = record_header_bytes + std::tuple_size_v<Mac>;
constexpr std::size_t write_buffer_bytes = 16'777'216;
constexpr int open_files_max = 256;

rocksdb::Slice slice(std::string_view text) {
    return {text.data(), text.size()};
}
std::string_view view(const rocksdb::Slice& text) {
    return {text.data(), text.size()};
}

std::string key_of(SequenceId sequence) {
    std::string key;
    append_be64(key, sequence.value());
    return key;
}

Error error_of(const rocksdb::Status& status, std::string_view doing) {
    // RocksDB's own text names files, and paths leave neither the log nor an answer.
    std::string message = "the log could not be " + std::string(doing) + ": ";
    if (status.IsNoSpace()) {
        return failure(ErrorCode::audit_write_failed, message + "no space left on the disk",
                       "Free disk space in the data directory, then ask again with the same key.")
            .value();
    }
    if (status.IsCorruption())
        return failure(ErrorCode::audit_chain_invalid, message + "the store is damaged").value();
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

/// RocksDB writes its info log where it opens; a reader must leave no file behind.
class NoInfoLog final : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

rocksdb::Options common_options() {
    rocksdb::Options options;
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
    options.recycle_log_file_num = 0;
    options.wal_compression = rocksdb::kNoCompression;
    options.keep_log_file_num = 5;
    options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
    options.write_buffer_size = write_buffer_bytes;
    options.max_open_files = open_files_max;
    // A failed write is final: RocksDB must not heal itself behind the writer's back.
    options.max_bgerror_resume_count = 0;
    // Work that only delays the start of a short command.
    options.max_file_opening_threads = 1;
    options.skip_stats_update_on_db_open = true;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    return options;
}

bool decode_value(std::string_view value, Record& record) {
    if (value.size() < value_prefix_bytes) return false;
    const auto header = decode_header(value.substr(0, record_header_bytes));
    if (!header) return false;
    record.header = *header;
    const Bytes mac = bytes_of(value).subspan(record_header_bytes, record.mac.size());
    std::ranges::copy(mac, record.mac.begin());
    record.bytes.assign(value.substr(value_prefix_bytes));
    return true;
}

tl::unexpected<Error> unreadable(SequenceId sequence, std::string_view why) {
    return failure(ErrorCode::audit_chain_invalid,
                   "record " + std::to_string(sequence.value()) + " " + std::string(why));
}

/// Fills `record` from where the iterator stands, which must be `expected`.
Result<void> decode_row(const rocksdb::Iterator& row, SequenceId expected, Record& record) {
    if (!row.Valid() && !row.status().ok() && !row.status().IsCorruption())
        return failure(error_of(row.status(), "read"));
    if (!row.Valid() && !row.status().ok()) return unreadable(expected, "cannot be read");
    if (!row.Valid() || view(row.key()) != key_of(expected)) return unreadable(expected, "is missing");
    if (!decode_value(view(row.value()), record)) return unreadable(expected, "is not a record");
    record.sequence = expected;
    return {};
}

class RocksdbCursor final : public LogCursor {
public:
    RocksdbCursor(std::unique_ptr<rocksdb::Iterator> rows, SequenceId from, std::uint64_t left, bool forward)
        : rows_(std::move(rows)), sequence_(from), left_(left), forward_(forward) {}

    Result<bool> next(Record& record) override {
        if (left_ == 0) return false;
        if (auto decoded = decode_row(*rows_, sequence_, record); !decoded) {
            left_ = 0;
            return failure(decoded.error());
        }
        if (--left_ > 0) {
            forward_ ? rows_->Next() : rows_->Prev();
            sequence_ = SequenceId(forward_ ? sequence_.value() + 1 : sequence_.value() - 1);
        }
        return true;
    }

private:
    std::unique_ptr<rocksdb::Iterator> rows_;
    SequenceId sequence_;
    std::uint64_t left_;
    bool forward_;
};

/// What owner and reader share. The database closes with it.
class RocksdbRecords {
public:
    RocksdbRecords(std::unique_ptr<rocksdb::DB> db, const LogIdentity& identity)
        : db_(std::move(db)), identity_(identity) {}

    [[nodiscard]] std::unique_ptr<rocksdb::Iterator> rows() const {
        return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator({}));
    }

    /// Where the store ends, whatever that record holds; 0 when it is empty.
    [[nodiscard]] Result<SequenceId> last() const {
        const auto row = rows();
        row->SeekToLast();
        if (!row->Valid() && row->status().ok()) return SequenceId();
        if (!row->Valid()) return failure(error_of(row->status(), "read"));
        if (row->key().size() != sizeof(std::uint64_t))
            return failure(ErrorCode::audit_chain_invalid, "the log holds a key that is not a sequence");
        return SequenceId(read_be64(bytes_of(view(row->key()))));
    }

    /// The record at `sequence`.
    [[nodiscard]] Result<Record> at(SequenceId sequence) const {
        const auto row = rows();
        row->Seek(slice(key_of(sequence)));
        Record record;
        if (auto decoded = decode_row(*row, sequence, record); !decoded) return failure(decoded.error());
        return record;
    }

    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read(SequenceId from, SequenceId head) const {
        assert(from.value() >= 1);
        const std::uint64_t left = from <= head ? head.value() - from.value() + 1 : 0;
        auto row = rows();
        row->Seek(slice(key_of(from)));
        return std::make_unique<RocksdbCursor>(std::move(row), from, left, true);
    }

    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read_back(SequenceId from, SequenceId head) const {
        const SequenceId start = std::min(from, head);
        auto row = rows();
        row->SeekForPrev(slice(key_of(start)));
        return std::make_unique<RocksdbCursor>(std::move(row), start, start.value(), false);
    }

    [[nodiscard]] rocksdb::DB& db() const noexcept { return *db_; }
    [[nodiscard]] const LogIdentity& identity() const noexcept { return identity_; }

private:
    std::unique_ptr<rocksdb::DB> db_;
    LogIdentity identity_;
};

class RocksdbLog final : public Log {
public:
    RocksdbLog(std::unique_ptr<rocksdb::DB> db, const LogKeys& keys)
        : records_(std::move(db), keys.identity()), mac_(keys) {}

    /// Finds the head and checks it against its predecessor.
    [[nodiscard]] Result<void> find_head() {
        const auto last = records_.last();
        if (!last) return failure(last.error());
        if (*last == SequenceId()) return {};
        auto newest = records_.at(*last);
        if (!newest) return failure(newest.error());
        const Record& record = *newest;
        Mac previous{};
        if (record.sequence.value() > 1) {
            auto before = records_.at(SequenceId(record.sequence.value() - 1));
            if (!before) return failure(before.error());
            previous = before->mac;
        }
        const Mac expected = mac_.mac(record.sequence, record.header, previous, record.bytes);
        if (record.header.key_id != identity().key_id || !equal_in_constant_time(expected, record.mac))
            return unreadable(record.sequence, "has a mac that does not fit its content and its predecessor");
        head_ = {record.sequence, record.mac};
        return {};
    }

    Result<Head> append(std::span<const PendingRecord> records, SequenceId expected_next) override {
        const std::scoped_lock appending(append_mutex_);
        if (!alive())
            return failure(ErrorCode::audit_write_failed,
                           "an earlier write of the log failed; it takes no more",
                           "Restart: the next start shows what reached the disk.");
        Head head = this->head();
        if (auto checked = check_append(records, expected_next, head); !checked)
            return failure(checked.error());
        rocksdb::WriteBatch batch;
        std::string value;
        for (const PendingRecord& pending : records) {
            const Record record = mac_.extend(head, identity(), pending);
            value = encode(record.header);
            value.append(text_of(record.mac));
            value.append(record.bytes);
            batch.Put(slice(key_of(record.sequence)), slice(value));
        }
        rocksdb::WriteOptions durable;
        durable.sync = true;
        const rocksdb::Status status = records_.db().Write(durable, &batch);
        const std::scoped_lock publishing(head_mutex_);
        if (!status.ok()) {
            alive_ = false;
            Error error = error_of(status, "written");
            error.code = ErrorCode::audit_write_failed;
            return failure(std::move(error));
        }
        head_ = head;
        return head;
    }

    bool alive() const override {
        const std::scoped_lock lock(head_mutex_);
        return alive_;
    }
    Head head() const override {
        const std::scoped_lock lock(head_mutex_);
        return head_;
    }
    const LogIdentity& identity() const override { return records_.identity(); }
    Result<std::unique_ptr<LogCursor>> read(SequenceId from) const override {
        return records_.read(from, head().sequence);
    }
    Result<std::unique_ptr<LogCursor>> read_back(SequenceId from) const override {
        return records_.read_back(from, head().sequence);
    }

private:
    RocksdbRecords records_;
    std::mutex append_mutex_;  ///< one append at a time; guards mac_
    ChainMac mac_;
    mutable std::mutex head_mutex_;  ///< guards head_ and alive_
    Head head_;
    bool alive_ = true;
};

class RocksdbReader final : public LogReader {
public:
    RocksdbReader(std::unique_ptr<rocksdb::DB> db, const LogIdentity& identity)
        : records_(std::move(db), identity) {}

    [[nodiscard]] Result<void> find_head() {
        const auto last = records_.last();
        if (!last) return failure(last.error());
        if (*last == SequenceId()) return {};
        const auto newest = records_.at(*last);
        if (!newest && newest.error().code != ErrorCode::audit_chain_invalid) return failure(newest.error());
        // A last record that is no record still has its place, so that verification can name it.
        head_ = {*last, newest ? newest->mac : Mac{}};
        return {};
    }

    Head head() const override { return head_; }
    const LogIdentity& identity() const override { return records_.identity(); }
    Result<std::unique_ptr<LogCursor>> read(SequenceId from) const override {
        return records_.read(from, head_.sequence);
    }
    Result<std::unique_ptr<LogCursor>> read_back(SequenceId from) const override {
        return records_.read_back(from, head_.sequence);
    }

private:
    RocksdbRecords records_;
    Head head_;
};

Result<std::unique_ptr<Log>> create_store(const std::string& directory, const LogKeys& keys) {
    return open_rocksdb_log(directory, keys, true, nullptr);
}

Result<std::unique_ptr<Log>> open_store(const std::string& directory, const LogKeys& keys) {
    return open_rocksdb_log(directory, keys, false, nullptr);
}

Result<std::unique_ptr<LogReader>> open_reader(const std::string& directory, const std::string& scratch,
                                               const LogKeys& keys) {
    rocksdb::Options options = common_options();
    options.info_log = std::make_shared<NoInfoLog>();
    options.max_open_files = -1;  // a secondary must keep files open that the owner may delete
    rocksdb::DB* raw = nullptr;
    const rocksdb::Status status = rocksdb::DB::OpenAsSecondary(options, directory, scratch, &raw);
    std::unique_ptr<rocksdb::DB> db(raw);
    if (!status.ok()) return failure(error_of(status, "opened for reading"));
    auto reader = std::make_unique<RocksdbReader>(std::move(db), keys.identity());
    if (auto found = reader->find_head(); !found) return failure(found.error());
    return reader;
}

}  // namespace

Result<std::unique_ptr<Log>> open_rocksdb_log(const std::string& directory, const LogKeys& keys, bool create,
                                              rocksdb::Env* env) {
    rocksdb::Options options = common_options();
    options.create_if_missing = create;
    options.error_if_exists = create;
    if (env != nullptr) options.env = env;
    rocksdb::DB* raw = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options, directory, &raw);
    std::unique_ptr<rocksdb::DB> db(raw);
    if (!status.ok()) return failure(error_of(status, create ? "created" : "opened"));
    auto log = std::make_unique<RocksdbLog>(std::move(db), keys);
    if (auto found = log->find_head(); !found) return failure(found.error());
    return log;
}

const LogStore& rocksdb_store() noexcept {
    static constexpr LogStore store{create_store, open_store, open_reader};
    return store;
}

}  // namespace ibkr::events
