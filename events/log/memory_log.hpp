#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "events/log/chain/chain.hpp"
#include "events/log/chain/chain_writer.hpp"
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
    [[nodiscard]] Result<Head> append_resumed(const PendingRecord& record, SequenceId at) override;
    [[nodiscard]] Result<Head> append_rotation(const PendingRecord& retired, const PendingRecord& activated,
                                               const LogKeys& next) override;
    [[nodiscard]] Result<void> secure_head() override { return {}; }
    [[nodiscard]] WalPosition wal_position() const override { return {}; }
    [[nodiscard]] bool alive() const override;
    [[nodiscard]] Head head() const override;
    [[nodiscard]] LogIdentity identity() const override;
    [[nodiscard]] std::vector<AttestedGap> gaps() const override;
    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read(SequenceId from) const override;
    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read_back(SequenceId from) const override;

    /// As after `settled` and `resumed`: what the keys file would say. Not while another thread appends.
    [[nodiscard]] const LogKeys& keys() const noexcept { return keys_; }
    /// The `nth` append of any kind from now (1 is the next) fails so and leaves the log dead.
    void fail_append(std::uint64_t nth, AppendFault fault);
    [[nodiscard]] std::uint64_t appends() const;  ///< successful ones since construction
    /// A new process opens what is stored; scripted faults are forgotten. The newest record verifies.
    void reopen();
    /// Changes a stored record behind the log's back. There is one at `sequence`.
    void tamper(SequenceId sequence, const std::function<void(Record&)>& change);
    /// Forgets everything after `last`, as a rolled-back disk does.
    void truncate(SequenceId last);

private:
    friend class MemoryCursor;
    using Rows = std::map<SequenceId, Record>;
    /// Stores what `make` makes and moves on to it. Holds the lock.
    [[nodiscard]] Result<Head> store(
        const std::function<Result<ChainWriter::Next>(const ChainWriter::Sink&)>& make,
        const std::function<void()>& stored);
    [[nodiscard]] bool copy_record(SequenceId sequence, Record& record) const;

    LogKeys keys_;
    mutable std::mutex mutex_;  ///< guards everything below
    ChainWriter writer_;
    Rows records_;
    bool alive_ = true;
    std::uint64_t appends_ = 0;
    std::uint64_t fail_in_ = 0;  ///< 0: no fault scripted
    AppendFault fault_ = AppendFault::not_stored;
};

}  // namespace ibkr::events
