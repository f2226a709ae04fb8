// Design section 12, rows 1 and 2: a durable append with its anchor, written before it returns and synced
// every 200 ms, against a bare RocksDB synced put of the same bytes. Both stores stand on the same disk with
// the same options of size, and their rounds take turns.
#include <memory>

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include "events/crypto/bytes.hpp"
#include "events/log/anchors/anchored_log.hpp"
#include "events/log/rocksdb/rocksdb_log.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/disk_counts.hpp"

namespace {

using namespace ibkr;
using bench::must;

constexpr int rounds_max = 15;
constexpr double seconds_max = 6;  // of each row
constexpr std::size_t record_bytes = 400;
constexpr std::size_t value_prefix_bytes = events::record_header_bytes + std::tuple_size_v<events::Mac>;
constexpr std::size_t write_buffer_bytes = std::size_t{16} * 1024 * 1024;

/// Canonical JSON of about the size of an event; no two are alike.
events::PendingRecord make_record(std::uint64_t number) {
    std::string bytes = fmt::format("{{\"body\":{{\"number\":\"{:020}\"}},\"fill\":\"", number);
    while (bytes.size() < record_bytes - 2)
        bytes.push_back(static_cast<char>('a' + (bytes.size() * 7 + number) % 26));
    return {1, bytes + "\"}"};
}

std::vector<events::PendingRecord> make_records(std::uint64_t first, std::size_t count) {
    std::vector<events::PendingRecord> records;
    records.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        records.push_back(make_record(first + i));
    return records;
}

/// The reference: RocksDB, one synced write per batch, the same keys and values of the same length.
class BareStore {
public:
    explicit BareStore(const std::string& path) {
        rocksdb::Options options;
        options.create_if_missing = true;
        options.write_buffer_size = write_buffer_bytes;
        rocksdb::DB* raw = nullptr;
        const auto status = rocksdb::DB::Open(options, path, &raw);
        db_.reset(raw);
        if (!status.ok()) bench::give_up("bare RocksDB", status.ToString());
    }
    /// Values are `header ‖ mac ‖ bytes` long, made before the clock starts.
    void write(const std::vector<std::string>& values) {
        rocksdb::WriteOptions durable;
        durable.sync = true;
        rocksdb::WriteBatch batch;
        std::string key;
        for (const auto& value : values) {
            key.clear();
            events::append_be64(key, ++sequence_);
            batch.Put(key, value);
        }
        if (!db_->Write(durable, &batch).ok()) bench::give_up("bare RocksDB", "write failed");
    }

private:
    std::unique_ptr<rocksdb::DB> db_;
    std::uint64_t sequence_ = 0;
};

/// The log as the product has it: on RocksDB, with one anchor file beside it.
events::AnchoredLog make_log(const bench::TemporaryDirectory& directory, const events::LogKeys& keys) {
    const events::LogIdentity& identity = keys.identity();
    std::vector<events::AnchorFile> anchors;
    anchors.push_back(must(events::AnchorFile::create(directory / "anchors", identity.log_id, {},
                                                      identity.key_id, keys.chain_key()),
                           "anchors"));
    return {must(events::rocksdb_store().create(directory / "log", keys), "log"), std::move(anchors),
            events::anchor_sync_interval_default};
}

struct Row {
    std::string_view name, bar;
    std::size_t batch;
    std::size_t appends;  ///< per round
};

void run(const Row& row) {
    const bench::TemporaryDirectory directory;
    const events::Secret secret(std::string(32, 's'));
    const auto keys = must(events::LogKeys::create(secret), "keys");
    events::AnchoredLog log = make_log(directory, keys);
    BareStore bare(directory / "bare");
    bench::Comparison records_per_second;
    bench::DiskCounts own_disk, bare_disk;
    std::uint64_t number = 0;
    bench::Rounds rounds(rounds_max, seconds_max);
    while (rounds.next()) {
        std::vector<std::vector<events::PendingRecord>> batches;
        std::vector<std::vector<std::string>> values;
        for (std::size_t i = 0; i < row.appends; ++i) {
            batches.push_back(make_records(number, row.batch));
            number += row.batch;
            for (values.emplace_back(); const auto& record : batches.back())
                values.back().push_back(std::string(value_prefix_bytes, 'h') + record.bytes);
        }
        const auto before = bench::disk_counts();
        const bench::Stopwatch own;
        for (const auto& batch : batches)
            must(log.append(batch, log.head().sequence.next()), "append");
        const double own_seconds = own.seconds();
        const auto between = bench::disk_counts();
        const bench::Stopwatch reference;
        for (const auto& batch : values)
            bare.write(batch);
        const double bare_seconds = reference.seconds();
        own_disk = between - before;
        bare_disk = bench::disk_counts() - between;
        const auto records = static_cast<double>(row.appends * row.batch);
        // The first round warms up.
        if (rounds.done() > 1) records_per_second.add(records / own_seconds, records / bare_seconds);
    }
    fmt::print("\n{}: {} rounds of {} appends of {} x {} B\n", row.name, rounds.done() - 1, row.appends,
               row.batch, record_bytes);
    bench::print_head();
    bench::print_row("log, records/s", bench::figure_of(records_per_second.ours));
    bench::print_row("bare RocksDB, records/s", bench::figure_of(records_per_second.reference));
    bench::print_row("ratio", records_per_second.ratio(), 2, row.bar);
    fmt::print("last round: log {} syncs, {} B; bare {} syncs, {} B\n", own_disk.syncs(),
               own_disk.bytes_written, bare_disk.syncs(), bare_disk.bytes_written);
}

}  // namespace

int main() {
    run({"one producer, anchored", ">= 0.9", 1, 100});
    run({"batches of 64 (what 64 producers queue), anchored", ">= 0.5", 64, 50});
}
