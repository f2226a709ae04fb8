#include "events/log/rocksdb/rocksdb_log.hpp"

#include <filesystem>
#include <fstream>
#include <map>

#include <rocksdb/db.h>

#include "tests/unit/events/chain_support.hpp"
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

/// Names, sizes and contents of everything in a folder.
std::map<std::string, std::string> contents(const std::string& directory) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        std::ifstream file(entry.path(), std::ios::binary);
        files[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return files;
}

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
}

TEST_CASE("no more than five info logs stay, however often a log is opened", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    made(temporary / "log", keys).reset();
    for (int start = 0; start < 30; ++start)
        opened(temporary / "log", keys).reset();
    std::size_t info_logs = 0;
    for (const auto& [name, content] : contents(temporary / "log"))
        if (name == "LOG" || name.starts_with("LOG.old.")) ++info_logs;
    CHECK(info_logs <= 5);
    CHECK(info_logs >= 1);
}

TEST_CASE("the RocksDB log keeps epochs and branches", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    std::optional<LogKeys> keys;
    std::vector<AttestedGap> gaps;
    Head head;
    {
        const auto log = made(temporary / "log", fixed_keys());
        keys = check_epochs_and_branches(*log, fixed_keys());
        gaps = log->gaps();
        head = log->head();
    }
    const auto check = [&](const LogReader& log) {
        CHECK(log.head() == head);
        CHECK(log.gaps() == gaps);
        CHECK(log.identity() == keys->identity());
        CHECK(read_from(log, 1).size() == 38);
        CHECK(verify(log, keys->ring(), 2).chain_valid);
    };
    check(*opened(temporary / "log", *keys));
    check(*must(rocksdb_store().open_readable(temporary / "log", *keys)));
    check(*must(rocksdb_store().open_reader(temporary / "log", temporary / "scratch", *keys)));
    CHECK(must(rocksdb_store().newest_key_id(temporary / "log")) == keys->identity().key_id);
    // A keys file from before the resumptions: a crash came first, or an old copy was put back.
    const LogKeys lagging = must(fixed_keys().next_epoch(second_secret())).settled();
    check(*opened(temporary / "log", lagging));
    check(*must(rocksdb_store().open_reader(temporary / "log", temporary / "scratch", lagging)));
}

TEST_CASE("an unfinished rotation opens under the key the log goes on with", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    const LogKeys before = fixed_keys();
    const LogKeys rotating = must(before.next_epoch(second_secret()));
    const LogKeys by_old = must(LogKeys::parse(rotating.file_text(), audit_secret()));
    {
        const auto log = made(temporary / "log", before);
        fill(*log, 3);
    }
    // The records are not there yet: the new secret goes on under the old key and writes them.
    CHECK(must(rocksdb_store().newest_key_id(temporary / "log")) == before.identity().key_id);
    CHECK(opened(temporary / "log", by_old)->identity() == before.identity());
    CHECK(rocksdb_store().open(temporary / "log", rotating.settled()).error().code ==
          ErrorCode::log_key_mismatch);
    {
        const auto log = opened(temporary / "log", rotating);
        CHECK(log->identity() == before.identity());
        fill(*log, 4);
        const auto [retired, activated] = rotation(*log, rotating);
        must(log->append_rotation(retired, activated, rotating));
        CHECK(log->identity() == rotating.identity());
    }
    // They are: the old secret opens it no more.
    CHECK(must(rocksdb_store().newest_key_id(temporary / "log")) == rotating.identity().key_id);
    CHECK(rocksdb_store().open(temporary / "log", by_old).error().code == ErrorCode::log_key_mismatch);
    CHECK(opened(temporary / "log", rotating)->identity() == rotating.identity());
    const auto log = opened(temporary / "log", rotating.settled());
    fill(*log, 9);
    CHECK(verify(*log, rotating.ring()).chain_valid);
}

TEST_CASE("the position in the write-ahead log is that of the acknowledged batch", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    const auto log = made(temporary / "log", fixed_keys());
    WalPosition before = log->wal_position();
    CHECK(before.bytes == 0);
    for (std::uint64_t next = 1; next < 60; next += 3) {
        must(log->append(batch(next, 3), SequenceId(next)));
        const WalPosition position = log->wal_position();
        CHECK(position > before);
        before = position;
        char name[32];
        std::snprintf(name, sizeof name, "log/%06llu.log", static_cast<unsigned long long>(position.number));
        CHECK(std::filesystem::file_size(temporary / name) == position.bytes);
    }
    CHECK(log->secure_head());
}

TEST_CASE("reading changes nothing in the log's folder", "[log][rocksdb]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    {
        const auto log = made(temporary / "log", keys);
        fill(*log, 50);
    }
    const auto before = contents(temporary / "log");
    {
        const auto readable = must(rocksdb_store().open_readable(temporary / "log", keys));
        CHECK(readable->head().sequence == SequenceId(50));
        CHECK(verify(*readable, keys.ring()).chain_valid);
    }
    CHECK(rocksdb_store().newest_key_id(temporary / "log"));
    CHECK(contents(temporary / "log") == before);
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
        CHECK(must(rocksdb_store().open_readable(temporary / "log", keys))->head().sequence == SequenceId(9));
    }
    SECTION("a forged record follows the newest") {
        put_raw(temporary / "log", key_of(11),
                encode({1, 1, 1, keys.identity().key_id}) + std::string(32, 'm') + "{}");
        CHECK(rocksdb_store().open(temporary / "log", keys).error().code == ErrorCode::audit_chain_invalid);
        CHECK(report().first_break_at_sequence == SequenceId(11));
        CHECK(must(rocksdb_store().open_readable(temporary / "log", keys))->head().sequence ==
              SequenceId(10));
    }
    SECTION("a key is no sequence") {
        put_raw(temporary / "log", "zzz", "row");
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
