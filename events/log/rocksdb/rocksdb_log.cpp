#include "events/log/rocksdb/rocksdb_log.hpp"

#include <algorithm>
#include <mutex>

#include <rocksdb/transaction_log.h>
#include <rocksdb/write_batch.h>

#include "events/log/chain/chain_writer.hpp"
#include "events/log/directory/files.hpp"
#include "events/log/rocksdb/rocksdb_reader.hpp"
#include "events/log/rocksdb/rocksdb_records_internal.hpp"

namespace ibkr::events {
namespace {

using Make = std::function<Result<ChainWriter::Next>(ChainWriter&, const ChainWriter::Sink&)>;

class RocksdbLog final : public Log {
public:
    /// `last`: the highest row of the store, beyond the writer's head when what stands there was given up.
    RocksdbLog(RocksdbRecords records, ChainWriter writer, SequenceId last)
        : records_(std::move(records)), last_(last), writer_(std::move(writer)), tip_(writer_.tip()) {}

    [[nodiscard]] Result<void> find_wal_position() {
        auto position = current_wal();
        if (!position) return failure(position.error());
        wal_ = *position;
        return {};
    }

    Result<Head> append(std::span<const PendingRecord> records, SequenceId expected_next) override {
        return write([&](ChainWriter& writer, const ChainWriter::Sink& sink) {
            return writer.append(records, expected_next, sink);
        });
    }
    Result<Head> append_resumed(const PendingRecord& record, SequenceId at) override {
        const std::scoped_lock appending(append_mutex_);
        if (at <= last_)
            return refused("the store shows records up to " + std::to_string(last_.value()) +
                           "; the log can be resumed beyond them only");
        return write_locked([&](ChainWriter& writer, const ChainWriter::Sink& sink) {
            return writer.append_resumed(record, at, sink);
        });
    }
    Result<Head> append_rotation(const PendingRecord& retired, const PendingRecord& activated,
                                 const LogKeys& next) override {
        return write([&](ChainWriter& writer, const ChainWriter::Sink& sink) {
            return writer.append_rotation(retired, activated, next, sink);
        });
    }
    SequenceId last_sequence() const override { return std::max(last_, head().sequence); }
    Result<void> secure_head() override { return {}; }
    WalPosition wal_position() const override {
        const std::scoped_lock lock(tip_mutex_);
        return wal_;
    }
    bool alive() const override {
        const std::scoped_lock lock(tip_mutex_);
        return alive_;
    }
    Head head() const override {
        const std::scoped_lock lock(tip_mutex_);
        return tip_.head;
    }
    LogIdentity identity() const override {
        const std::scoped_lock lock(tip_mutex_);
        return tip_.identity;
    }
    std::vector<AttestedGap> gaps() const override {
        const std::scoped_lock lock(tip_mutex_);
        return tip_.gaps;
    }
    Result<std::unique_ptr<LogCursor>> read(SequenceId from) const override {
        const std::scoped_lock lock(tip_mutex_);
        return records_.read(from, tip_.head.sequence, tip_.gaps);
    }
    Result<std::unique_ptr<LogCursor>> read_back(SequenceId from) const override {
        const std::scoped_lock lock(tip_mutex_);
        return records_.read_back(from, tip_.head.sequence, tip_.gaps);
    }

private:
    static tl::unexpected<Error> refused(std::string message) {
        return failure(Error{ErrorCode::audit_write_failed,
                             std::move(message),
                             false,
                             "Nothing was written. Resume the log (`ibkr-agent engine resume`).",
                             {}});
    }

    Result<Head> write(const Make& make) {
        const std::scoped_lock appending(append_mutex_);
        if (last_ > writer_.tip().head.sequence)
            return refused("records after " + std::to_string(writer_.tip().head.sequence.value()) +
                           " stand in the store but cannot be read");
        return write_locked(make);
    }

    /// Holds the append mutex. One synced batch; after a failure nothing is tried again.
    Result<Head> write_locked(const Make& make) {
        if (!alive())
            return failure(ErrorCode::audit_write_failed,
                           "an earlier write of the log failed; it takes no more",
                           "Restart: the next start shows what reached the disk.");
        rocksdb::WriteBatch batch;
        std::string value;
        auto next = make(writer_, [&](const Record& record) {
            assign_row_value(record, value);
            batch.Put(row_key(record.sequence), value);
        });
        if (!next) return failure(next.error());
        rocksdb::WriteOptions durable;
        durable.sync = true;
        const rocksdb::Status status = records_.db().Write(durable, &batch);
        if (!status.ok()) return dead(rocksdb_error(status, "written"));
        auto position = current_wal();
        if (!position) return dead(position.error());
        writer_.commit(std::move(*next));
        const std::scoped_lock publishing(tip_mutex_);
        tip_ = writer_.tip();
        wal_ = *position;
        return tip_.head;
    }

    tl::unexpected<Error> dead(Error error) {
        const std::scoped_lock lock(tip_mutex_);
        alive_ = false;
        error.code = ErrorCode::audit_write_failed;
        return failure(std::move(error));
    }

    [[nodiscard]] Result<WalPosition> current_wal() const {
        std::unique_ptr<rocksdb::LogFile> file;
        const rocksdb::Status status = records_.db().GetCurrentWalFile(&file);
        if (!status.ok()) return failure(rocksdb_error(status, "measured"));
        return WalPosition{file->LogNumber(), file->SizeFileBytes()};
    }

    RocksdbRecords records_;
    const SequenceId last_;    ///< what the store showed when it was opened
    std::mutex append_mutex_;  ///< one append at a time; guards writer_
    ChainWriter writer_;
    mutable std::mutex tip_mutex_;  ///< guards everything below: what readers see
    ChainTip tip_;
    WalPosition wal_;
    bool alive_ = true;
};

enum class Opening : std::uint8_t { create, existing, to_resume };

Result<std::unique_ptr<rocksdb::DB>> open_database(const std::string& directory, Opening how,
                                                   rocksdb::Env* env) {
    // Never kPointInTimeRecovery: it keeps the damaged write-ahead file (docs/decisions/0014).
    auto options = rocksdb_options(rocksdb::WALRecoveryMode::kAbsoluteConsistency);
    options.create_if_missing = how == Opening::create;
    options.error_if_exists = how == Opening::create;
    if (env != nullptr) options.env = env;
    if (how == Opening::create)  // RocksDB would let everybody read it
        if (auto made = make_directories(directory, "log"); !made) return failure(made.error());
    rocksdb::DB* raw = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options, directory, &raw);
    std::unique_ptr<rocksdb::DB> db(raw);
    if (!status.ok()) return failure(rocksdb_error(status, how == Opening::create ? "created" : "opened"));
    return db;
}

/// The record the log goes on from; nothing when it is empty.
Result<std::optional<Record>> find_newest(const RocksdbRecords& records, SequenceId last, Opening how,
                                          const LogKeys& keys) {
    if (last == SequenceId()) return std::optional<Record>();
    if (how == Opening::to_resume) return newest_plausible(records, keys.resumptions(), keys.ring());
    Record newest;
    if (auto read = records.read_at(last, newest); !read) return failure(read.error());
    return newest;
}

Result<std::unique_ptr<Log>> open_log(const std::string& directory, const LogKeys& keys, Opening how,
                                      rocksdb::Env* env) {
    auto db = open_database(directory, how, env);
    if (!db) return failure(db.error());
    RocksdbRecords records(std::move(*db));
    const auto last = records.last();
    if (!last) return failure(last.error());
    auto newest = find_newest(records, *last, how, keys);
    if (!newest) return failure(newest.error());
    auto writer = *newest ? ChainWriter::open(keys, **newest, records.raw()) : ChainWriter(keys);
    if (!writer) return failure(writer.error());
    auto log = std::make_unique<RocksdbLog>(std::move(records), std::move(*writer), *last);
    if (auto found = log->find_wal_position(); !found) return failure(found.error());
    return log;
}

}  // namespace

Result<std::unique_ptr<Log>> open_rocksdb_log(const std::string& directory, const LogKeys& keys, bool create,
                                              rocksdb::Env* env) {
    return open_log(directory, keys, create ? Opening::create : Opening::existing, env);
}

const LogStore& rocksdb_store() noexcept {
    static constexpr LogStore store{[](const std::string& directory, const LogKeys& keys) {
                                        return open_log(directory, keys, Opening::create, nullptr);
                                    },
                                    [](const std::string& directory, const LogKeys& keys) {
                                        return open_log(directory, keys, Opening::existing, nullptr);
                                    },
                                    [](const std::string& directory, const LogKeys& keys) {
                                        return open_log(directory, keys, Opening::to_resume, nullptr);
                                    },
                                    open_rocksdb_readable,
                                    rocksdb_newest_key_id,
                                    open_rocksdb_reader,
                                    copy_readable_rocksdb};
    return store;
}

}  // namespace ibkr::events
