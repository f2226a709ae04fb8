#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "events/result.hpp"

namespace ibkr::events {

/// What one RocksDB write-ahead file (the record format of RocksDB 7: 32 KiB blocks, crc32c, type; no
/// recycling, no compression) holds, read without RocksDB.
struct WalScan {
    std::uint64_t number = 0;
    std::uint64_t file_bytes = 0;
    std::uint64_t good_bytes = 0;  ///< end of the last batch before which everything is whole
    /// A whole batch, or the beginning of one, stands somewhere after the damage: the damaged batch had been
    /// acknowledged before that one was begun.
    bool decodable_after_damage = false;
    std::string damaged_sha256;   ///< hex, of the bytes from `good_bytes` to the file's end; empty when whole
    std::uint64_t first_row = 0;  ///< record sequence that the first whole batch with rows begins at; 0: none

    /// Zeros after the last batch are room that was allocated, not damage; but fewer than a record's header
    /// at the file's end are a header cut short, as RocksDB sees it too.
    [[nodiscard]] bool whole() const noexcept { return damaged_sha256.empty(); }
    [[nodiscard]] std::uint64_t damaged_bytes() const noexcept {
        return whole() ? 0 : file_bytes - good_bytes;
    }
    friend bool operator==(const WalScan&, const WalScan&) = default;
};

/// Memory: one block, whatever the file's length. Errors: audit_write_failed (not there, I/O, the file
/// changed while it was read), config_invalid (permission, not a file).
[[nodiscard]] Result<WalScan> scan_wal(const std::string& path, std::uint64_t number);

/// Path and number of the newest write-ahead file (`NNNNNN.log`) in a store's directory; nothing when there
/// is none.
struct WalFile {
    std::string path;
    std::uint64_t number = 0;
};
[[nodiscard]] Result<std::optional<WalFile>> newest_wal(const std::string& log_directory);

}  // namespace ibkr::events
