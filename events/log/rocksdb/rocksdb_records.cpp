#include <algorithm>
#include <cassert>
#include <mutex>

#include <rocksdb/iterator.h>
#include <rocksdb/sst_file_reader.h>

#include "events/log/chain/chain_writer.hpp"
#include "events/log/rocksdb/rocksdb_records_internal.hpp"

namespace ibkr::events {
namespace {

constexpr std::size_t value_prefix_bytes = record_header_bytes + std::tuple_size_v<Mac>;
constexpr std::size_t readahead_bytes = 1'048'576;

rocksdb::Slice slice(std::string_view text) {
    return {text.data(), text.size()};
}
std::string_view view(const rocksdb::Slice& text) {
    return {text.data(), text.size()};
}

tl::unexpected<Error> unreadable(SequenceId sequence, std::string_view why) {
    return failure(ErrorCode::audit_chain_invalid,
                   "record " + std::to_string(sequence.value()) + " " + std::string(why));
}

Result<void> decode_value(std::string_view value, SequenceId sequence, Record& record) {
    const auto header = decode_header(value.substr(0, record_header_bytes));
    if (value.size() < value_prefix_bytes || !header) return unreadable(sequence, "is not a record");
    record.sequence = sequence;
    record.header = *header;
    std::ranges::copy(bytes_of(value).subspan(record_header_bytes, record.mac.size()), record.mac.begin());
    record.bytes.assign(value.substr(value_prefix_bytes));
    return {};
}

Result<SequenceId> sequence_of(std::string_view key) {
    if (key.size() == sizeof(std::uint64_t)) return SequenceId(read_be64(bytes_of(key)));
    return failure(ErrorCode::audit_chain_invalid, "the log holds a key that is not a sequence");
}

/// A table that is damaged or gone, or a sector that cannot be read: not a passing condition.
bool is_damage(const rocksdb::Status& status) {
    return status.IsCorruption() || status.IsPathNotFound() ||
           (status.IsIOError() && status.ToString().find("Input/output error") != std::string::npos);
}

class RocksdbCursor final : public LogCursor {
public:
    RocksdbCursor(const RocksdbRecords& records, std::unique_ptr<rocksdb::Iterator> rows, GapWalk walk,
                  bool forward)
        : records_(records), rows_(std::move(rows)), walk_(std::move(walk)), forward_(forward) {}

    Result<bool> next(Record& record) override {
        if (walk_.ended()) return false;
        if (auto decoded = decode(record); !decoded) {
            walk_.end();
            return failure(std::move(decoded.error()));
        }
        walk_.step();
        return true;
    }

private:
    Result<void> decode(Record& record) {
        const SequenceId expected = walk_.at();
        if (!placed_ || walk_.jumped()) {
            const std::string key = row_key(expected);
            forward_ ? rows_->Seek(slice(key)) : rows_->SeekForPrev(slice(key));
        } else {
            forward_ ? rows_->Next() : rows_->Prev();
        }
        placed_ = rows_->Valid() && view(rows_->key()) == row_key(expected);
        if (placed_) return decode_value(view(rows_->value()), expected, record);
        return records_.read_at(expected, record);
    }

    const RocksdbRecords& records_;
    std::unique_ptr<rocksdb::Iterator> rows_;
    GapWalk walk_;
    bool forward_;
    bool placed_ = false;  ///< the iterator stands at the last record given
};

}  // namespace

/// The table a row was last read from alone, kept open: its neighbours will be asked for next.
class RocksdbRecords::LoneTable {
public:
    /// False when the row is not there or cannot be read.
    [[nodiscard]] bool read(const rocksdb::LiveFileMetaData& file, const std::string& key,
                            std::string& value) {
        const std::scoped_lock lock(mutex_);
        if (file.name != name_ || !reader_) {
            name_ = file.name;
            reader_ = std::make_unique<rocksdb::SstFileReader>(options_);
            if (!reader_->Open(file.db_path + file.name).ok()) reader_.reset();
        }
        if (!reader_) return false;
        const std::unique_ptr<rocksdb::Iterator> row(reader_->NewIterator({}));
        row->Seek(key);
        if (!row->Valid() || row->key() != key) return false;
        value = row->value().ToString();
        return true;
    }

private:
    std::mutex mutex_;  ///< guards everything below
    rocksdb::Options options_ = rocksdb_reading_options(rocksdb::WALRecoveryMode::kAbsoluteConsistency);
    std::string name_;
    std::unique_ptr<rocksdb::SstFileReader> reader_;
};

RocksdbRecords::RocksdbRecords(std::unique_ptr<rocksdb::DB> db)
    : db_(std::move(db)), lone_table_(std::make_unique<LoneTable>()) {}
RocksdbRecords::~RocksdbRecords() = default;
RocksdbRecords::RocksdbRecords(RocksdbRecords&&) noexcept = default;

std::string row_key(SequenceId sequence) {
    std::string key;
    append_be64(key, sequence.value());
    return key;
}

void assign_row_value(const Record& record, std::string& value) {
    value = encode(record.header);
    value.append(text_of(record.mac));
    value.append(record.bytes);
}

Result<SequenceId> RocksdbRecords::last() const {
    SequenceId last;
    std::vector<rocksdb::LiveFileMetaData> files;
    db_->GetLiveFilesMetaData(&files);
    for (const auto& file : files) {
        auto largest = sequence_of(file.largestkey);
        if (!largest) return largest;
        last = std::max(last, *largest);
    }
    rocksdb::ReadOptions in_memory;
    in_memory.read_tier = rocksdb::kMemtableTier;
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(in_memory));
    rows->SeekToLast();
    if (!rows->status().ok()) return failure(rocksdb_error(rows->status(), "read"));
    if (!rows->Valid()) return last;
    auto newest = sequence_of(view(rows->key()));
    if (!newest) return newest;
    return std::max(last, *newest);
}

Result<void> RocksdbRecords::read_at(SequenceId sequence, Record& record) const {
    rocksdb::PinnableSlice value;
    const std::string key = row_key(sequence);
    const auto status = db_->Get({}, db_->DefaultColumnFamily(), slice(key), &value);
    if (status.ok()) return decode_value(view(value), sequence, record);
    if (status.IsNotFound() && !status.IsPathNotFound()) return unreadable(sequence, "is missing");
    if (is_damage(status)) return read_alone(sequence, record);
    return failure(rocksdb_error(status, "read"));
}

Result<void> RocksdbRecords::read_alone(SequenceId sequence, Record& record) const {
    const std::string key = row_key(sequence);
    std::string value;
    std::vector<rocksdb::LiveFileMetaData> files;
    db_->GetLiveFilesMetaData(&files);
    for (const auto& file : files)
        if (file.smallestkey <= key && key <= file.largestkey && lone_table_->read(file, key, value))
            return decode_value(value, sequence, record);
    return unreadable(sequence, "cannot be read");
}

RawRecords RocksdbRecords::raw() const {
    using Found = Result<std::optional<Record>>;
    const auto at = [this](SequenceId sequence) -> Found {
        Record record;
        const auto read = read_at(sequence, record);
        if (read) return record;
        if (read.error().code == ErrorCode::audit_chain_invalid) return std::optional<Record>();
        return failure(read.error());
    };
    const auto at_or_before = [this, at](SequenceId sequence) -> Found {
        const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
        const std::string key = row_key(sequence);
        rows->SeekForPrev(slice(key));
        // Where the iterator cannot stand, each sequence is looked up alone.
        if (rows->Valid() && rows->key().size() == key.size())
            sequence = SequenceId(read_be64(bytes_of(view(rows->key()))));
        else if (rows->status().ok())
            return std::optional<Record>();
        for (; sequence >= SequenceId(1); sequence = SequenceId(sequence.value() - 1)) {
            auto found = at(sequence);
            if (!found || *found) return found;
        }
        return std::optional<Record>();
    };
    return {at, at_or_before};
}

std::unique_ptr<LogCursor> RocksdbRecords::read(SequenceId from, SequenceId head,
                                                std::vector<AttestedGap> gaps) const {
    assert(from.value() >= 1);
    rocksdb::ReadOptions options;
    options.readahead_size = readahead_bytes;
    options.fill_cache = false;
    return std::make_unique<RocksdbCursor>(*this,
                                           std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options)),
                                           GapWalk(std::move(gaps), from, head, true), true);
}

std::unique_ptr<LogCursor> RocksdbRecords::read_back(SequenceId from, SequenceId head,
                                                     std::vector<AttestedGap> gaps) const {
    return std::make_unique<RocksdbCursor>(
        *this, std::unique_ptr<rocksdb::Iterator>(db_->NewIterator({})),
        GapWalk(std::move(gaps), std::min(from, head), SequenceId(1), false), false);
}

Result<std::optional<Record>> newest_plausible(const RocksdbRecords& records,
                                               const std::vector<SequenceId>& hints, const KeyRing& keys) {
    const auto last = records.last();
    if (!last) return failure(last.error());
    if (*last == SequenceId()) return std::optional<Record>();
    const RawRecords raw = records.raw();
    for (SequenceId at = *last; at >= SequenceId(1); at = SequenceId(at.value() - 1)) {
        auto record = raw.at_or_before(at);
        if (!record) return failure(record.error());
        if (!*record) break;
        at = (*record)->sequence;
        auto gaps = find_gaps(raw, **record, hints, keys);
        if (!gaps) return failure(gaps.error());
        auto fits = fits_predecessor(**record, raw, *gaps, keys);
        if (!fits) return failure(fits.error());
        if (*fits) return record;
    }
    return failure(ErrorCode::audit_chain_invalid, "no record of the log can be read and verified");
}

}  // namespace ibkr::events
