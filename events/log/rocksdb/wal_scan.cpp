#include "events/log/rocksdb/wal_scan.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/crc.hpp>

#include "events/crypto/sha256.hpp"
#include "events/log/directory/files.hpp"

namespace ibkr::events {
namespace {

constexpr std::string_view wal_name = "write-ahead log";

// The record format of RocksDB 7.8 (db/log_format.h there): a block holds records, none of which crosses its
// end; what is left of a block shorter than a header is padding.
constexpr std::size_t block_bytes = 32'768;
constexpr std::size_t header_bytes = 7;  ///< masked crc32c (le32), length (le16), type
constexpr std::size_t length_at = 4;
constexpr std::size_t type_at = 6;
enum class RecordType : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };

std::uint32_t masked_crc32c(std::string_view bytes) {
    // Castagnoli's polynomial, RFC 3720; the mask keeps a checksum of data that holds checksums sound.
    constexpr std::uint32_t polynomial = 0x1edc6f41, ones = 0xffffffff, mask_delta = 0xa282ead8;
    boost::crc_optimal<32, polynomial, ones, ones, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    const std::uint32_t value = crc.checksum();
    return ((value >> 15U) | (value << 17U)) + mask_delta;
}

/// One record as it lies in a block: a whole batch or a part of one.
struct PhysicalRecord {
    RecordType type;
    std::size_t bytes;  ///< header included
    [[nodiscard]] bool begins_batch() const noexcept {
        return type == RecordType::full || type == RecordType::first;
    }
    [[nodiscard]] bool ends_batch() const noexcept {
        return type == RecordType::full || type == RecordType::last;
    }
};

/// The record at the beginning of `bytes`, the rest of a block; nothing when no whole one is there.
std::optional<PhysicalRecord> record_at(std::string_view bytes) {
    if (bytes.size() < header_bytes) return {};
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
    const std::uint8_t type = byte(type_at);
    const std::size_t length = byte(length_at) + (std::size_t{byte(length_at + 1)} << 8U);
    if (type < static_cast<std::uint8_t>(RecordType::full) ||
        type > static_cast<std::uint8_t>(RecordType::last) || header_bytes + length > bytes.size())
        return {};
    std::uint32_t stored = 0;
    for (std::size_t i = length_at; i-- > 0;)
        stored = (stored << 8U) | byte(i);
    if (masked_crc32c(bytes.substr(type_at, 1 + length)) != stored) return {};
    return PhysicalRecord{static_cast<RecordType>(type), header_bytes + length};
}

/// The record sequence that a batch begins at, from its first physical record: RocksDB's sequence, the count
/// of rows, and then a put into the default column family, whose key is 8 bytes long. 0 when it has no rows.
std::uint64_t first_row_of(std::string_view physical) {
    constexpr std::size_t count_at = header_bytes + 8, count_bytes = 4, key_bytes = 8;
    constexpr std::size_t key_at = count_at + count_bytes + 2;
    constexpr std::string_view put_of_key("\x01\x08", 2);
    if (physical.size() < key_at + key_bytes || physical.substr(key_at - 2, 2) != put_of_key) return 0;
    std::uint64_t sequence = 0;
    for (const char byte : physical.substr(key_at, key_bytes))
        sequence = (sequence << 8U) | static_cast<std::uint8_t>(byte);
    return sequence;
}

/// A file of a fixed size, read block by block.
class BlockReader {
public:
    [[nodiscard]] static Result<BlockReader> open(const std::string& path) {
        FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        struct stat status{};
        if (!file.open() || ::fstat(file.get(), &status) != 0)
            return failure(system_error(wal_name, "opened", errno));
        if (!S_ISREG(status.st_mode)) return failure(system_error(wal_name, "opened", EISDIR));
        return BlockReader(std::move(file), static_cast<std::uint64_t>(status.st_size));
    }
    [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_bytes_; }

    /// The bytes from `offset` to the end of its block or of the file; empty at the file's end. Valid until
    /// the next call.
    [[nodiscard]] Result<std::string_view> rest_of_block(std::uint64_t offset) {
        assert(offset <= file_bytes_);
        const std::uint64_t begin = offset - offset % block_bytes;
        if (begin != begin_)
            if (auto loaded = load(begin); !loaded) return failure(loaded.error());
        return std::string_view(block_.data(), filled_).substr(static_cast<std::size_t>(offset - begin));
    }

private:
    BlockReader(FileDescriptor file, std::uint64_t file_bytes)
        : file_(std::move(file)), file_bytes_(file_bytes), block_(block_bytes, '\0') {}

    [[nodiscard]] Result<void> load(std::uint64_t begin) {
        const auto wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(block_bytes, file_bytes_ - begin));
        begin_ = nowhere;
        filled_ = 0;
        while (filled_ < wanted) {
            const ssize_t got = ::pread(file_.get(), block_.data() + filled_, wanted - filled_,
                                        static_cast<off_t>(begin + filled_));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return failure(system_error(wal_name, "read", errno));
            if (got == 0)
                return failure(ErrorCode::audit_write_failed,
                               "the write-ahead log became shorter while it was read");
            filled_ += static_cast<std::size_t>(got);
        }
        begin_ = begin;
        return {};
    }

    static constexpr std::uint64_t nowhere = ~std::uint64_t{0};
    FileDescriptor file_;
    std::uint64_t file_bytes_;
    std::string block_;
    std::size_t filled_ = 0;
    std::uint64_t begin_ = nowhere;
};

/// How far a file is whole.
struct Walk {
    std::uint64_t good_bytes = 0;
    bool in_batch = false;  ///< a batch was begun and not ended at `stopped_at`
    std::uint64_t stopped_at = 0;
    std::uint64_t first_row = 0;
};

Result<Walk> walk_whole_records(BlockReader& file) {
    Walk walk;
    std::uint64_t row = 0;  // that the batch at hand begins at
    while (true) {
        const auto rest = file.rest_of_block(walk.stopped_at);
        if (!rest) return failure(rest.error());
        const bool block_ends = (walk.stopped_at + rest->size()) % block_bytes == 0;
        if (rest->empty()) return walk;
        if (rest->size() < header_bytes && block_ends) {
            walk.stopped_at += rest->size();
            continue;
        }
        const auto record = record_at(*rest);
        if (!record || record->begins_batch() == walk.in_batch) return walk;
        if (record->begins_batch()) row = first_row_of(rest->substr(0, record->bytes));
        walk.in_batch = !record->ends_batch();
        walk.stopped_at += record->bytes;
        if (walk.in_batch) continue;
        walk.good_bytes = walk.stopped_at;
        if (walk.first_row == 0) walk.first_row = row;
    }
}

/// Whether nothing but zeros follows, none of them a header cut short.
Result<bool> only_room_follows(BlockReader& file, std::uint64_t from) {
    for (std::uint64_t offset = from; offset < file.file_bytes();) {
        const auto rest = file.rest_of_block(offset);
        if (!rest) return failure(rest.error());
        if (rest->find_first_not_of('\0') != std::string_view::npos) return false;
        offset += rest->size();
        if (rest->size() < header_bytes && offset % block_bytes != 0) return false;
    }
    return true;
}

/// Looks in the rest of one block. `aligned`: a record is expected to begin where it begins.
bool batch_begins_in(std::string_view rest, bool aligned) {
    while (aligned) {
        const auto record = record_at(rest);
        if (!record) break;
        if (record->begins_batch()) return true;
        rest.remove_prefix(record->bytes);
    }
    for (; rest.size() >= header_bytes; rest.remove_prefix(1)) {
        const auto record = record_at(rest);
        if (record && record->begins_batch()) return true;
    }
    return false;
}

Result<bool> batch_begins_after(BlockReader& file, std::uint64_t damage) {
    for (std::uint64_t offset = damage; offset < file.file_bytes();) {
        const auto rest = file.rest_of_block(offset);
        if (!rest) return failure(rest.error());
        if (batch_begins_in(*rest, offset % block_bytes == 0)) return true;
        offset += rest->size();
    }
    return false;
}

Result<std::string> sha256_from(BlockReader& file, std::uint64_t from) {
    Sha256Stream stream;
    for (std::uint64_t offset = from; offset < file.file_bytes();) {
        const auto rest = file.rest_of_block(offset);
        if (!rest) return failure(rest.error());
        stream.update(*rest);
        offset += rest->size();
    }
    return hex(stream.digest());
}

}  // namespace

Result<WalScan> scan_wal(const std::string& path, std::uint64_t number) {
    auto file = BlockReader::open(path);
    if (!file) return failure(file.error());
    const auto walk = walk_whole_records(*file);
    if (!walk) return failure(walk.error());
    WalScan scan{number, file->file_bytes(), walk->good_bytes, false, {}, walk->first_row};
    assert(scan.good_bytes <= walk->stopped_at && walk->stopped_at <= scan.file_bytes);
    if (!walk->in_batch) {
        const auto room = only_room_follows(*file, walk->stopped_at);
        if (!room) return failure(room.error());
        if (*room) return scan;
    }
    const auto decodable = batch_begins_after(*file, walk->stopped_at);
    if (!decodable) return failure(decodable.error());
    scan.decodable_after_damage = *decodable;
    auto digest = sha256_from(*file, scan.good_bytes);
    if (!digest) return failure(digest.error());
    scan.damaged_sha256 = std::move(*digest);
    return scan;
}

Result<std::optional<WalFile>> newest_wal(const std::string& log_directory) {
    std::optional<WalFile> newest;
    std::error_code error;
    std::filesystem::directory_iterator entry(log_directory, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        const std::string stem = entry->path().stem().string();
        std::uint64_t number = 0;
        const auto parsed = std::from_chars(stem.data(), stem.data() + stem.size(), number);
        if (!name.ends_with(".log") || parsed.ec != std::errc() || parsed.ptr != stem.data() + stem.size())
            continue;
        if (!newest || number > newest->number) newest = WalFile{entry->path().string(), number};
    }
    if (error) return failure(system_error("log", "listed", error.value()));
    return newest;
}

}  // namespace ibkr::events
