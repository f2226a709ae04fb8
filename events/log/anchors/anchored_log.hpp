#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "events/log/anchors/anchor_file.hpp"
#include "events/log/log.hpp"

namespace ibkr::events {

inline constexpr std::chrono::milliseconds anchor_sync_interval_default{200};

struct AnchorSettings {
    std::string external_path;  ///< a second anchor file on another disk; empty: none
    std::chrono::milliseconds sync_interval = anchor_sync_interval_default;
};

/// A log that anchors its head: after each successful append the head is written to every anchor file,
/// unsynced; a thread of this object syncs them `sync_interval` after the first write that is not synced;
/// `secure_head` and the destructor sync at once, several files side by side. If an anchor cannot be written
/// or synced, the append (or `secure_head`) fails, the log is dead and nothing is acknowledged any more: the
/// records of that append are on disk, but the next start says so, not this process.
/// Threads as `Log`; `secure_head` and `alive` may be called from any thread at any time.
class AnchoredLog final : public Log {
public:
    /// Takes both over. `files` are open for this log under its present key; none: nothing is anchored.
    AnchoredLog(std::unique_ptr<Log> log, std::vector<AnchorFile> files,
                std::chrono::milliseconds sync_interval);
    ~AnchoredLog() override;
    AnchoredLog(const AnchoredLog&) = delete;
    AnchoredLog& operator=(const AnchoredLog&) = delete;

    [[nodiscard]] Result<Head> append(std::span<const PendingRecord> records,
                                      SequenceId expected_next) override;
    /// Both slots of every file say the new head afterwards, synced: no anchor of the lost range remains.
    [[nodiscard]] Result<Head> append_resumed(const PendingRecord& record, SequenceId at) override;
    /// Likewise under the new key.
    [[nodiscard]] Result<Head> append_rotation(const PendingRecord& retired, const PendingRecord& activated,
                                               const LogKeys& next) override;
    [[nodiscard]] Result<void> secure_head() override;
    [[nodiscard]] WalPosition wal_position() const override;
    [[nodiscard]] bool alive() const override;
    [[nodiscard]] Head head() const override;
    [[nodiscard]] LogIdentity identity() const override;
    [[nodiscard]] std::vector<AttestedGap> gaps() const override;
    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read(SequenceId from) const override;
    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read_back(SequenceId from) const override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ibkr::events
