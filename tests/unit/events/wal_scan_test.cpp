#include "events/log/rocksdb/wal_scan.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "events/crypto/sha256.hpp"
#include "events/log/directory/files.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

constexpr std::size_t block = 32'768;
constexpr std::size_t header = 7;
constexpr int full = 1, first = 2, middle = 3, last = 4;

/// Bit by bit, sharing nothing with the scanner.
std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t crc = 0xffffffffU;
    for (const char byte : bytes) {
        crc ^= static_cast<std::uint8_t>(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
    }
    return ~crc;
}

/// One record as RocksDB lays it out.
std::string record(int type, std::string_view payload) {
    const std::string covered = static_cast<char>(type) + std::string(payload);
    const std::uint32_t crc = crc32c(covered);
    const std::uint32_t masked = ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U;
    std::string out;
    for (unsigned shift = 0; shift < 32; shift += 8)
        out.push_back(static_cast<char>((masked >> shift) & 0xffU));
    out.push_back(static_cast<char>(payload.size() & 0xffU));
    out.push_back(static_cast<char>(payload.size() >> 8U));
    return out + covered;
}

std::string payload(std::size_t bytes) {
    std::string text(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i)
        text[i] = static_cast<char>('a' + i * 7 % 26);
    return text;
}

/// Batches one after another, split over blocks as RocksDB splits them.
struct Wal {
    std::string bytes;
    std::vector<std::size_t> ends;  ///< of the batches

    void add(std::size_t batch_bytes) {
        const std::string whole = payload(batch_bytes);
        std::string_view rest = whole;
        for (bool begun = false, ends_here = false; !ends_here; begun = true) {
            if (left() < header) bytes.append(left(), '\0');
            const std::size_t part = std::min(rest.size(), left() - header);
            ends_here = part == rest.size();
            const int type = begun ? (ends_here ? last : middle) : (ends_here ? full : first);
            bytes += record(type, rest.substr(0, part));
            rest.remove_prefix(part);
        }
        ends.push_back(bytes.size());
    }
    [[nodiscard]] std::size_t left() const { return block - bytes.size() % block; }
};

/// From a file in memory: thousands of variants cost a disk too much.
WalScan scan_of(const std::string& content) {
    static const FileDescriptor file(::memfd_create("wal", MFD_CLOEXEC));
    REQUIRE((file.open() && ::ftruncate(file.get(), 0) == 0));
    REQUIRE(::pwrite(file.get(), content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()));
    const std::string path = "/proc/self/fd/" + std::to_string(file.get());
    const auto scan = scan_wal(path, 4);
    REQUIRE(scan);
    CHECK(scan->number == 4);
    CHECK(scan->file_bytes == content.size());
    if (scan->whole()) {
        CHECK(scan->damaged_bytes() == 0);
        CHECK_FALSE(scan->decodable_after_damage);
    } else {
        CHECK(scan->damaged_sha256 == hex(sha256(content.substr(scan->good_bytes))));
        CHECK(scan->damaged_bytes() == content.size() - scan->good_bytes);
    }
    return *scan;
}

void check_whole(const std::string& content, std::size_t good) {
    const WalScan scan = scan_of(content);
    CHECK(scan.whole());
    CHECK(scan.good_bytes == good);
}

void check_damaged(const std::string& content, std::size_t good, bool decodable_after) {
    const WalScan scan = scan_of(content);
    CHECK_FALSE(scan.whole());
    CHECK(scan.good_bytes == good);
    CHECK(scan.decodable_after_damage == decodable_after);
}

}  // namespace

TEST_CASE("the checksum of the builder is the published one", "[wal]") {
    CHECK(crc32c("123456789") == 0xe3069283U);  // RFC 3720's check value
}

TEST_CASE("a whole write-ahead log is whole to its end", "[wal]") {
    check_whole("", 0);
    Wal wal;
    for (const std::size_t bytes : {0U, 1U, 400U, 32'761U, 32'768U, 100'000U, 5U}) {
        wal.add(bytes);
        check_whole(wal.bytes, wal.ends.back());
    }
    // A block may end in 1 to 6 bytes of padding, or in the empty beginning of the next batch.
    for (std::size_t left = 0; left <= header; ++left) {
        Wal padded;
        padded.add(block - header - left);
        check_whole(padded.bytes, block - left);
        padded.add(300);
        padded.add(300);
        check_whole(padded.bytes, padded.ends.back());
        CHECK(padded.ends.back() == block + 2 * (header + 300));
    }
}

TEST_CASE("zeros after the last batch are room, but for a header cut short", "[wal]") {
    Wal wal;
    wal.add(300);
    wal.add(300);
    const std::size_t good = wal.bytes.size();
    for (const std::size_t zeros : {7UL, 8UL, 4'096UL, block - good, block - good + 7, 70'000UL})
        check_whole(wal.bytes + std::string(zeros, '\0'), good);
    for (const std::size_t zeros : {1UL, 6UL, block - good + 1, block - good + 6})
        check_damaged(wal.bytes + std::string(zeros, '\0'), good, false);
    check_damaged(wal.bytes + std::string(4'096, '\0') + "x", good, false);
    check_damaged(wal.bytes + std::string(40'000, '\0') + "x", good, false);
    check_damaged(wal.bytes + std::string(4'096, '\0') + record(full, "later"), good, true);
    // Room after a batch that was begun is no end of it.
    check_damaged(wal.bytes + record(first, "begun") + std::string(4'096, '\0'), good, false);
}

TEST_CASE("a write-ahead log cut anywhere is good to the last whole batch", "[wal]") {
    Wal wal;
    for (const std::size_t bytes : {300U, 30U, 33'000U, 40U, 70'000U})
        wal.add(bytes);
    for (std::size_t cut = 0; cut < wal.bytes.size(); cut += cut > 800 && cut % block > 20 ? 61 : 1) {
        const auto after = std::ranges::upper_bound(wal.ends, cut);
        const std::size_t good = after == wal.ends.begin() ? 0 : *std::prev(after);
        CAPTURE(cut);
        if (good == cut)
            check_whole(wal.bytes.substr(0, cut), good);
        else
            check_damaged(wal.bytes.substr(0, cut), good, false);
    }
}

TEST_CASE("a changed byte is damage, told apart by what follows it", "[wal]") {
    Wal wal;
    for (const std::size_t bytes : {300U, 30U, 33'000U, 40U, 70'000U})
        wal.add(bytes);
    const std::size_t last_batch = wal.ends[wal.ends.size() - 2];
    for (std::size_t at = 0; at < wal.bytes.size(); at += at > 800 && at % block > 20 ? 61 : 1) {
        std::string content = wal.bytes;
        content[at] = static_cast<char>(content[at] ^ 0x04);
        const auto after = std::ranges::upper_bound(wal.ends, at);
        CAPTURE(at);
        check_damaged(content, after == wal.ends.begin() ? 0 : *std::prev(after), at < last_batch);
    }
    // Padding says nothing.
    Wal padded;
    padded.add(block - header - 3);
    padded.add(10);
    padded.bytes[block - 2] = 'x';
    check_whole(padded.bytes, padded.bytes.size());
}

TEST_CASE("records out of order are damage", "[wal]") {
    const std::string one = record(full, "one");
    check_damaged(one + record(middle, "x"), one.size(), false);
    check_damaged(one + record(last, "x"), one.size(), false);
    check_damaged(one + record(last, "x") + one, one.size(), true);
    check_damaged(one + record(first, "x"), one.size(), false);
    check_damaged(one + record(first, "x") + record(middle, "y"), one.size(), false);
    check_damaged(one + record(first, "x") + record(full, "y"), one.size(), true);
    check_damaged(one + record(first, "x") + record(first, "y") + record(last, "z"), one.size(), true);
    check_damaged(one + record(first, "x") + record(middle, "y") + "torn", one.size(), false);
    for (const int type : {0, 5, 6, 7, 8, 9, 129})
        check_damaged(one + record(type, "recycled"), one.size(), false);
    std::string too_long = record(full, "two");
    too_long[5] = 0x7f;
    check_damaged(one + too_long, one.size(), false);
}

TEST_CASE("only a beginning after the damage counts, at whatever byte it stands", "[wal]") {
    const std::string one = record(full, "one");
    const std::string torn = std::string(100, 'x');
    check_damaged(one + torn + record(full, "later"), one.size(), true);
    check_damaged(one + torn + record(first, "later") + torn, one.size(), true);
    check_damaged(one + torn + record(middle, "same") + record(last, "same"), one.size(), false);
    // Continuations of the torn batch lead into later blocks; behind them something else may begin.
    std::string blocks = one + std::string(block - one.size(), 'x');
    blocks += record(middle, payload(block - header));
    blocks += record(last, "same");
    check_damaged(blocks, one.size(), false);
    check_damaged(blocks + record(full, "later"), one.size(), true);
    check_damaged(blocks + torn + record(first, "later"), one.size(), true);
    check_damaged(blocks + torn + record(middle, "same"), one.size(), false);
    // What looks like a beginning inside a whole continuation is what somebody logged.
    check_damaged(blocks + record(middle, record(full, "copied")), one.size(), false);
}

TEST_CASE("what cannot be scanned is an error", "[wal]") {
    const TemporaryDirectory temporary;
    const auto missing = scan_wal(temporary / "000001.log", 1);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::audit_write_failed);
    CHECK(missing.error().message.find(temporary.path()) == std::string::npos);
    CHECK(scan_wal(temporary.path(), 1).error().code == ErrorCode::config_invalid);
}

TEST_CASE("the newest write-ahead file has the highest number", "[wal]") {
    const TemporaryDirectory temporary;
    const auto newest = [&] {
        auto found = newest_wal(temporary.path());
        REQUIRE(found);
        return *found;
    };
    CHECK_FALSE(newest());
    for (const char* name : {"000009.log", "LOG", "LOG.old.17", "000012.sst", "x13.log", "14x.log", ".log",
                             "000015.log.old", "-16.log"})
        std::ofstream(temporary / name) << "x";
    REQUIRE(newest());
    CHECK(newest()->number == 9);
    std::ofstream(temporary / "000010.log") << "x";
    CHECK(newest()->number == 10);
    CHECK(newest()->path == temporary / "000010.log");
    std::ofstream(temporary / "1000000.log") << "x";
    CHECK(newest()->number == 1'000'000);
    CHECK_FALSE(newest_wal(temporary / "missing"));
}
