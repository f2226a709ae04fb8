#include <filesystem>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "events/log/rocksdb/rocksdb_log.hpp"
#include "tests/unit/events/chain_support.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

/// A disk on which the nth sync of a write-ahead file fails. What was not synced then is still there, or gone
/// as after a loss of power.
class FailingSyncs final : public rocksdb::FileSystemWrapper {
public:
    FailingSyncs(int fail_at, bool loses)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), left_(fail_at), loses_(loses) {}
    const char* Name() const override { return "FailingSyncs"; }

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* context) override {
        std::unique_ptr<rocksdb::FSWritableFile> inner;
        auto status = target()->NewWritableFile(name, options, &inner, context);
        if (!status.ok()) return status;
        if (name.ends_with(".log"))
            *file = std::make_unique<Wal>(std::move(inner), *this, name);
        else
            *file = std::move(inner);
        return status;
    }

    int syncs = 0;
    bool failed = false;

private:
    class Wal final : public rocksdb::FSWritableFileOwnerWrapper {
    public:
        Wal(std::unique_ptr<rocksdb::FSWritableFile> inner, FailingSyncs& disk, std::string name)
            : FSWritableFileOwnerWrapper(std::move(inner)), disk_(disk), name_(std::move(name)) {}

        rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
            return synced([&] { return FSWritableFileOwnerWrapper::Sync(options, context); });
        }
        rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                                rocksdb::IODebugContext* context) override {
            return synced([&] { return FSWritableFileOwnerWrapper::Fsync(options, context); });
        }

    private:
        template <class Sync>
        rocksdb::IOStatus synced(const Sync& sync) {
            ++disk_.syncs;
            if (--disk_.left_ == 0) {
                disk_.failed = true;
                if (disk_.loses_) std::filesystem::resize_file(name_, durable_bytes_);
                return rocksdb::IOStatus::IOError("sync failed");
            }
            auto status = sync();
            durable_bytes_ = std::filesystem::file_size(name_);
            return status;
        }

        FailingSyncs& disk_;
        std::string name_;
        std::uintmax_t durable_bytes_ = 0;
    };

    int left_;
    bool loses_;
};

constexpr std::uint64_t appends_max = 20;

}  // namespace

TEST_CASE("a failed sync acknowledges nothing and kills the log", "[log][rocksdb]") {
    const LogKeys keys = fixed_keys();
    const auto [loses, size] =
        GENERATE(table<bool, std::size_t>({{false, 1}, {true, 1}, {false, 9}, {true, 9}}));
    int died_appending = 0;
    for (int fail_at = 1; fail_at <= 12; ++fail_at) {
        const TemporaryDirectory temporary;
        must(rocksdb_store().create(temporary / "log", keys)).reset();
        const auto disk = std::make_shared<FailingSyncs>(fail_at, loses);
        const auto env = rocksdb::NewCompositeEnv(disk);
        Head acknowledged;
        if (auto log = open_rocksdb_log(temporary / "log", keys, false, env.get())) {
            for (std::uint64_t i = 0; i < appends_max && (*log)->alive(); ++i) {
                const SequenceId next = acknowledged.sequence.next();
                const auto appended = (*log)->append(batch(next.value(), size), next);
                CHECK(appended.has_value() == !disk->failed);
                if (!appended) CHECK(appended.error().code == ErrorCode::audit_write_failed);
                if (appended) acknowledged = *appended;
            }
            REQUIRE(disk->failed);
            ++died_appending;
            CHECK_FALSE((*log)->alive());
            CHECK((*log)->head() == acknowledged);
            CHECK(read_from(**log, 1).size() == acknowledged.sequence.value());
            const int syncs = disk->syncs;
            for (int again = 0; again < 3; ++again) {
                const SequenceId next = acknowledged.sequence.next();
                CHECK_FALSE((*log)->append(batch(next.value(), size), next));
                CHECK_FALSE((*log)->append_resumed(pending(1, log_resumed_type), SequenceId(500)));
            }
            log->reset();
            CHECK(disk->syncs == syncs);
        }
        // A process of its own starts again: everything acknowledged is there, and whole batches only.
        const auto log = must(rocksdb_store().open(temporary / "log", keys));
        const std::uint64_t found = log->head().sequence.value();
        CHECK(found >= acknowledged.sequence.value());
        CHECK(found <= acknowledged.sequence.value() + size);
        CHECK(found % size == 0);
        const auto records = read_from(*log, 1);
        REQUIRE(records.size() == found);
        for (std::uint64_t i = 0; i < found; ++i)
            CHECK(records[i].bytes == pending(i + 1).bytes);
        if (acknowledged.sequence > SequenceId())
            CHECK(records[acknowledged.sequence.value() - 1].mac == acknowledged.mac);
        CHECK(verify(*log, keys.ring()).chain_valid);
        fill(*log, found + 5);
    }
    CHECK(died_appending >= 10);
}
