#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <rocksdb/db.h>

#include "events/log/rocksdb/rocksdb_log.hpp"
#include "events/log/rocksdb/wal_cut.hpp"
#include "events/log/start/quarantine.hpp"
#include "tests/unit/events/chain_support.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

/// A store on disk that a test damages: the newest file of a kind is looked up each time.
class Store {
public:
    Store() {
        const auto log = must(rocksdb_store().create(path(), keys_));
        fill(*log, 100);
    }

    [[nodiscard]] std::string path() const { return running_.empty() ? temporary_ / "log" : running_; }
    [[nodiscard]] const LogKeys& keys() const { return keys_; }

    /// Moves everything into tables: RocksDB does that with a write-ahead log that it finds.
    void settle(std::uint64_t until) {
        const auto log = must(open());
        fill(*log, until);
    }
    void flip(const std::string& extension, double where) {
        std::fstream file(newest(extension), std::ios::in | std::ios::out | std::ios::binary);
        const auto at = static_cast<std::streamoff>(
            static_cast<double>(std::filesystem::file_size(newest(extension)) - 1) * where);
        char byte = 0;
        file.seekg(at).get(byte);
        file.seekp(at).put(static_cast<char>(byte ^ 1));
        REQUIRE(file);
    }
    void cut(std::uint64_t bytes) {
        const auto wal = newest(".log");
        std::filesystem::resize_file(wal, std::filesystem::file_size(wal) - bytes);
    }
    void append_bytes(const std::string& bytes) {
        std::ofstream(newest(".log"), std::ios::app | std::ios::binary) << bytes;
    }
    /// To the newest file, which is empty as long as nothing was appended since the store was opened.
    void append_bytes_to_newest(const std::string& bytes) {
        append_bytes_to(must(newest_wal(path())).value().number, bytes);
    }
    void append_bytes_to(std::uint64_t wal, const std::string& bytes) {
        std::ofstream(wal_path(wal), std::ios::app | std::ios::binary) << bytes;
    }
    void cut_to(std::uint64_t wal, std::uint64_t bytes) {
        std::filesystem::resize_file(wal_path(wal), bytes);
    }
    /// As a process leaves it that is killed while a full memtable is on its way into a table.
    void fill_two_wals() {
        const std::string running = temporary_ / "running";
        const auto log = must(open());
        const std::vector<PendingRecord> large(64, PendingRecord{7, std::string(record_bytes_max, 'x')});
        while (true) {
            std::filesystem::remove_all(running);
            std::filesystem::copy(path(), running);
            const std::uint64_t first = must(newest_wal(running)).value().number;
            must(log->append(large, log->head().sequence.next()));
            if (must(newest_wal(path())).value().number == first) continue;
            // The older file as it was before, the newer as it is, the metadata of before.
            must(log->append(large, log->head().sequence.next()));
            const WalFile newer = must(newest_wal(path())).value();
            std::filesystem::copy_file(newer.path, running + "/" + newer.path.substr(path().size() + 1));
            break;
        }
        running_ = running;
    }
    void remove(const std::string& extension) { std::filesystem::remove(newest(extension)); }

    /// How many levels hold tables.
    [[nodiscard]] std::size_t levels() const {
        rocksdb::DB* raw = nullptr;
        REQUIRE(rocksdb::DB::OpenForReadOnly({}, path(), &raw).ok());
        const std::unique_ptr<rocksdb::DB> db(raw);
        std::vector<rocksdb::LiveFileMetaData> files;
        db->GetLiveFilesMetaData(&files);
        std::set<int> levels;
        for (const auto& file : files)
            levels.insert(file.level);
        return levels.size();
    }

    [[nodiscard]] Result<std::unique_ptr<Log>> open() const { return rocksdb_store().open(path(), keys_); }
    /// As a resumption does.
    [[nodiscard]] Result<std::unique_ptr<Log>> open_cut() const {
        const auto wals = must(scan_wals(path()));
        REQUIRE(cut_wals(path(), wals, readable()->head().sequence));
        return rocksdb_store().open_to_resume(path(), keys_);
    }
    [[nodiscard]] std::unique_ptr<LogReader> readable() const {
        const auto before = contents();
        auto log = must(rocksdb_store().open_readable(path(), keys_));
        CHECK(contents() == before);
        return log;
    }

private:
    [[nodiscard]] std::filesystem::path newest(const std::string& extension) const {
        std::filesystem::path newest;
        for (const auto& entry : std::filesystem::directory_iterator(path()))
            if (entry.path().extension() == extension && entry.file_size() > 0)
                newest = std::max(newest, entry.path());
        REQUIRE_FALSE(newest.empty());
        return newest;
    }
    [[nodiscard]] std::map<std::string, std::string> contents() const {
        std::map<std::string, std::string> files;
        for (const auto& entry : std::filesystem::directory_iterator(path())) {
            std::ifstream file(entry.path(), std::ios::binary);
            files[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
        }
        return files;
    }

    [[nodiscard]] std::string wal_path(std::uint64_t number) const {
        const std::string text = std::to_string(number);
        return path() + "/" + std::string(6 - text.size(), '0') + text + ".log";
    }

    TemporaryDirectory temporary_;
    std::string running_;  ///< a copy that stands for the store
    LogKeys keys_ = fixed_keys();
};

void check_refused(const Store& store) {
    const auto log = store.open();
    REQUIRE_FALSE(log);
    CHECK(log.error().code == ErrorCode::audit_chain_invalid);
    CHECK(log.error().message.find(store.path()) == std::string::npos);
}

/// Resumes beyond everything, appends, opens again: the loss is attested and the log is sound.
void check_resumes(const Store& store, std::vector<LostRange> gaps = {}) {
    LogKeys keys = store.keys().copy();
    SequenceId at;
    {
        const auto log = must(store.open_cut());
        at = log->last_sequence().next();
        resume(*log, at.value(), std::move(gaps));
        keys = keys.resumed(at);
        fill(*log, at.value() + 20);
    }
    for (const LogKeys* each : {static_cast<const LogKeys*>(&keys), &store.keys()}) {
        const auto log = must(rocksdb_store().open(store.path(), *each));
        CHECK(log->identity().branch == 2);
        const VerifyReport report = verify(*log, keys.ring(), 2);
        INFO(report.reason);
        CHECK(report.chain_valid);
        CHECK(report.head.sequence == SequenceId(at.value() + 20));
        CHECK(report.attested_gaps == log->gaps());
        CHECK(read_back_from(*log, report.head.sequence.value()).size() == report.events_scanned);
    }
}

}  // namespace

TEST_CASE("a write-ahead log that was cut is refused, and read up to the cut", "[log][rocksdb]") {
    Store store;
    store.cut(GENERATE(1U, 7U, 100U));
    check_refused(store);
    const auto log = store.readable();
    CHECK(log->head().sequence < SequenceId(100));
    CHECK(log->head().sequence > SequenceId(50));
    CHECK(verify(*log, store.keys().ring()).chain_valid);
    check_refused(store);

    const Head head = log->head();
    const auto dropped = must(store.open_cut());
    CHECK(dropped->head() == head);
    CHECK(dropped->last_sequence() == head.sequence);
    fill(*dropped, 120);
    CHECK(verify(*dropped, store.keys().ring()).chain_valid);
}

TEST_CASE("stray bytes after the last batch are dropped, no record with them", "[log][rocksdb]") {
    Store store;
    store.append_bytes(GENERATE(as<std::string>{}, "abc", std::string(200, 'x'), std::string(4'096, 'y')));
    check_refused(store);
    CHECK(store.readable()->head().sequence == SequenceId(100));
    CHECK(must(store.open_cut())->head().sequence == SequenceId(100));
    for (int starts = 0; starts < 3; ++starts)
        CHECK(must(store.open())->head().sequence == SequenceId(100));
}

TEST_CASE("one flipped bit in the write-ahead log ends what can be read", "[log][rocksdb]") {
    Store store;
    store.flip(".log", GENERATE(0.1, 0.5, 0.9));
    check_refused(store);
    const auto log = store.readable();
    CHECK(log->head().sequence < SequenceId(100));
    CHECK(verify(*log, store.keys().ring()).chain_valid);
    check_resumes(store);
}

TEST_CASE("a write-ahead log cut to nothing opens with what is in the tables", "[log][rocksdb]") {
    Store store;
    must(store.open());  // 1 to 100 are in a table now
    store.append_bytes_to_newest(GENERATE(as<std::string>{}, "abc", std::string(9'000, 'y')));
    check_refused(store);
    CHECK(must(store.open_cut())->head().sequence == SequenceId(100));
    for (std::uint64_t last = 101; last < 104; ++last)
        store.settle(last);
    CHECK(verify(*must(store.open()), store.keys().ring()).chain_valid);
}

TEST_CASE("stray bytes in an older write-ahead file cost no record of a newer one", "[log][rocksdb]") {
    Store store;
    store.fill_two_wals();
    const auto wals = must(scan_wals(store.path()));
    REQUIRE(wals.size() == 2);
    CHECK(wals[0].first_row == 101);
    CHECK(wals[1].first_row > 101);
    const std::uint64_t newest = store.readable()->head().sequence.value();
    CHECK(newest > wals[1].first_row);
    SECTION("after the last batch") {
        store.append_bytes_to(wals[0].number, "abc");
        check_refused(store);
        CHECK(must(store.open_cut())->head().sequence == SequenceId(newest));
    }
    SECTION("in its first batch") {
        store.cut_to(wals[0].number, 50);
        check_refused(store);
        CHECK(must(store.open_cut())->head().sequence == SequenceId(100));
        CHECK(must(store.open())->last_sequence() == SequenceId(100));
    }
}

TEST_CASE("a deleted write-ahead log leaves an empty log, which only an anchor can tell", "[log][rocksdb]") {
    Store store;
    store.remove(".log");
    CHECK(store.readable()->head() == Head{});
    CHECK(must(store.open())->head() == Head{});
}

TEST_CASE("a damaged block of a table costs its own records and no others", "[log][rocksdb]") {
    Store store;
    store.settle(300);
    store.settle(500);
    store.settle(501);
    // Tables: 1-100, 101-300, 301-500; the last record is in the write-ahead log.
    store.flip(".sst", GENERATE(0.0, 0.4));
    const auto log = store.readable();
    CHECK(log->head().sequence == SequenceId(501));
    const VerifyReport report = verify(*log, store.keys().ring(), 2);
    REQUIRE(report.first_break_at_sequence);
    const std::uint64_t first = report.first_break_at_sequence->value();
    CHECK(first > 300);
    CHECK(first < 480);
    CHECK(read_back_from(*log, first - 1).size() == first - 1);
    // The newest record is sound, so the log opens; it is the walk that finds the hole.
    const auto opened = must(store.open());
    CHECK(verify(*opened, store.keys().ring()) == report);

    // Where the readable records begin again.
    std::uint64_t after = first;
    Record record;
    while (!(*opened->read(SequenceId(after)))->next(record))
        ++after;
    CHECK(after > first);
    CHECK(after < first + 100);
}

TEST_CASE("a log with a damaged table goes on beyond it", "[log][rocksdb]") {
    Store store;
    store.settle(300);
    store.settle(301);
    store.flip(".sst", 0.3);
    std::uint64_t first = 0, after = 0;
    std::string mac;
    {
        const auto log = store.readable();
        first = verify(*log, store.keys().ring()).first_break_at_sequence->value();
        Record record;
        for (after = first; !(*log->read(SequenceId(after)))->next(record);)
            ++after;
        mac = hex(record.mac);
    }
    // The first readable record is given up too: what it chains to cannot be read.
    check_resumes(store, {{SequenceId(first), SequenceId(after), mac}});
}

TEST_CASE("a damaged block never stops appends, because tables are moved and not read", "[log][rocksdb]") {
    Store store;
    store.settle(300);
    store.settle(301);
    store.flip(".sst", 0.3);
    const SequenceId first = *verify(*store.readable(), store.keys().ring()).first_break_at_sequence;
    {
        const auto log = must(store.open());
        const std::vector<PendingRecord> large(64, PendingRecord{7, std::string(record_bytes_max, 'x')});
        for (int i = 0; i < 24; ++i)  // some 100 MB: enough tables to be moved down a level
            must(log->append(large, log->head().sequence.next()));
    }
    CHECK(store.levels() > 1);
    const auto log = must(store.open());
    CHECK(log->head().sequence == SequenceId(301 + 24 * 64));
    CHECK(verify(*log, store.keys().ring(), 2).first_break_at_sequence == first);
    CHECK(read_from(*log, 301).size() == 1 + 24 * 64);
}

TEST_CASE("a table whose newest records are damaged holds the log before them", "[log][rocksdb]") {
    Store store;
    store.settle(300);
    must(store.open());  // everything is in tables now
    store.flip(".sst", 0.9);
    check_refused(store);
    const auto log = store.readable();
    const SequenceId head = log->head().sequence;
    CHECK(head < SequenceId(300));
    CHECK(head > SequenceId(150));
    CHECK(verify(*log, store.keys().ring()).chain_valid);
    check_refused(store);
    {
        const auto dropped = must(store.open_cut());
        CHECK(dropped->head() == log->head());
        CHECK(dropped->last_sequence() == SequenceId(300));
        // Nothing is written over rows that may have been acknowledged.
        const auto appended = dropped->append(batch(head.value() + 1, 1), head.next());
        REQUIRE_FALSE(appended);
        CHECK_FALSE(appended.error().retryable);
        const auto body = resumption(SequenceId(300), dropped->head());
        CHECK_FALSE(
            dropped->append_resumed(log_record(SequenceId(300), log_resumed_type, body), SequenceId(300)));
        CHECK(dropped->alive());
    }
    check_refused(store);
    check_resumes(store);
}

TEST_CASE("a table that cannot be opened leaves the others readable", "[log][rocksdb]") {
    Store store;
    store.settle(300);
    must(store.open());
    SECTION("its footer is damaged") {
        store.flip(".sst", 1.0);
    }
    SECTION("it is gone") {
        store.remove(".sst");
    }
    check_refused(store);
    const auto log = store.readable();
    CHECK(log->head().sequence == SequenceId(100));
    CHECK(verify(*log, store.keys().ring()).chain_valid);
    CHECK_FALSE(store.open_cut());
}
