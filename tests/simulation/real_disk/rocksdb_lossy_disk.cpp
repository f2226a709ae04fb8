#include "tests/simulation/real_disk/rocksdb_lossy_disk.hpp"

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace ibkr::simulation {

namespace fs = std::filesystem;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_content(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

std::string noise(std::size_t bytes, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::string text(bytes, '\0');
    for (char& byte : text)
        byte = static_cast<char>(random() & 0xffU);
    return text;
}

}  // namespace

/// What is known of the disk. Each file is kept under a name of its own in `work_`, so that what the store
/// removed or replaced can come back.
class LossyDisk::State {
public:
    struct File {
        std::uint64_t written = 0, synced = 0;
    };
    using FileNumber = std::uint64_t;

    State(std::string data, std::string work) : data_(std::move(data)), work_(std::move(work)) {
        fs::create_directory(work_);
        for (const auto& entry : fs::directory_iterator(fs::path(data_) / "log"))
            if (is_kept(entry.path()))
                now_.entries[entry.path().filename().string()] = add(entry.path(), entry.file_size());
        now_.durable_entries = now_.entries;
        note_anchors_synced();
    }

    /// Runs `change` and then, when it succeeded, `note`; alone.
    template <class Change, class Note>
    IOStatus operate(const char* what, const std::string& path, const Change& change, const Note& note) {
        const std::scoped_lock lock(mutex_);
        if (watcher_ && is_kept(path))
            watcher_(++operations_, what + (" " + fs::path(path).filename().string()));
        const bool of_wal = path.ends_with(".log");
        if (of_wal && full_ && what == std::string_view("append")) return IOStatus::NoSpace("full");
        if (of_wal && fail_next_sync_ && what == std::string_view("sync")) {
            fail_next_sync_ = false;
            return IOStatus::IOError("the sync failed");
        }
        const IOStatus status = change();
        if (status.ok()) note();
        return status;
    }

    FileNumber created(const std::string& path) {
        const FileNumber number = add(path, 0);
        now_.entries[fs::path(path).filename().string()] = number;
        return number;
    }
    void removed(const std::string& path) { now_.entries.erase(fs::path(path).filename().string()); }
    void renamed(const std::string& from, const std::string& to) {
        const auto moved = now_.entries.extract(fs::path(from).filename().string());
        if (!moved.empty()) now_.entries[fs::path(to).filename().string()] = moved.mapped();
    }
    void entries_synced() {
        if (!lying_) now_.durable_entries = now_.entries;
    }
    void appended(FileNumber number, std::uint64_t bytes) { now_.files.at(number).written += bytes; }
    void synced(FileNumber number) {
        if (!lying_) now_.files.at(number).synced = now_.files.at(number).written;
    }
    [[nodiscard]] std::uint64_t bytes_of(FileNumber number) const { return now_.files.at(number).written; }

    void fail_next_sync() {
        const std::scoped_lock lock(mutex_);
        fail_next_sync_ = true;
    }
    void set_full(bool full) {
        const std::scoped_lock lock(mutex_);
        full_ = full;
    }
    void lie_about_syncs() {
        const std::scoped_lock lock(mutex_);
        lying_ = true;
    }
    [[nodiscard]] bool wal_is_synced() const {
        const std::scoped_lock lock(mutex_);
        const Moment& moment = frozen_ ? *frozen_ : now_;
        return std::ranges::all_of(moment.entries, [&](const auto& entry) {
            const File& file = moment.files.at(entry.second);
            return !entry.first.ends_with(".log") ||
                   (file.synced == file.written && moment.durable_entries.contains(entry.first));
        });
    }
    void freeze() {
        const std::scoped_lock lock(mutex_);
        if (frozen_) return;
        frozen_ = now_;
        frozen_->anchors = content_of(fs::path(data_) / "anchors");
    }

    void watch(Watcher watcher) {
        const std::scoped_lock lock(mutex_);
        watcher_ = std::move(watcher);
    }
    void note_anchors_synced() {
        const std::scoped_lock lock(mutex_);
        now_.synced_anchors = content_of(fs::path(data_) / "anchors");
    }

    void picture(DiskPolicy policy, std::uint64_t seed, const std::string& to) const {
        const std::scoped_lock lock(mutex_);
        fs::create_directory(to);
        for (const auto& entry : fs::directory_iterator(data_))
            if (entry.path().filename() != "log") fs::copy(entry.path(), to / entry.path().filename());
        const Moment& moment = frozen_ ? *frozen_ : now_;
        if (policy == DiskPolicy::drop || policy == DiskPolicy::tear)
            write_content(fs::path(to) / "anchors", moment.synced_anchors);
        else if (frozen_)
            write_content(fs::path(to) / "anchors", moment.anchors);
        const fs::path log = fs::path(to) / "log";
        fs::create_directory(log);
        for (const auto& [name, number] :
             policy == DiskPolicy::drop ? moment.durable_entries : moment.entries)
            write_content(log / name, left_of(number, moment.files.at(number), policy, seed));
        for (const auto& path : {fs::path(to), log})
            fs::permissions(path, fs::perms::owner_all);
    }

private:
    struct Moment {
        std::map<FileNumber, File> files;
        std::map<std::string, FileNumber> entries, durable_entries;
        std::string synced_anchors, anchors;  ///< the latter of a frozen one
    };

    /// The info log and the lock are no part of a store's data.
    static bool is_kept(const fs::path& path) {
        const std::string name = path.filename().string();
        return !name.starts_with("LOG") && name != "LOCK";
    }

    FileNumber add(const fs::path& path, std::uint64_t bytes) {
        const FileNumber number = next_++;
        fs::create_hard_link(path, fs::path(work_) / std::to_string(number));
        now_.files[number] = {bytes, bytes};
        return number;
    }

    std::string left_of(FileNumber number, const File& file, DiskPolicy policy, std::uint64_t seed) const {
        std::string content = content_of(fs::path(work_) / std::to_string(number));
        content.resize(file.written);
        const std::uint64_t unsynced = file.written - file.synced;
        if (policy == DiskPolicy::drop) content.resize(file.synced);
        if (unsynced == 0) return content;
        if (policy == DiskPolicy::tear)
            content.resize(file.synced + std::mt19937_64(seed + number)() % unsynced);
        if (policy == DiskPolicy::garble)
            content.replace(file.synced, unsynced,
                            seed % 2 == 0 ? noise(unsynced, seed) : std::string(unsynced, '\0'));
        return content;
    }

    const std::string data_, work_;
    mutable std::recursive_mutex mutex_;  ///< a watcher takes pictures
    Watcher watcher_;
    std::uint64_t operations_ = 0;
    FileNumber next_ = 1;
    Moment now_;
    std::optional<Moment> frozen_;
    bool full_ = false, fail_next_sync_ = false, lying_ = false;
};

class LossyDisk::Files final : public rocksdb::FileSystemWrapper {
public:
    explicit Files(std::shared_ptr<State> state)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), state_(std::move(state)) {}
    const char* Name() const override { return "LossyDisk"; }

    IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                             IODebugContext* context) override {
        std::unique_ptr<rocksdb::FSWritableFile> inner;
        State::FileNumber number = 0;
        auto status = state_->operate(
            "create", path,
            [&] {
                std::error_code not_there;
                fs::remove(path, not_there);  // a file in its place is another one: the old one may come back
                return target()->NewWritableFile(path, options, &inner, context);
            },
            [&] { number = state_->created(path); });
        if (status.ok()) *file = std::make_unique<Writable>(std::move(inner), state_, path, number);
        return status;
    }
    // The store asks for neither: it never writes on in a file, and recycles none.
    IOStatus ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                                std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
        return IOStatus::NotSupported("ReopenWritableFile");
    }
    IOStatus ReuseWritableFile(const std::string&, const std::string&, const rocksdb::FileOptions&,
                               std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
        return IOStatus::NotSupported("ReuseWritableFile");
    }
    IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* context) override {
        return state_->operate(
            "remove", path, [&] { return target()->DeleteFile(path, options, context); },
            [&] { state_->removed(path); });
    }
    IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                        IODebugContext* context) override {
        return state_->operate(
            "rename", from, [&] { return target()->RenameFile(from, to, options, context); },
            [&] { state_->renamed(from, to); });
    }
    IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                          std::unique_ptr<rocksdb::FSDirectory>* directory,
                          IODebugContext* context) override {
        std::unique_ptr<rocksdb::FSDirectory> inner;
        auto status = target()->NewDirectory(path, options, &inner, context);
        if (status.ok()) *directory = std::make_unique<Directory>(std::move(inner), state_, path);
        return status;
    }

private:
    class Writable final : public rocksdb::FSWritableFileOwnerWrapper {
    public:
        Writable(std::unique_ptr<rocksdb::FSWritableFile> inner, std::shared_ptr<State> state,
                 std::string path, State::FileNumber number)
            : FSWritableFileOwnerWrapper(std::move(inner)),
              state_(std::move(state)),
              path_(std::move(path)),
              number_(number) {}

        IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* context) override {
            return state_->operate(
                "append", path_, [&] { return FSWritableFileOwnerWrapper::Append(data, options, context); },
                [&] { state_->appended(number_, data.size()); });
        }
        IOStatus Append(const Slice& data, const IOOptions& options,
                        const rocksdb::DataVerificationInfo& verification, IODebugContext* context) override {
            return state_->operate(
                "append", path_,
                [&] { return FSWritableFileOwnerWrapper::Append(data, options, verification, context); },
                [&] { state_->appended(number_, data.size()); });
        }
        IOStatus Truncate(std::uint64_t bytes, const IOOptions& options, IODebugContext* context) override {
            return state_->operate(
                "truncate", path_,
                [&] { return FSWritableFileOwnerWrapper::Truncate(bytes, options, context); },
                [&] {
                    assert(bytes == state_->bytes_of(number_));  // gives room back, never data
                });
        }
        IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
            return synced([&] { return FSWritableFileOwnerWrapper::Sync(options, context); });
        }
        IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
            return synced([&] { return FSWritableFileOwnerWrapper::Fsync(options, context); });
        }
        // RangeSync begins to write and promises nothing: it makes no byte durable.

    private:
        template <class Sync>
        IOStatus synced(const Sync& sync) {
            return state_->operate("sync", path_, sync, [&] { state_->synced(number_); });
        }

        std::shared_ptr<State> state_;
        std::string path_;
        State::FileNumber number_;
    };

    class Directory final : public rocksdb::FSDirectoryWrapper {
    public:
        Directory(std::unique_ptr<rocksdb::FSDirectory> inner, std::shared_ptr<State> state, std::string path)
            : FSDirectoryWrapper(std::move(inner)), state_(std::move(state)), path_(std::move(path)) {}
        IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
            return synced([&] { return FSDirectoryWrapper::Fsync(options, context); });
        }
        IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* context,
                                     const rocksdb::DirFsyncOptions& how) override {
            return synced([&] { return FSDirectoryWrapper::FsyncWithDirOptions(options, context, how); });
        }

    private:
        template <class Sync>
        IOStatus synced(const Sync& sync) {
            return state_->operate("sync folder", path_, sync, [&] { state_->entries_synced(); });
        }

        std::shared_ptr<State> state_;
        std::string path_;
    };

    std::shared_ptr<State> state_;
};

LossyDisk::LossyDisk(std::string data, std::string work)
    : state_(std::make_shared<State>(std::move(data), std::move(work))),
      files_(std::make_shared<Files>(state_)),
      env_(rocksdb::NewCompositeEnv(files_)) {}

LossyDisk::~LossyDisk() = default;

rocksdb::Env* LossyDisk::env() const noexcept {
    return env_.get();
}

void LossyDisk::watch(Watcher watcher) {
    state_->watch(std::move(watcher));
}

void LossyDisk::note_anchors_synced() {
    state_->note_anchors_synced();
}

void LossyDisk::fail_next_sync() {
    state_->fail_next_sync();
}

void LossyDisk::set_full(bool full) {
    state_->set_full(full);
}

void LossyDisk::lie_about_syncs() {
    state_->lie_about_syncs();
}

bool LossyDisk::wal_is_synced() const {
    return state_->wal_is_synced();
}

void LossyDisk::freeze() {
    state_->freeze();
}

void LossyDisk::picture(DiskPolicy policy, std::uint64_t seed, const std::string& to) const {
    state_->picture(policy, seed, to);
}

}  // namespace ibkr::simulation
