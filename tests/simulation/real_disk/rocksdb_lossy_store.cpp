#include "tests/simulation/real_disk/rocksdb_lossy_store.hpp"

#include <cassert>
#include <filesystem>
#include <memory>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "events/log/rocksdb/rocksdb_log.hpp"
#include "tests/support/forwarding_log.hpp"

namespace ibkr::simulation {

using namespace ibkr::events;
namespace fs = std::filesystem;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

/// Runs `change` and then, when it succeeded, `note`; alone.
template <class Change, class Note>
IOStatus operate(LossyDisk& disk, std::string_view what, const std::string& path, const Change& change,
                 const Note& note) {
    const std::scoped_lock lock(disk.mutex());
    const LossyDisk::Fault fault = disk.begin(what, path);
    if (fault == LossyDisk::Fault::no_space) return IOStatus::NoSpace("full");
    if (fault == LossyDisk::Fault::sync_fails) return IOStatus::IOError("the sync failed");
    const IOStatus status = change();
    if (status.ok()) note();
    return status;
}

class LossyFiles final : public rocksdb::FileSystemWrapper {
public:
    explicit LossyFiles(LossyDisk& disk) : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
    const char* Name() const override { return "LossyDisk"; }

    IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                             IODebugContext* context) override {
        std::unique_ptr<rocksdb::FSWritableFile> inner;
        LossyDisk::FileNumber number = 0;
        auto status = operate(
            disk_, "create", path,
            [&] {
                std::error_code not_there;
                fs::remove(path, not_there);  // a file in its place is another one: the old one may come back
                return target()->NewWritableFile(path, options, &inner, context);
            },
            [&] { number = disk_.created(path); });
        if (status.ok()) *file = std::make_unique<Writable>(std::move(inner), disk_, path, number);
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
        return operate(
            disk_, "remove", path, [&] { return target()->DeleteFile(path, options, context); },
            [&] { disk_.removed(path); });
    }
    IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                        IODebugContext* context) override {
        return operate(
            disk_, "rename", from, [&] { return target()->RenameFile(from, to, options, context); },
            [&] { disk_.renamed(from, to); });
    }
    IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                          std::unique_ptr<rocksdb::FSDirectory>* directory,
                          IODebugContext* context) override {
        std::unique_ptr<rocksdb::FSDirectory> inner;
        auto status = target()->NewDirectory(path, options, &inner, context);
        if (status.ok()) *directory = std::make_unique<Directory>(std::move(inner), disk_, path);
        return status;
    }

private:
    class Writable final : public rocksdb::FSWritableFileOwnerWrapper {
    public:
        Writable(std::unique_ptr<rocksdb::FSWritableFile> inner, LossyDisk& disk, std::string path,
                 LossyDisk::FileNumber number)
            : FSWritableFileOwnerWrapper(std::move(inner)),
              disk_(disk),
              path_(std::move(path)),
              number_(number) {}

        IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                        IODebugContext* context) override {
            return operate(
                disk_, "append", path_,
                [&] { return FSWritableFileOwnerWrapper::Append(data, options, context); },
                [&] { disk_.appended(number_, data.size()); });
        }
        IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                        const rocksdb::DataVerificationInfo& verification, IODebugContext* context) override {
            return operate(
                disk_, "append", path_,
                [&] { return FSWritableFileOwnerWrapper::Append(data, options, verification, context); },
                [&] { disk_.appended(number_, data.size()); });
        }
        IOStatus Truncate(std::uint64_t bytes, const IOOptions& options, IODebugContext* context) override {
            return operate(
                disk_, "truncate", path_,
                [&] { return FSWritableFileOwnerWrapper::Truncate(bytes, options, context); },
                [&] {
                    assert(bytes == disk_.bytes_of(number_));  // gives room back, never data
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
            return operate(disk_, "sync", path_, sync, [&] { disk_.synced(number_); });
        }

        LossyDisk& disk_;
        std::string path_;
        LossyDisk::FileNumber number_;
    };

    class Directory final : public rocksdb::FSDirectoryWrapper {
    public:
        Directory(std::unique_ptr<rocksdb::FSDirectory> inner, LossyDisk& disk, std::string path)
            : FSDirectoryWrapper(std::move(inner)), disk_(disk), path_(std::move(path)) {}
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
            return operate(disk_, "sync folder", path_, sync, [&] { disk_.entries_synced(); });
        }

        LossyDisk& disk_;
        std::string path_;
    };

    LossyDisk& disk_;
};

// A LogStore is plain functions.
std::unique_ptr<rocksdb::Env> env_at_hand;
std::function<void()> appended_at_hand;

class WatchedLog final : public testing::ForwardingLog {
public:
    explicit WatchedLog(std::unique_ptr<Log> log) : ForwardingLog(*log), log_(std::move(log)) {}
    Result<Head> append(std::span<const PendingRecord> records, SequenceId expected_next) override {
        auto head = log_->append(records, expected_next);
        if (head && appended_at_hand) appended_at_hand();
        return head;
    }
    SequenceId last_sequence() const override { return log_->last_sequence(); }

private:
    std::unique_ptr<Log> log_;
};

}  // namespace

const LogStore& store_on(LossyDisk& disk, std::function<void()> appended) {
    env_at_hand = rocksdb::NewCompositeEnv(std::make_shared<LossyFiles>(disk));
    appended_at_hand = std::move(appended);
    static const LogStore store = [] {
        LogStore lossy = rocksdb_store();
        lossy.open = [](const std::string& directory, const LogKeys& keys) -> Result<std::unique_ptr<Log>> {
            auto log = open_rocksdb_log(directory, keys, false, env_at_hand.get());
            if (!log) return log;
            return std::make_unique<WatchedLog>(std::move(*log));
        };
        return lossy;
    }();
    return store;
}

}  // namespace ibkr::simulation
