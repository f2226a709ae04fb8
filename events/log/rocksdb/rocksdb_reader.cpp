#include "events/log/rocksdb/rocksdb_reader.hpp"

#include "events/log/rocksdb/rocksdb_records_internal.hpp"

namespace ibkr::events {
namespace {

class RocksdbReader final : public LogReader {
public:
    RocksdbReader(RocksdbRecords records, const LogKeys& keys)
        : records_(std::move(records)), identity_(keys.identity()) {}

    /// The end as the store shows it, nothing checked. A last record that is no record still has its place,
    /// so that verification can name it.
    [[nodiscard]] Result<void> end_at_last(const LogKeys& keys) {
        const auto last = records_.last();
        if (!last) return failure(last.error());
        if (*last == SequenceId()) return {};
        Record newest;
        const auto read = records_.read_at(*last, newest);
        if (!read && read.error().code != ErrorCode::audit_chain_invalid) return failure(read.error());
        if (read) return end_at(newest, keys);
        head_ = {*last, {}};
        auto before = records_.raw().at_or_before(*last);
        if (!before) return failure(before.error());
        return *before ? find_gaps_below(**before, keys) : Result<void>{};
    }

    /// The newest record that verifies against its predecessor.
    [[nodiscard]] Result<void> end_at_newest_plausible(const LogKeys& keys) {
        const auto newest = newest_plausible(records_, keys.resumptions(), keys.ring());
        if (!newest) return failure(newest.error());
        return *newest ? end_at(**newest, keys) : Result<void>{};
    }

    Head head() const override { return head_; }
    LogIdentity identity() const override { return identity_; }
    std::vector<AttestedGap> gaps() const override { return gaps_; }
    Result<std::unique_ptr<LogCursor>> read(SequenceId from) const override {
        return records_.read(from, head_.sequence, gaps_);
    }
    Result<std::unique_ptr<LogCursor>> read_back(SequenceId from) const override {
        return records_.read_back(from, head_.sequence, gaps_);
    }

private:
    [[nodiscard]] Result<void> end_at(const Record& newest, const LogKeys& keys) {
        head_ = {newest.sequence, newest.mac};
        if (const auto epoch = keys.ring().epoch_of(newest.header.key_id)) {
            identity_.key_id = newest.header.key_id;
            identity_.epoch = *epoch;
        }
        return find_gaps_below(newest, keys);
    }

    [[nodiscard]] Result<void> find_gaps_below(const Record& newest, const LogKeys& keys) {
        identity_.branch = newest.header.branch;
        auto gaps = find_gaps(records_.raw(), newest, keys.resumptions(), keys.ring());
        if (!gaps) return failure(gaps.error());
        gaps_ = std::move(*gaps);
        return {};
    }

    RocksdbRecords records_;
    LogIdentity identity_;
    Head head_;
    std::vector<AttestedGap> gaps_;
};

}  // namespace

// Stops at the first damage of the write-ahead log. A store of which a table
/// cannot even be opened shows what the others hold.
Result<RocksdbRecords> open_rocksdb_read_only(const std::string& directory) {
    auto options = rocksdb_reading_options(rocksdb::WALRecoveryMode::kPointInTimeRecovery);
    rocksdb::DB* raw = nullptr;
    rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, directory, &raw);
    if (status.IsCorruption()) {
        options.paranoid_checks = false;
        status = rocksdb::DB::OpenForReadOnly(options, directory, &raw);
    }
    std::unique_ptr<rocksdb::DB> db(raw);
    if (!status.ok()) return failure(rocksdb_error(status, "opened for reading"));
    return RocksdbRecords(std::move(db));
}

Result<std::unique_ptr<LogReader>> open_rocksdb_readable(const std::string& directory, const LogKeys& keys) {
    auto records = open_rocksdb_read_only(directory);
    if (!records) return failure(records.error());
    auto reader = std::make_unique<RocksdbReader>(std::move(*records), keys);
    if (auto found = reader->end_at_newest_plausible(keys); !found) return failure(found.error());
    return reader;
}

Result<std::unique_ptr<LogReader>> open_rocksdb_reader(const std::string& directory,
                                                       const std::string& scratch, const LogKeys& keys) {
    auto options = rocksdb_reading_options(rocksdb::WALRecoveryMode::kAbsoluteConsistency);
    options.max_open_files = -1;  // a secondary must keep files open that the owner may delete
    rocksdb::DB* raw = nullptr;
    const rocksdb::Status status = rocksdb::DB::OpenAsSecondary(options, directory, scratch, &raw);
    std::unique_ptr<rocksdb::DB> db(raw);
    if (!status.ok()) return failure(rocksdb_error(status, "opened for reading"));
    auto reader = std::make_unique<RocksdbReader>(RocksdbRecords(std::move(db)), keys);
    if (auto found = reader->end_at_last(keys); !found) return failure(found.error());
    return reader;
}

Result<KeyId> rocksdb_newest_key_id(const std::string& directory) {
    auto records = open_rocksdb_read_only(directory);
    if (!records) return failure(records.error());
    const auto last = records->last();
    if (!last) return failure(last.error());
    auto newest = records->raw().at_or_before(*last);
    if (!newest) return failure(newest.error());
    if (*newest) return (*newest)->header.key_id;
    return failure(ErrorCode::audit_chain_invalid, "no record of the log can be read");
}

}  // namespace ibkr::events
