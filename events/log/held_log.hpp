#pragma once

#include <memory>

#include "events/log/keys/keys.hpp"
#include "events/log/log.hpp"

namespace ibkr::events {

/// A log that is held (design section 4, rule 4): reads what can be read, refuses every append with one
/// error and stays alive, because nothing of it failed. Threads as `Log`.
class HeldLog final : public Log {
public:
    HeldLog(std::unique_ptr<LogReader> readable, Error refusal)
        : readable_(std::move(readable)), refusal_(std::move(refusal)) {}

    [[nodiscard]] Result<Head> append(std::span<const PendingRecord>, SequenceId) override {
        return failure(refusal_);
    }
    [[nodiscard]] Result<Head> append_resumed(const PendingRecord&, SequenceId) override {
        return failure(refusal_);
    }
    [[nodiscard]] Result<Head> append_rotation(const PendingRecord&, const PendingRecord&,
                                               const LogKeys&) override {
        return failure(refusal_);
    }
    /// Nothing is written and nothing leaves the process: there is no new head to make known.
    [[nodiscard]] Result<void> secure_head() override { return {}; }
    [[nodiscard]] WalPosition wal_position() const override { return {}; }
    [[nodiscard]] bool alive() const override { return true; }
    [[nodiscard]] Head head() const override { return readable_->head(); }
    [[nodiscard]] LogIdentity identity() const override { return readable_->identity(); }
    [[nodiscard]] std::vector<AttestedGap> gaps() const override { return readable_->gaps(); }
    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read(SequenceId from) const override {
        return readable_->read(from);
    }
    [[nodiscard]] Result<std::unique_ptr<LogCursor>> read_back(SequenceId from) const override {
        return readable_->read_back(from);
    }

private:
    std::unique_ptr<LogReader> readable_;
    Error refusal_;
};

/// Stands in for a log of which nothing can be read.
[[nodiscard]] std::unique_ptr<LogReader> empty_log(const LogKeys& keys);

}  // namespace ibkr::events
