#pragma once

#include <memory>
#include <span>
#include <vector>

#include "events/log/record.hpp"
#include "events/result.hpp"

namespace ibkr::events {

class LogKeys;

inline constexpr std::size_t append_records_max = 4'096;
inline constexpr std::size_t append_bytes_max = 67'108'864;  ///< sum of the records' bytes

/// A walk over records as they were when it was opened. One thread; must not outlive its log.
class LogCursor {
public:
    virtual ~LogCursor() = default;
    LogCursor() = default;
    LogCursor(const LogCursor&) = delete;
    LogCursor& operator=(const LogCursor&) = delete;

    /// Fills `record` (its buffers are reused) and says true; false at the end, then and ever after.
    /// Sequences come without gaps but the attested ones, which are jumped over: any other record that is
    /// missing or cannot be read is the error audit_chain_invalid. Macs are not checked here; `verify_chain`
    /// does.
    [[nodiscard]] virtual Result<bool> next(Record& record) = 0;
};

/// A log that can be read: the owner's own, a copy, or one that another process is writing.
/// Invariants: 1. record bytes, headers and macs never change. 2. sequences are 1, 2, 3, ... `head()`, less
/// the attested gaps. 3. what a cursor or `head()` shows is on disk. Any thread may read while one thread
/// appends.
class LogReader {
public:
    virtual ~LogReader() = default;
    LogReader() = default;
    LogReader(const LogReader&) = delete;
    LogReader& operator=(const LogReader&) = delete;

    [[nodiscard]] virtual Head head() const = 0;
    /// What new records carry; epoch and branch change with a rotation and a resumption.
    [[nodiscard]] virtual LogIdentity identity() const = 0;
    /// Every attested gap, ascending, none touching another. They do not change while the log is open, but by
    /// `append_resumed`.
    [[nodiscard]] virtual std::vector<AttestedGap> gaps() const = 0;
    /// `from`, `from` + 1, ... to the head of this moment. `from` is at least 1; beyond the head: empty.
    [[nodiscard]] virtual Result<std::unique_ptr<LogCursor>> read(SequenceId from) const = 0;
    /// `from`, `from` - 1, ... to 1: newest first. Beyond the head it starts at the head.
    [[nodiscard]] virtual Result<std::unique_ptr<LogCursor>> read_back(SequenceId from) const = 0;
};

/// The port of the single writer. One append at a time.
class Log : public LogReader {
public:
    /// Appends all records or none, with consecutive sequences from `expected_next`, and returns the new
    /// head. When it returns a head, the records survive the loss of power. Borrows `records`.
    ///
    /// Errors, all audit_write_failed:
    /// - refused before anything was written (`expected_next` is not head + 1, an empty batch, a record or
    ///   batch beyond its limit): not retryable, the log goes on;
    /// - failed or uncertain: the log is dead. Whether the records are there is known only after the next
    ///   start; every further append fails, no sync is ever tried again, and the process should end.
    [[nodiscard]] virtual Result<Head> append(std::span<const PendingRecord> records,
                                              SequenceId expected_next) = 0;
    /// Goes on after a loss (design section 4, rule 4): appends one record at `at`, beyond the head, that
    /// chains to the head's mac and carries the next branch, which all later records carry too. `record` has
    /// the type `log_resumed_type`; the gaps its body lists are in force from then on. Errors as `append`.
    [[nodiscard]] virtual Result<Head> append_resumed(const PendingRecord& record, SequenceId at) = 0;
    /// Changes the chain key: `retired` under the present key and `activated` under that of `next`, in one
    /// batch; later records are under it too. `next` is of the same log, one epoch on. Errors as `append`.
    [[nodiscard]] virtual Result<Head> append_rotation(const PendingRecord& retired,
                                                       const PendingRecord& activated,
                                                       const LogKeys& next) = 0;
    /// The highest sequence the store holds anything at: that of `head()`, but for a log whose newest rows
    /// were given up when it was opened (`LogStore::open_to_resume`). Such a log takes nothing but a
    /// resumption beyond them.
    [[nodiscard]] virtual SequenceId last_sequence() const { return head().sequence; }
    /// Makes the anchors of the present head durable: before any effect that leaves the process, and at a
    /// clean stop. Nothing to do for a log without anchors. Error audit_write_failed: the log is dead.
    [[nodiscard]] virtual Result<void> secure_head() = 0;
    /// Where the head stands on disk; zeros for a log that has no write-ahead log.
    [[nodiscard]] virtual WalPosition wal_position() const = 0;
    /// False after an append that failed or was uncertain.
    [[nodiscard]] virtual bool alive() const = 0;
};

/// What every implementation checks before it writes.
[[nodiscard]] Result<void> check_append(std::span<const PendingRecord> records, SequenceId expected_next,
                                        const Head& head);

}  // namespace ibkr::events
