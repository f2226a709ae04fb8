#include "events/log/rocksdb/wal_cut.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <ranges>
#include <sys/stat.h>
#include <unistd.h>

#include "events/log/directory/files.hpp"

namespace ibkr::events {
namespace {

constexpr std::string_view wal_name = "write-ahead log";

/// RocksDB's own name: the number in six digits at least.
std::string path_of(const std::string& log_directory, const WalScan& wal) {
    constexpr std::size_t digits = 6;
    const std::string number = std::to_string(wal.number);
    return log_directory + "/" + std::string(digits - std::min(digits, number.size()), '0') + number + ".log";
}

Result<void> remove_wal(const std::string& log_directory, const WalScan& wal) {
    if (::unlink(path_of(log_directory, wal).c_str()) != 0)
        return failure(system_error(wal_name, "removed", errno));
    return sync_directory(log_directory, wal_name);
}

Result<void> cut_wal(const std::string& log_directory, const WalScan& wal) {
    assert(!wal.whole() && wal.good_bytes < wal.file_bytes);
    const FileDescriptor file(::open(path_of(log_directory, wal).c_str(), O_WRONLY | O_CLOEXEC));
    struct stat status{};
    if (!file.open() || ::fstat(file.get(), &status) != 0)
        return failure(system_error(wal_name, "opened", errno));
    if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != wal.file_bytes)
        return failure(ErrorCode::audit_write_failed, "the write-ahead log changed while it was looked at",
                       "Look for another process or a failing disk, then try again.");
    if (::ftruncate(file.get(), static_cast<off_t>(wal.good_bytes)) != 0)
        return failure(system_error(wal_name, "cut", errno));
    if (::fsync(file.get()) != 0) return failure(system_error(wal_name, "synced", errno));
    return sync_directory(log_directory, wal_name);
}

}  // namespace

Result<void> cut_wals(const std::string& log_directory, const std::vector<WalScan>& wals,
                      SequenceId readable_head) {
    assert(std::ranges::is_sorted(wals, {}, &WalScan::number));
    const auto damaged = std::ranges::find_if(wals, [](const WalScan& wal) { return !wal.whole(); });
    if (damaged == wals.end()) return {};
    // RocksDB reads on into a file that continues exactly where the damage begins: stray bytes after the last
    // batch of an older file cost no record.
    const auto is_read = [&](const WalScan& wal) {
        return wal.number == damaged->number ||
               (wal.first_row != 0 && wal.first_row <= readable_head.value());
    };
    for (auto wal = wals.rbegin(); wal != wals.rend() && wal->number > damaged->number; ++wal)
        if (!is_read(*wal))
            if (auto removed = remove_wal(log_directory, *wal); !removed) return removed;
    // Those before them stay damaged until the later ones are cut, so that a crash shows no other records.
    for (const WalScan& wal : std::views::reverse(wals))
        if (!wal.whole() && is_read(wal))
            if (auto cut = cut_wal(log_directory, wal); !cut) return cut;
    return {};
}

}  // namespace ibkr::events
