#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulation/world/disk.hpp"

namespace ibkr::simulation {

/// What a loss of power may take from a data directory on the real file system: of each file of the store the
/// bytes that no sync covered, of the store's folder the entries (new, renamed, removed) that no sync of the
/// folder covered. `store_on` (rocksdb_lossy_store.hpp) tells it what the store does.
///
/// A crash is a picture of the directory as the disk could hold it at that moment. The process that "died"
/// runs on in the old folder, which nobody looks at again: RocksDB with assertions would abort when every
/// operation failed under it. What our own code writes beside the store (keys, VERSION) is synced by each
/// call and taken as it is; of the anchors `drop` and `tear` take what was last said to be synced.
/// Any thread.
class LossyDisk {
public:
    using FileNumber = std::uint64_t;

    /// `data` holds a log, all of it durable. `work`: a folder to be made on the same file system, where each
    /// file keeps a name, so that what the store removed or replaced can come back.
    LossyDisk(std::string data, std::string work);
    LossyDisk(const LossyDisk&) = delete;
    LossyDisk& operator=(const LossyDisk&) = delete;

    /// Called before each operation that changes the disk (create, append, truncate, sync, rename, remove,
    /// sync of the folder), while no other runs. `operation`: its number and what it is.
    using Watcher = std::function<void(std::uint64_t number, const std::string& operation)>;
    void watch(Watcher watcher);

    void note_anchors_synced();

    // Faults of the write-ahead log.
    /// The next sync fails: what it was to make durable is not.
    void fail_next_sync();
    /// Nothing more can be appended until there is room again.
    void set_full(bool full);
    /// From now on syncs say that they happened and did not.
    void lie_about_syncs();

    /// What every write-ahead file holds is durable.
    [[nodiscard]] bool wal_is_synced() const;
    /// Power is lost here: pictures show this moment from now on. The first call counts.
    void freeze();

    /// A new directory `to` with what a crash now, or at the frozen moment, leaves. `seed` says where a file
    /// is torn, and whether a garbled one holds noise or zeros.
    void picture(DiskPolicy policy, std::uint64_t seed, const std::string& to) const;

    // What the store does. Each operation begins with `begin` and is noted when it succeeded, all under
    // `mutex`.
    enum class Fault : std::uint8_t { none, no_space, sync_fails };
    [[nodiscard]] std::recursive_mutex& mutex() const { return mutex_; }
    [[nodiscard]] Fault begin(std::string_view what, const std::string& path);
    FileNumber created(const std::string& path);
    void removed(const std::string& path);
    void renamed(const std::string& from, const std::string& to);
    void entries_synced();
    void appended(FileNumber number, std::uint64_t bytes) { now_.files.at(number).written += bytes; }
    void synced(FileNumber number);
    [[nodiscard]] std::uint64_t bytes_of(FileNumber number) const { return now_.files.at(number).written; }

private:
    struct File {
        std::uint64_t written = 0, synced = 0;
    };
    struct Moment {
        std::map<FileNumber, File> files;
        std::map<std::string, FileNumber> entries, durable_entries;
        std::string synced_anchors, anchors;  ///< the latter of a frozen one
    };

    [[nodiscard]] const Moment& moment() const { return frozen_ ? *frozen_ : now_; }
    [[nodiscard]] FileNumber add(const std::string& path, std::uint64_t bytes);
    [[nodiscard]] std::string left_of(FileNumber number, DiskPolicy policy, std::uint64_t seed) const;

    const std::string data_, work_;
    mutable std::recursive_mutex mutex_;  ///< a watcher takes pictures
    Watcher watcher_;
    std::uint64_t operations_ = 0;
    FileNumber next_ = 1;
    Moment now_;
    std::optional<Moment> frozen_;
    bool full_ = false, fail_next_sync_ = false, lying_ = false;
};

}  // namespace ibkr::simulation
