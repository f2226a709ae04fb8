// The scanner beside RocksDB itself, on its own files: what RocksDB refuses is what the scanner calls
// damaged, and what RocksDB recovers up to the damage is what the scanner calls good.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/transaction_log.h>
#include <rocksdb/write_batch.h>

#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"
#include "events/log/rocksdb/wal_scan.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t page = 4'096;

std::string random_bytes(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 generator(seed);
    std::string bytes(count, '\0');
    for (char& byte : bytes)
        byte = static_cast<char>(1 + generator() % 255);
    return bytes;
}

/// A closed database whose records are all in its one write-ahead file.
class RealWal {
public:
    /// `batches` synced batches of `records` records of `bytes` each.
    RealWal(std::size_t batches, std::size_t records, std::size_t bytes) : records_(records) {
        auto db = open(temporary_ / "db", rocksdb::WALRecoveryMode::kAbsoluteConsistency, true);
        REQUIRE(db);
        rocksdb::WriteOptions durable;
        durable.sync = true;
        std::string key;
        for (std::size_t number = 0; number < batches; ++number) {
            rocksdb::WriteBatch batch;
            for (std::size_t i = 0; i < records; ++i) {
                key.clear();
                append_be64(key, number * records + i);
                REQUIRE(batch.Put(key, random_bytes(bytes, number * records + i)).ok());
            }
            REQUIRE(db->Write(durable, &batch).ok());
            std::unique_ptr<rocksdb::LogFile> wal;
            REQUIRE(db->GetCurrentWalFile(&wal).ok());
            ends.push_back(wal->SizeFileBytes());
        }
        db.reset();
        const auto newest = newest_wal(temporary_ / "db");
        REQUIRE((newest && *newest));
        wal_ = **newest;
        std::ifstream file(wal_.path, std::ios::binary);
        content.assign(std::istreambuf_iterator<char>(file), {});
        REQUIRE(content.size() == ends.back());
    }

    [[nodiscard]] WalScan scan(const std::string& changed) const {
        std::ofstream(wal_.path, std::ios::binary) << changed;
        auto result = scan_wal(wal_.path, wal_.number);
        REQUIRE(result);
        CHECK(result->number == wal_.number);
        CHECK(result->file_bytes == changed.size());
        if (!result->whole())
            CHECK(result->damaged_sha256 ==
                  hex(sha256(std::string_view(changed).substr(result->good_bytes))));
        return *result;
    }

    /// The scan, with RocksDB asked for its opinion of the same file.
    [[nodiscard]] WalScan scan_beside_rocksdb(const std::string& changed) const {
        WalScan result = scan(changed);
        const auto whole_batches =
            static_cast<std::size_t>(std::ranges::upper_bound(ends, result.good_bytes) - ends.begin());
        CHECK(opens_strictly() == result.whole());
        CHECK(readable_records() == whole_batches * records_);
        CHECK(records_after_cut(result.good_bytes) == whole_batches * records_);
        return result;
    }

    std::string content;
    std::vector<std::size_t> ends;  ///< of the batches

private:
    static std::unique_ptr<rocksdb::DB> open(const std::string& path, rocksdb::WALRecoveryMode mode,
                                             bool create) {
        rocksdb::Options options;
        options.create_if_missing = create;
        options.wal_recovery_mode = mode;
        options.recycle_log_file_num = 0;
        rocksdb::DB* raw = nullptr;
        if (!rocksdb::DB::Open(options, path, &raw).ok()) return nullptr;
        return std::unique_ptr<rocksdb::DB>(raw);
    }
    [[nodiscard]] std::string copy() const {
        const std::string path = temporary_ / "copy";
        fs::remove_all(path);
        fs::copy(temporary_ / "db", path);
        return path;
    }
    [[nodiscard]] bool opens_strictly() const {
        return open(copy(), rocksdb::WALRecoveryMode::kAbsoluteConsistency, false) != nullptr;
    }
    [[nodiscard]] std::size_t readable_records() const {
        return records_of(open(copy(), rocksdb::WALRecoveryMode::kPointInTimeRecovery, false));
    }
    /// What a strict open shows once the file ends there.
    [[nodiscard]] std::size_t records_after_cut(std::uint64_t bytes) const {
        const std::string path = copy();
        fs::resize_file(fs::path(path) / fs::path(wal_.path).filename(), bytes);
        const std::size_t count =
            records_of(open(path, rocksdb::WALRecoveryMode::kAbsoluteConsistency, false));
        CHECK(records_of(open(path, rocksdb::WALRecoveryMode::kAbsoluteConsistency, false)) == count);
        return count;
    }
    [[nodiscard]] static std::size_t records_of(const std::unique_ptr<rocksdb::DB>& db) {
        REQUIRE(db);
        const std::unique_ptr<rocksdb::Iterator> row(db->NewIterator({}));
        std::size_t count = 0;
        for (row->SeekToFirst(); row->Valid(); row->Next())
            ++count;
        REQUIRE(row->status().ok());
        return count;
    }

    TemporaryDirectory temporary_;
    WalFile wal_;
    std::size_t records_;
};

void check_whole(const WalScan& scan, std::size_t good) {
    CHECK(scan.whole());
    CHECK(scan.good_bytes == good);
}

void check_torn(const WalScan& scan, std::size_t good) {
    CHECK_FALSE(scan.whole());
    CHECK(scan.good_bytes == good);
    CHECK_FALSE(scan.decodable_after_damage);
}

void check_damaged_inside(const WalScan& scan, std::size_t good) {
    CHECK_FALSE(scan.whole());
    CHECK(scan.good_bytes == good);
    CHECK(scan.decodable_after_damage);
}

}  // namespace

TEST_CASE("a write-ahead log of single records, damaged at its end", "[wal][rocksdb]") {
    const RealWal wal(1'000, 1, 300);
    const std::string& whole = wal.content;
    const std::size_t last = wal.ends[998], end = wal.ends[999];
    check_whole(wal.scan_beside_rocksdb(whole), end);

    for (const std::size_t bytes : {1UL, 7UL, 100UL, end - last - 1})
        check_torn(wal.scan_beside_rocksdb(whole.substr(0, end - bytes)), last);
    for (const std::size_t batches : {999UL, 500UL, 1UL})
        check_whole(wal.scan_beside_rocksdb(whole.substr(0, wal.ends[batches - 1])), wal.ends[batches - 1]);
    check_whole(wal.scan_beside_rocksdb(""), 0);
    for (const std::size_t bytes : {3UL, 5UL, 200UL, 4'096UL, 100'000UL})
        check_torn(wal.scan_beside_rocksdb(whole + random_bytes(bytes, bytes)), end);
    for (const std::size_t bytes : {4'096UL, 70'000UL})
        check_whole(wal.scan_beside_rocksdb(whole + std::string(bytes, '\0')), end);
    for (const std::size_t bytes : {1UL, 3UL, 6UL})
        check_torn(wal.scan_beside_rocksdb(whole + std::string(bytes, '\0')), end);

    // The last record has its length, but its body did not reach the disk.
    std::string zeroed = whole;
    std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(last + 7), zeroed.end(), '\0');
    check_torn(wal.scan_beside_rocksdb(zeroed), last);
    std::string lost_page = whole;
    std::fill(lost_page.begin() + static_cast<std::ptrdiff_t>(last), lost_page.end(), '\0');
    check_whole(wal.scan_beside_rocksdb(lost_page), last);
}

TEST_CASE("a write-ahead log of single records, damaged inside", "[wal][rocksdb]") {
    const RealWal wal(1'000, 1, 300);
    const std::size_t begin = wal.ends[498], end = wal.ends[499];
    std::size_t padding = 0;
    for (std::size_t at = begin; at < end; ++at) {
        std::string flipped = wal.content;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x20);
        CAPTURE(at - begin);
        const bool ask_rocksdb = at == begin || at == begin + 6 || at == begin + 100 || at == end - 1;
        const WalScan scan = ask_rocksdb ? wal.scan_beside_rocksdb(flipped) : wal.scan(flipped);
        check_damaged_inside(scan, begin);
    }
    // Anywhere in the file: good up to the record that was hit, and something follows unless it was the last.
    for (std::size_t at = 13; at < wal.content.size(); at += 1'009) {
        std::string flipped = wal.content;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x01);
        const auto hit = std::ranges::upper_bound(wal.ends, at);
        const std::size_t good = hit == wal.ends.begin() ? 0 : *std::prev(hit);
        CAPTURE(at);
        const WalScan scan = wal.scan(flipped);
        if (scan.whole()) {
            CHECK(32'768 - good % 32'768 < 7);
            ++padding;
            continue;
        }
        CHECK(scan.good_bytes == good);
        CHECK(scan.decodable_after_damage == (hit != wal.ends.end() - 1));
    }
    CHECK(padding <= 2);
    // A hole of several blocks, and a cut-out piece.
    std::string hole = wal.content;
    std::fill_n(hole.begin() + static_cast<std::ptrdiff_t>(begin), 100'000, '\0');
    CHECK(wal.scan(hole).decodable_after_damage);
    CHECK(wal.scan(hole).good_bytes == begin);
    std::string shorter = wal.content;
    shorter.erase(begin + 20, 50);
    check_damaged_inside(wal.scan_beside_rocksdb(shorter), begin);
}

TEST_CASE("a write-ahead log of batches of 2 MB", "[wal][rocksdb]") {
    const RealWal wal(3, 64, 32'700);
    const std::size_t first = wal.ends[0], second = wal.ends[1], end = wal.ends[2];
    REQUIRE(end - second > 2'000'000);
    check_whole(wal.scan_beside_rocksdb(wal.content), end);

    const std::size_t in_last = second + 1'000'000, in_second = first + 1'000'000;
    const std::size_t block_in_last = in_last - in_last % 32'768;
    for (const std::size_t cut : {in_last, block_in_last, second + 3, second + 7, end - 1})
        check_torn(wal.scan_beside_rocksdb(wal.content.substr(0, cut)), second);

    const auto without_page = [&](std::size_t at) {
        std::string content = wal.content;
        at -= at % page;
        std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(at), page, '\0');
        return content;
    };
    // Pages reach the disk in any order: the batch goes on after the hole, but nothing begins there.
    check_torn(wal.scan_beside_rocksdb(without_page(in_last)), second);
    check_torn(wal.scan_beside_rocksdb(without_page(block_in_last)), second);
    check_torn(wal.scan_beside_rocksdb(without_page(end - page)), second);
    check_torn(wal.scan_beside_rocksdb(without_page(in_last).substr(0, end - 500'000)), second);
    // A hole in a batch that another follows was acknowledged.
    check_damaged_inside(wal.scan_beside_rocksdb(without_page(in_second)), first);
    check_damaged_inside(wal.scan_beside_rocksdb(without_page(first + 40'000)), first);
    // Also when only the first part of the next one is there.
    check_damaged_inside(wal.scan_beside_rocksdb(without_page(in_second).substr(0, second + 40'000)), first);
}
