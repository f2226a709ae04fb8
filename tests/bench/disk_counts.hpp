#pragma once
// What this process asks of the disk. Included by one file of a program: it puts itself before fsync and
// fdatasync, of RocksDB and SQLite too, and lets them through.
#include <array>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/bench/bench.hpp"

namespace ibkr::bench {

/// Syncs by the file they were for, and bytes handed to write calls.
struct DiskCounts {
    std::uint64_t log_syncs = 0, venue_syncs = 0, projection_syncs = 0, other_syncs = 0;
    std::uint64_t bytes_written = 0;
    double sync_seconds = 0;

    [[nodiscard]] std::uint64_t syncs() const {
        return log_syncs + venue_syncs + projection_syncs + other_syncs;
    }
    friend DiskCounts operator-(DiskCounts a, const DiskCounts& b) {
        a.log_syncs -= b.log_syncs, a.venue_syncs -= b.venue_syncs;
        a.projection_syncs -= b.projection_syncs, a.other_syncs -= b.other_syncs;
        a.bytes_written -= b.bytes_written;
        a.sync_seconds -= b.sync_seconds;
        return a;
    }
};

namespace detail {

inline DiskCounts synced;  // benches sync from one thread; a background flush of RocksDB may lose a count

inline void count_sync(int file) {
    std::array<char, 512> name{};
    const std::string link = "/proc/self/fd/" + std::to_string(file);
    const auto length = readlink(link.c_str(), name.data(), name.size());
    const std::string_view path(name.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    const auto has = [&](std::string_view part) { return path.find(part) != std::string_view::npos; };
    ++(has("/log/")              ? synced.log_syncs
       : has("venue.sqlite3")    ? synced.venue_syncs
       : has("projections.sqli") ? synced.projection_syncs
                                 : synced.other_syncs);
}

inline int timed_sync(long call, int file) {
    count_sync(file);
    const Stopwatch time;
    const auto result = syscall(call, file);
    synced.sync_seconds += time.seconds();
    return static_cast<int>(result);
}

}  // namespace detail

[[nodiscard]] inline DiskCounts disk_counts() {
    DiskCounts counts = detail::synced;
    std::ifstream io("/proc/self/io");
    for (std::string name; io >> name;) {
        std::uint64_t value = 0;
        io >> value;
        if (name == "wchar:") counts.bytes_written = value;
    }
    return counts;
}

}  // namespace ibkr::bench

extern "C" int fdatasync(int file) {
    return ibkr::bench::detail::timed_sync(SYS_fdatasync, file);
}

extern "C" int fsync(int file) {
    return ibkr::bench::detail::timed_sync(SYS_fsync, file);
}
