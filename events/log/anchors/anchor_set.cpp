#include "events/log/anchors/anchor_set.hpp"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace ibkr::events {

/// Syncs one file each time it is asked to. Stops when it goes away.
class AnchorSet::SyncThread {
public:
    explicit SyncThread(AnchorFile& file)
        : file_(file), thread_([this](const std::stop_token& stop) { run(stop); }) {}

    void begin() {
        const std::scoped_lock lock(mutex_);
        assert(!asked_);
        asked_ = true;
        changed_.notify_all();
    }
    /// The result of the sync that was begun.
    [[nodiscard]] Result<void> finish() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !asked_; });
        return result_;
    }

private:
    void run(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, stop, [this] { return asked_; })) {
            lock.unlock();
            auto result = file_.sync();
            lock.lock();
            result_ = std::move(result);
            asked_ = false;
            changed_.notify_all();
        }
    }

    AnchorFile& file_;
    std::mutex mutex_;  ///< guards asked_ and result_
    std::condition_variable_any changed_;
    bool asked_ = false;
    Result<void> result_;
    std::jthread thread_;  ///< last: it uses everything above
};

AnchorSet::AnchorSet(std::vector<AnchorFile> files) : files_(std::move(files)) {}
AnchorSet::~AnchorSet() = default;

SequenceId AnchorSet::synced_before() const noexcept {
    if (files_.empty()) return {};
    return std::ranges::min_element(files_, {}, &AnchorFile::synced_before)->synced_before();
}

Result<void> AnchorSet::write(const Anchor& anchor) {
    for (AnchorFile& file : files_)
        if (auto written = file.write(anchor); !written) return written;
    return {};
}

Result<void> AnchorSet::sync() {
    if (files_.empty()) return {};
    while (sync_threads_.size() + 1 < files_.size())
        sync_threads_.push_back(std::make_unique<SyncThread>(files_[sync_threads_.size() + 1]));
    for (const auto& thread : sync_threads_)
        thread->begin();
    Result<void> result = files_.front().sync();
    for (const auto& thread : sync_threads_)
        if (auto other = thread->finish(); result && !other) result = std::move(other);
    return result;
}

void AnchorSet::change_key(const KeyId& key_id, const Secret& chain_key) {
    for (AnchorFile& file : files_)
        file.change_key(key_id, chain_key);
}

}  // namespace ibkr::events
