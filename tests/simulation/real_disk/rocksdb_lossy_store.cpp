#include "tests/simulation/real_disk/rocksdb_lossy_store.hpp"

#include "events/log/rocksdb/rocksdb_log.hpp"
#include "tests/support/forwarding_log.hpp"

namespace ibkr::simulation {

using namespace ibkr::events;

namespace {

// A LogStore is plain functions.
rocksdb::Env* env_at_hand = nullptr;
std::function<void()> appended_at_hand;

class WatchedLog final : public testing::ForwardingLog {
public:
    explicit WatchedLog(std::unique_ptr<Log> log) : ForwardingLog(*log), log_(std::move(log)) {}
    Result<Head> append(std::span<const PendingRecord> records, SequenceId expected_next) override {
        auto head = log_->append(records, expected_next);
        if (head && appended_at_hand) appended_at_hand();
        return head;
    }
    SequenceId last_sequence() const override { return log_->last_sequence(); }

private:
    std::unique_ptr<Log> log_;
};

}  // namespace

const LogStore& store_on(const LossyDisk& disk, std::function<void()> appended) {
    env_at_hand = disk.env();
    appended_at_hand = std::move(appended);
    static const LogStore store = [] {
        LogStore lossy = rocksdb_store();
        lossy.open = [](const std::string& directory, const LogKeys& keys) -> Result<std::unique_ptr<Log>> {
            auto log = open_rocksdb_log(directory, keys, false, env_at_hand);
            if (!log) return log;
            return std::make_unique<WatchedLog>(std::move(*log));
        };
        return lossy;
    }();
    return store;
}

}  // namespace ibkr::simulation
