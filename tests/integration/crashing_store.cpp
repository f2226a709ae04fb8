#include "tests/integration/crashing_store.hpp"

#include "events/log/rocksdb/rocksdb_log.hpp"

namespace ibkr::events::test {
namespace {

std::uint64_t steps_left = 0;  // of the child process; 0: no crash

void step() {
    if (steps_left > 0 && --steps_left == 0) ::_exit(crashed);
}

template <class Call>
auto between_steps(const Call& call) {
    step();
    auto result = call();
    step();
    return result;
}

class CrashingLog final : public Log {
public:
    explicit CrashingLog(std::unique_ptr<Log> log) : log_(std::move(log)) {}
    Result<Head> append(std::span<const PendingRecord> records, SequenceId expected_next) override {
        return between_steps([&] { return log_->append(records, expected_next); });
    }
    Result<Head> append_resumed(const PendingRecord& record, SequenceId at) override {
        return between_steps([&] { return log_->append_resumed(record, at); });
    }
    Result<Head> append_rotation(const PendingRecord& retired, const PendingRecord& activated,
                                 const LogKeys& next) override {
        return between_steps([&] { return log_->append_rotation(retired, activated, next); });
    }
    SequenceId last_sequence() const override { return log_->last_sequence(); }
    Result<void> secure_head() override {
        return between_steps([&] { return log_->secure_head(); });
    }
    WalPosition wal_position() const override { return log_->wal_position(); }
    bool alive() const override { return log_->alive(); }
    Head head() const override { return log_->head(); }
    LogIdentity identity() const override { return log_->identity(); }
    std::vector<AttestedGap> gaps() const override { return log_->gaps(); }
    Result<std::unique_ptr<LogCursor>> read(SequenceId from) const override { return log_->read(from); }
    Result<std::unique_ptr<LogCursor>> read_back(SequenceId from) const override {
        return log_->read_back(from);
    }

private:
    std::unique_ptr<Log> log_;
};

using Opened = Result<std::unique_ptr<Log>>;
using Open = Opened (*)(const std::string&, const LogKeys&);

Opened open_between_steps(Open open, const std::string& directory, const LogKeys& keys) {
    auto log = between_steps([&] { return open(directory, keys); });
    if (!log) return log;
    return std::make_unique<CrashingLog>(std::move(*log));
}

}  // namespace

const LogStore& crashing_store(std::uint64_t at_step) {
    steps_left = at_step;
    static const LogStore store = [] {
        LogStore crashing = rocksdb_store();
        crashing.create = [](const std::string& directory, const LogKeys& keys) {
            return open_between_steps(rocksdb_store().create, directory, keys);
        };
        crashing.open = [](const std::string& directory, const LogKeys& keys) {
            return open_between_steps(rocksdb_store().open, directory, keys);
        };
        crashing.open_to_resume = [](const std::string& directory, const LogKeys& keys) {
            return open_between_steps(rocksdb_store().open_to_resume, directory, keys);
        };
        return crashing;
    }();
    return store;
}

}  // namespace ibkr::events::test
