#include "events/log/anchors/anchored_log.hpp"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "events/log/anchors/anchor_set.hpp"
#include "events/log/keys/keys.hpp"

namespace ibkr::events {

using Clock = std::chrono::steady_clock;

struct AnchoredLog::State {
    State(std::unique_ptr<Log> inner, std::vector<AnchorFile> files, std::chrono::milliseconds interval)
        : log(std::move(inner)),
          anchors(std::move(files)),
          sync_interval(interval),
          branch(log->identity().branch),
          written(anchors.synced_before()),
          synced(written) {}

    /// Runs `append` on the log beneath, then what makes its head known to the anchors.
    template <class Append, class Anchoring>
    [[nodiscard]] Result<Head> append_anchored(const Append& append, const Anchoring& anchoring);
    /// Writes the head to every file. The caller holds `append_mutex`.
    [[nodiscard]] Result<void> anchor(const Head& head);
    /// Both slots of every file, synced. The caller holds `append_mutex`.
    [[nodiscard]] Result<void> anchor_both_slots(const Head& head);
    /// Syncs what was written before the call, unless it is synced already.
    [[nodiscard]] Result<void> sync_written();
    [[nodiscard]] Result<void> secure_head();
    void sync_in_time(const std::stop_token& stop);
    /// A clean stop: nothing is appended any more, no other thread uses this object.
    void close();

    [[nodiscard]] Result<void> check_usable() const;
    /// Notes a failed write or sync of an anchor: the first one is final. The caller holds `mutex`.
    [[nodiscard]] tl::unexpected<Error> die(const Error& error);

    const std::unique_ptr<Log> log;
    AnchorSet anchors;
    const std::chrono::milliseconds sync_interval;

    std::mutex append_mutex;  ///< one append at a time; guards branch, newest and writing to `anchors`
    std::uint32_t branch;
    std::optional<Anchor> newest;  ///< the last one written by this object

    std::mutex sync_mutex;  ///< one sync of `anchors` at a time

    mutable std::mutex mutex;  ///< guards everything below; taken last
    std::condition_variable_any changed;
    SequenceId written;  ///< every file has a slot of this sequence
    SequenceId synced;   ///< every file has a synced slot of at least this sequence
    bool unsynced = false;
    Clock::time_point sync_due;  ///< while `unsynced`
    std::optional<Error> failed;
    std::jthread timer;  ///< runs sync_in_time from the first write on; last: it uses everything above
};

Result<void> AnchoredLog::State::check_usable() const {
    {
        const std::scoped_lock lock(mutex);
        if (failed) return failure(*failed);
    }
    if (log->alive()) return {};
    return failure(ErrorCode::audit_write_failed, "an earlier write of the log failed; it takes no more",
                   "Restart: the next start shows what reached the disk.");
}

tl::unexpected<Error> AnchoredLog::State::die(const Error& error) {
    if (!failed) {
        failed = error;
        failed->code = ErrorCode::audit_write_failed;
        failed->message += "; the log takes no more";
    }
    return failure(*failed);
}

Result<void> AnchoredLog::State::anchor(const Head& head) {
    if (anchors.empty()) return {};
    Anchor anchor{head, branch, log->wal_position(), {}};
    {
        const std::scoped_lock lock(mutex);
        anchor.synced_sequence = std::min(synced, head.sequence);
    }
    const auto done = anchors.write(anchor);
    const std::scoped_lock lock(mutex);
    if (!done) return die(done.error());
    if (failed) return failure(*failed);  // a sync failed meanwhile
    newest = anchor;
    written = head.sequence;
    if (unsynced) return {};
    unsynced = true;
    sync_due = Clock::now() + sync_interval;
    if (!timer.joinable()) timer = std::jthread([this](const std::stop_token& stop) { sync_in_time(stop); });
    changed.notify_all();
    return {};
}

Result<void> AnchoredLog::State::anchor_both_slots(const Head& head) {
    for (std::size_t slot = 0; slot < anchor_slots; ++slot)
        if (auto anchored = anchor(head); !anchored) return anchored;
    return sync_written();
}

template <class Append, class Anchoring>
Result<Head> AnchoredLog::State::append_anchored(const Append& append, const Anchoring& anchoring) {
    const std::scoped_lock appending(append_mutex);
    if (auto usable = check_usable(); !usable) return failure(usable.error());
    Result<Head> head = append();
    if (!head) return head;
    if (auto anchored = anchoring(*head); !anchored) return failure(anchored.error());
    return head;
}

Result<void> AnchoredLog::State::sync_written() {
    const std::scoped_lock syncing(sync_mutex);
    SequenceId target;
    {
        const std::scoped_lock lock(mutex);
        if (failed) return failure(*failed);
        if (!unsynced) return {};
        unsynced = false;  // what is written from here on needs the next sync
        target = written;
    }
    const auto done = anchors.sync();
    const std::scoped_lock lock(mutex);
    if (!done) return die(done.error());
    synced = target;
    return {};
}

Result<void> AnchoredLog::State::secure_head() {
    if (auto usable = check_usable(); !usable || anchors.empty()) return usable;
    const auto head_is_written = [this] {
        const SequenceId head = log->head().sequence;
        const std::scoped_lock lock(mutex);
        return head == written;
    };
    if (!head_is_written()) {
        // Either an append is under way, which this waits for, or an earlier process ended before its anchor.
        const std::scoped_lock appending(append_mutex);
        if (!head_is_written())
            if (auto anchored = anchor(log->head()); !anchored) return anchored;
    }
    return sync_written();
}

void AnchoredLog::State::sync_in_time(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    while (!failed && changed.wait(lock, stop, [this] { return unsynced; })) {
        const auto nothing_to_do = [this] { return !unsynced || failed.has_value(); };
        const Clock::time_point due = sync_due;  // the wait reads it without the lock
        if (changed.wait_until(lock, stop, due, nothing_to_do)) continue;
        if (stop.stop_requested()) return;
        lock.unlock();
        const auto synced_now = sync_written();
        lock.lock();
        assert(synced_now || failed);  // the next append says so
    }
}

void AnchoredLog::State::close() {
    timer.request_stop();
    if (timer.joinable()) timer.join();
    if (!sync_written()) return;
    if (!newest || newest->synced_sequence == synced) return;
    // A hint for the next start, which then verifies less; worth no sync, and its loss costs nothing.
    newest->synced_sequence = synced;
    (void)anchors.write(*newest);
}

AnchoredLog::AnchoredLog(std::unique_ptr<Log> log, std::vector<AnchorFile> files,
                         std::chrono::milliseconds sync_interval)
    : state_(std::make_unique<State>(std::move(log), std::move(files), sync_interval)) {}

AnchoredLog::~AnchoredLog() {
    state_->close();
}

Result<Head> AnchoredLog::append(std::span<const PendingRecord> records, SequenceId expected_next) {
    return state_->append_anchored([&] { return state_->log->append(records, expected_next); },
                                   [&](const Head& head) { return state_->anchor(head); });
}

Result<Head> AnchoredLog::append_resumed(const PendingRecord& record, SequenceId at) {
    return state_->append_anchored([&] { return state_->log->append_resumed(record, at); },
                                   [&](const Head& head) {
                                       state_->branch = state_->log->identity().branch;
                                       return state_->anchor_both_slots(head);
                                   });
}

Result<Head> AnchoredLog::append_rotation(const PendingRecord& retired, const PendingRecord& activated,
                                          const LogKeys& next) {
    return state_->append_anchored([&] { return state_->log->append_rotation(retired, activated, next); },
                                   [&](const Head& head) {
                                       state_->anchors.change_key(next.identity().key_id, next.chain_key());
                                       return state_->anchor_both_slots(head);
                                   });
}

Result<void> AnchoredLog::secure_head() {
    return state_->secure_head();
}

WalPosition AnchoredLog::wal_position() const {
    return state_->log->wal_position();
}

bool AnchoredLog::alive() const {
    return state_->check_usable().has_value();
}

Head AnchoredLog::head() const {
    return state_->log->head();
}

LogIdentity AnchoredLog::identity() const {
    return state_->log->identity();
}

std::vector<AttestedGap> AnchoredLog::gaps() const {
    return state_->log->gaps();
}

Result<std::unique_ptr<LogCursor>> AnchoredLog::read(SequenceId from) const {
    return state_->log->read(from);
}

Result<std::unique_ptr<LogCursor>> AnchoredLog::read_back(SequenceId from) const {
    return state_->log->read_back(from);
}

}  // namespace ibkr::events
