#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tests/simulation/world/disk.hpp"

namespace rocksdb {
class Env;
}

namespace ibkr::simulation {

/// The real file system below a store, with what a loss of power may take from it: per file the bytes that no
/// sync covered, in the store's folder the entries (new, renamed, removed) that no sync of the folder
/// covered.
///
/// A crash is a picture of the data directory as the disk could hold it at that moment. The process that
/// "died" runs on in the old folder, which nobody looks at again: RocksDB with assertions would abort when
/// every operation failed under it. What our own code writes beside the store (keys, VERSION) is synced by
/// each call and taken as it is; of the anchors `drop` and `tear` take what was last said to be synced.
/// Any thread.
class LossyDisk {
public:
    /// `data` holds a log, all of it durable. `work`: a folder to be made on the same file system.
    LossyDisk(std::string data, std::string work);
    ~LossyDisk();
    LossyDisk(const LossyDisk&) = delete;
    LossyDisk& operator=(const LossyDisk&) = delete;

    /// For the store; lives as long as this object.
    [[nodiscard]] rocksdb::Env* env() const noexcept;

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

private:
    class State;
    class Files;
    std::shared_ptr<State> state_;
    std::shared_ptr<Files> files_;
    std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace ibkr::simulation
