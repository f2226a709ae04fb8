#include <rocksdb/write_batch.h>

#include "events/log/directory/files.hpp"
#include "events/log/rocksdb/rocksdb_reader.hpp"
#include "events/log/rocksdb/rocksdb_records_internal.hpp"

namespace ibkr::events {
namespace {

constexpr std::size_t batch_bytes = 4'194'304;

/// A store on its way. Each batch is synced; nothing counts before `finish`.
class NewStore {
public:
    [[nodiscard]] static Result<NewStore> create(const std::string& directory) {
        auto options = rocksdb_options(rocksdb::WALRecoveryMode::kAbsoluteConsistency);
        options.create_if_missing = true;
        options.error_if_exists = true;
        if (auto made = make_directories(directory, "new store"); !made) return failure(made.error());
        rocksdb::DB* raw = nullptr;
        const rocksdb::Status status = rocksdb::DB::Open(options, directory, &raw);
        std::unique_ptr<rocksdb::DB> db(raw);
        if (!status.ok()) return failure(rocksdb_error(status, "copied"));
        return NewStore(std::move(db));
    }

    [[nodiscard]] Result<void> put(const Record& record) {
        assign_row_value(record, value_);
        batch_.Put(row_key(record.sequence), value_);
        return batch_.GetDataSize() < batch_bytes ? Result<void>() : write();
    }

    [[nodiscard]] Result<void> finish() { return write(); }

private:
    explicit NewStore(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

    [[nodiscard]] Result<void> write() {
        rocksdb::WriteOptions durable;
        durable.sync = true;
        const rocksdb::Status status = db_->Write(durable, &batch_);
        batch_.Clear();
        if (!status.ok()) return failure(rocksdb_error(status, "copied"));
        return {};
    }

    std::unique_ptr<rocksdb::DB> db_;
    rocksdb::WriteBatch batch_;
    std::string value_;
};

}  // namespace

Result<SequenceId> copy_readable_rocksdb(const std::string& directory, const std::string& to,
                                         const LogKeys& keys) {
    const auto records = open_rocksdb_read_only(directory);
    if (!records) return failure(records.error());
    const auto last = records->last();
    if (!last) return failure(last.error());
    const auto newest = newest_plausible(*records, keys.resumptions(), keys.ring());
    if (!newest) return failure(newest.error());
    const SequenceId head = *newest ? (*newest)->sequence : SequenceId();
    auto copy = NewStore::create(to);
    if (!copy) return failure(copy.error());
    Record record;
    for (SequenceId at(1); at <= head;) {
        const auto cursor = records->read(at, head, {});
        auto more = cursor->next(record);
        for (; more && *more; more = cursor->next(record)) {
            at = record.sequence.next();
            if (auto put = copy->put(record); !put) return failure(put.error());
        }
        if (!more && more.error().code != ErrorCode::audit_chain_invalid) return failure(more.error());
        at = at.next();  // past what cannot be read; at the end past the head
    }
    if (auto finished = copy->finish(); !finished) return failure(finished.error());
    return *last;
}

}  // namespace ibkr::events
