#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "events/log/chain.hpp"
#include "events/log/log.hpp"

namespace ibkr::events {

/// What a scripted append does instead of succeeding. The caller sees the same error in every case.
enum class AppendFault : std::uint8_t {
    not_stored,      ///< nothing reached the disk
    stored_unknown,  ///< everything reached the disk, but the writer was told it failed
};

/// The log's virtual twin: the same chain under the same keys, in memory. The object plays the disk: it
/// outlives an engine that is cut off, and `reopen` is the next process's start. Any thread.
class MemoryLog final : public Log {
public:
    explicit MemoryLog(LogKeys keys);

    [[nodiscard]] Result<Head> append(std::span<const PendingRecord> records,
                                      SequenceId expected_next) override;
    [[nodiscard]] bool alive() const override;
    [[nodiscard]] Head head() const override;
    [[nodiscard]] const LogIdentity& identity() const override { return keys_.identity(); }
    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read(SequenceId from) const override;
    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read_back(SequenceId from) const override;

    [[nodiscard]] const LogKeys& keys() const noexcept { return keys_; }
    /// The `nth` append from now (1 is the next) fails so and leaves the log dead.
    void fail_append(std::uint64_t nth, AppendFault fault);
    [[nodiscard]] std::uint64_t appends() const;  ///< successful ones since construction
    /// A new process opens what is stored; scripted faults are forgotten.
    void reopen();
    /// Changes a stored record behind the log's back. `sequence` is within the log.
    void tamper(SequenceId sequence, const std::function<void(Record&)>& change);
    /// Forgets everything after `last`, as a rolled-back disk does.
    void truncate(SequenceId last);

private:
    friend class MemoryCursor;
    [[nodiscard]] std::size_t acknowledged() const;
    [[nodiscard]] bool copy_record(std::size_t index, Record& record) const;

    LogKeys keys_;
    mutable std::mutex mutex_;  ///< guards everything below
    ChainMac mac_;
    std::vector<Record> records_;
    Head head_;
    bool alive_ = true;
    std::uint64_t appends_ = 0;
    std::uint64_t fail_in_ = 0;  ///< 0: no fault scripted
    AppendFault fault_ = AppendFault::not_stored;
};

}  // namespace ibkr::events
