#pragma once

#include "events/log/log.hpp"

namespace ibkr::events {

/// The part of a log that its owner has acknowledged. A reader beside the owner may see records whose sync
/// has not ended; what it says of the log must not. Borrows `log`, which must outlive it. Threads as
/// `LogReader`.
class LogUpTo final : public LogReader {
public:
    /// `acknowledged` beyond what `log` shows: its head is then that of `log`.
    LogUpTo(const LogReader& log, const Head& acknowledged);

    [[nodiscard]] Head head() const override { return head_; }
    [[nodiscard]] LogIdentity identity() const override { return log_.identity(); }
    [[nodiscard]] std::vector<AttestedGap> gaps() const override { return log_.gaps(); }
    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read(SequenceId from) const override;
    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read_back(SequenceId from) const override;

private:
    const LogReader& log_;
    Head head_;
};

}  // namespace ibkr::events
