#include "events/log/rocksdb_log.hpp"

#include <filesystem>
#include <fstream>

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/write_batch.h>

#include "tests/unit/events/log_conformance.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

std::unique_ptr<Log> made(const std::string& directory, const LogKeys& keys) {
    auto log = rocksdb_store().create(directory, keys);
    REQUIRE(log);
    return std::move(*log);
}

std::unique_ptr<Log> opened(const std::string& directory, const LogKeys& keys) {
    auto log = rocksdb_store().open(directory, keys);
    REQUIRE(log);
    return std::move(*log);
}

/// Writes one raw row behind the log's back.
void put_raw(const std::string& directory, const std::string& key, const std::string& value) {
    rocksdb::DB* raw = nullptr;
    REQUIRE(rocksdb::DB::Open({}, directory, &raw).ok());
    const std::unique_ptr<rocksdb::DB> db(raw);
    REQUIRE((value.empty() ? db->Delete({}, key) : db->Put({}, key, value)).ok());
}

std::string key_of(std::uint64_t sequence) {
    std::string key;
    append_be64(key, sequence);
    return key;
}

/// A disk whose nth sync of a file fails; counts them all.
class FailingSyncs final : public rocksdb::FileSystemWrapper {
public:
    explicit FailingSyncs(int fail_at) : FileSystemWrapper(rocksdb::FileSystem::Default()), left_(fail_at) {}
    const char* Name() const override { return "FailingSyncs"; }

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* context) override {
        std::unique_ptr<rocksdb::FSWritableFile> inner;
        auto status = target()->NewWritableFile(name, options, &inner, context);
        if (status.ok()) *file = std::make_unique<File>(std::move(inner), *this, name.ends_with(".log"));
        return status;
    }

    int wal_syncs = 0;

private:
    class File final : public rocksdb::FSWritableFileOwnerWrapper {
    public:
        File(std::unique_ptr<rocksdb::FSWritableFile> inner, FailingSyncs& disk, bool wal)
            : FSWritableFileOwnerWrapper(std::move(inner)), disk_(disk), wal_(wal) {}
        rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
            if (wal_ && disk_.fails_now()) return rocksdb::IOStatus::IOError("sync failed");
            return FSWritableFileOwnerWrapper::Sync(options, context);
        }

    private:
        FailingSyncs& disk_;
        bool wal_;
    };

    bool fails_now() {
        ++wal_syncs;
        return --left_ == 0;
    }
    int left_;
};

}  // namespace

TEST_CASE("the RocksDB log keeps the port's contract", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    const auto log = made(temporary / "log", keys);
    check_conformance(*log, keys);
}

TEST_CASE("a RocksDB log is there again after it was closed", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    Head head;
    {
        const auto log = made(temporary / "log", keys);
        fill(*log, 20);
        head = log->head();
    }
    for (int start = 0; start < 8; ++start) {
        const auto log = opened(temporary / "log", keys);
        CHECK(log->head() == head);
        const auto next = log->append(batch(head.sequence.value() + 1, 2), head.sequence.next());
        REQUIRE(next);
        head = *next;
    }
    const auto log = opened(temporary / "log", keys);
    CHECK(verify_chain(*log, keys.ring())->events_scanned == 36);
    CHECK(verify_chain(*log, keys.ring())->chain_valid);
    int info_logs = 0;
    for (const auto& entry : std::filesystem::directory_iterator(temporary / "log"))
        if (entry.path().filename().string().starts_with("LOG")) ++info_logs;
    CHECK(info_logs <= 6);  // five and the lock file
}

TEST_CASE("a reader sees a log beside its owner and leaves nothing there", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    const auto log = made(temporary / "log", keys);
    fill(*log, 50);
    const auto files = [&] {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(temporary / "log"))
            names.push_back(entry.path().filename().string());
        std::ranges::sort(names);
        return names;
    };
    const auto before = files();
    auto reader = rocksdb_store().open_reader(temporary / "log", temporary / "scratch", keys);
    REQUIRE(reader);
    CHECK((*reader)->head() == log->head());
    CHECK(read_from(**reader, 1) == read_from(*log, 1));
    CHECK(verify_chain(**reader, keys.ring())->chain_valid);
    CHECK(files() == before);
    fill(*log, 60);
    CHECK((*reader)->head().sequence == SequenceId(50));
    CHECK(verify_chain(**reader, keys.ring())->events_scanned == 50);
}

TEST_CASE("a second owner finds the store taken", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    const auto log = made(temporary / "log", keys);
    const auto second = rocksdb_store().open(temporary / "log", keys);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::engine_busy);
    CHECK(second.error().message.find(temporary.path()) == std::string::npos);
}

TEST_CASE("no log is made over another, none is opened where none is", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    made(temporary / "log", keys).reset();
    CHECK_FALSE(rocksdb_store().create(temporary / "log", keys));
    CHECK_FALSE(rocksdb_store().open(temporary / "nothing", keys));
}

TEST_CASE("damage behind the log's back is found", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    {
        const auto log = made(temporary / "log", keys);
        fill(*log, 10);
    }
    const auto report = [&] {
        auto reader = rocksdb_store().open_reader(temporary / "log", temporary / "scratch", keys);
        REQUIRE(reader);
        auto verified = verify_chain(**reader, keys.ring());
        REQUIRE(verified);
        return *verified;
    };
    SECTION("a record is gone") {
        put_raw(temporary / "log", key_of(4), "");
        const auto log = opened(temporary / "log", keys);
        CHECK(verify_chain(*log, keys.ring())->first_break_at_sequence == SequenceId(4));
    }
    SECTION("a record is no record") {
        put_raw(temporary / "log", key_of(4), "short");
        CHECK(report().first_break_at_sequence == SequenceId(4));
        CHECK(report().events_scanned == 4);
    }
    SECTION("the newest record is no record") {
        put_raw(temporary / "log", key_of(10), "short");
        CHECK(rocksdb_store().open(temporary / "log", keys).error().code == ErrorCode::audit_chain_invalid);
        CHECK(report().first_break_at_sequence == SequenceId(10));
    }
    SECTION("a forged record follows the newest") {
        put_raw(temporary / "log", key_of(11),
                encode({1, 1, 1, keys.identity().key_id}) + std::string(32, 'm') + "{}");
        CHECK(rocksdb_store().open(temporary / "log", keys).error().code == ErrorCode::audit_chain_invalid);
        CHECK(report().first_break_at_sequence == SequenceId(11));
    }
    SECTION("a key is no sequence") {
        put_raw(temporary / "log", "zzz", "row");
        CHECK(rocksdb_store().open(temporary / "log", keys).error().code == ErrorCode::audit_chain_invalid);
    }
    SECTION("the WAL is cut") {
        for (const auto& entry : std::filesystem::directory_iterator(temporary / "log"))
            if (entry.path().extension() == ".log")
                std::filesystem::resize_file(entry.path(), entry.file_size() - 7);
        CHECK(rocksdb_store().open(temporary / "log", keys).error().code == ErrorCode::audit_chain_invalid);
    }
}

TEST_CASE("another log's keys do not open a log", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    {
        const auto log = made(temporary / "log", keys);
        fill(*log, 2);
    }
    const auto others = LogKeys::create(audit_secret());
    REQUIRE(others);
    CHECK(rocksdb_store().open(temporary / "log", *others).error().code == ErrorCode::audit_chain_invalid);
}

TEST_CASE("a failed sync acknowledges nothing and kills the log", "[log][rocksdb]") {
    const LogKeys keys = fixed_keys();
    int opened_logs = 0;
    for (int fail_at = 1; fail_at <= 6; ++fail_at) {
        const TemporaryDirectory temporary;
        made(temporary / "log", keys).reset();
        const auto disk = std::make_shared<FailingSyncs>(fail_at);
        const auto env = rocksdb::NewCompositeEnv(disk);
        std::uint64_t acknowledged = 0;
        {
            auto log = open_rocksdb_log(temporary / "log", keys, false, env.get());
            if (!log) continue;  // the start itself needed that sync
            ++opened_logs;
            while (acknowledged < 20) {
                const auto appended =
                    (*log)->append(batch(acknowledged + 1, 1), SequenceId(acknowledged + 1));
                if (!appended) {
                    CHECK(appended.error().code == ErrorCode::audit_write_failed);
                    break;
                }
                acknowledged = appended->sequence.value();
            }
            REQUIRE(acknowledged < 20);
            CHECK_FALSE((*log)->alive());
            CHECK((*log)->head().sequence == SequenceId(acknowledged));
            const int syncs = disk->wal_syncs;
            CHECK_FALSE((*log)->append(batch(acknowledged + 1, 1), SequenceId(acknowledged + 1)));
            CHECK(disk->wal_syncs == syncs);
        }
        const auto log = opened(temporary / "log", keys);
        CHECK(log->head().sequence >= SequenceId(acknowledged));
        CHECK(verify_chain(*log, keys.ring())->chain_valid);
    }
    CHECK(opened_logs >= 4);
}
