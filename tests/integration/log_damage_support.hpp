#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "events/log/directory/log_directory.hpp"
#include "events/log/rocksdb/rocksdb_log.hpp"
#include "tests/unit/events/log_conformance.hpp"
#include "tests/unit/events/temporary_directory.hpp"

namespace ibkr::events::test {

/// Real events, in time.
[[nodiscard]] PendingRecord make_log_record(SequenceId at, Body body, Timestamp not_before);

[[nodiscard]] std::string file_content(const std::string& path);
void write_file(const std::string& path, const std::string& content);
/// Every file below a directory with a hash of its content, but for owner.lock, quarantine/ and RocksDB's
/// info log, which notes that a store refused to open.
[[nodiscard]] std::vector<std::string> directory_snapshot(const std::string& directory);

/// A data directory on disk that is opened, damaged and opened again. Anchors and files are the real ones.
class LogUnderTest {
public:
    /// A log with records 1 to `count`, one synced append each, closed cleanly: all in one write-ahead file.
    /// What the anchor file said after record `remember_at` is remembered.
    explicit LogUnderTest(std::uint64_t count, std::uint64_t remember_at = 0);

    [[nodiscard]] const std::string& data() const noexcept { return data_; }
    [[nodiscard]] std::string path(const std::string& name) const { return data_ + "/" + name; }
    [[nodiscard]] std::string outside(const std::string& name) const { return temporary_ / name; }
    [[nodiscard]] std::string wal_path() const;  ///< of the newest write-ahead file

    [[nodiscard]] Result<OwnedLog> try_open(const Secret& secret = audit_secret(),
                                            const LogStore& store = rocksdb_store());
    [[nodiscard]] OwnedLog open();
    /// The hold that opening comes to; the directory must stay as it is, byte for byte.
    [[nodiscard]] Hold held();
    [[nodiscard]] Result<ResumedLog> try_resume(bool although_in_order = false,
                                                const Secret& secret = audit_secret(),
                                                const LogStore& store = rocksdb_store());
    [[nodiscard]] Result<void> try_rotate(const Secret& from, const Secret& to,
                                          const LogStore& store = rocksdb_store());
    [[nodiscard]] ResumedLog resume();

    /// Appends up to record `last`, one synced append each, and closes.
    void append_to(std::uint64_t last);
    /// The same in batches of growing size, for long logs.
    void append_in_batches_to(std::uint64_t last);
    /// Where the write-ahead file ended after a record of the newest run.
    [[nodiscard]] WalPosition end_of(std::uint64_t sequence) const;

    /// Keeps what the anchor file says now, and puts it back: the anchor is moved back.
    void remember_anchor() { anchor_ = file_content(path("anchors")); }
    void restore_anchor() { write_file(path("anchors"), anchor_); }
    /// The same of the whole directory.
    void remember_directory(const std::string& name = "remembered");
    void restore_directory(const std::string& name = "remembered");

    StartOptions options;

private:
    void append_to(OwnedLog& owned, std::uint64_t last);
    TemporaryDirectory temporary_;
    std::string data_ = temporary_ / "data";
    std::vector<std::pair<std::uint64_t, WalPosition>> ends_;
    std::string anchor_;
};

/// Checks that the log holds records 1 to `last` as they were appended, and that all of it verifies.
void check_holds(const OwnedLog& owned, std::uint64_t last);
[[nodiscard]] std::uint64_t head_of(const OwnedLog& owned);
/// The event at the head.
[[nodiscard]] Event newest_event(const LogReader& log);
/// Events of one type in the log.
template <class T>
[[nodiscard]] std::vector<T> events_of(const LogReader& log);

// Damage.
void cut_file(const std::string& path, std::uint64_t bytes);
void append_bytes(const std::string& path, const std::string& bytes);
void flip_bit(const std::string& path, std::uint64_t offset);
void zero_bytes(const std::string& path, std::uint64_t offset, std::uint64_t bytes);
/// Bytes that no two calls with different seeds share.
[[nodiscard]] std::string random_bytes(std::size_t count, std::uint64_t seed);
/// The store's table files, oldest first.
[[nodiscard]] std::vector<std::string> table_files(const std::string& log_directory);

}  // namespace ibkr::events::test
