#pragma once

#include "events/log/log.hpp"

namespace ibkr::testing {

/// Stands before another log, which outlives it, and passes everything on. Tests override what they watch.
class ForwardingLog : public events::Log {
public:
    explicit ForwardingLog(events::Log& log) : log_(log) {}

    [[nodiscard]] events::Result<events::Head> append(std::span<const events::PendingRecord> records,
                                                      events::SequenceId expected_next) override {
        return log_.append(records, expected_next);
    }
    [[nodiscard]] events::Result<events::Head> append_resumed(const events::PendingRecord& record,
                                                              events::SequenceId at) override {
        return log_.append_resumed(record, at);
    }
    [[nodiscard]] events::Result<events::Head> append_rotation(const events::PendingRecord& retired,
                                                               const events::PendingRecord& activated,
                                                               const events::LogKeys& next) override {
        return log_.append_rotation(retired, activated, next);
    }
    [[nodiscard]] events::Result<void> secure_head() override { return log_.secure_head(); }
    [[nodiscard]] events::WalPosition wal_position() const override { return log_.wal_position(); }
    [[nodiscard]] bool alive() const override { return log_.alive(); }
    [[nodiscard]] events::Head head() const override { return log_.head(); }
    [[nodiscard]] events::LogIdentity identity() const override { return log_.identity(); }
    [[nodiscard]] std::vector<events::AttestedGap> gaps() const override { return log_.gaps(); }
    [[nodiscard]] events::Result<std::unique_ptr<events::LogCursor>> read(
        events::SequenceId from) const override {
        return log_.read(from);
    }
    [[nodiscard]] events::Result<std::unique_ptr<events::LogCursor>> read_back(
        events::SequenceId from) const override {
        return log_.read_back(from);
    }

private:
    events::Log& log_;
};

}  // namespace ibkr::testing
