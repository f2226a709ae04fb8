#include "tests/simulation/real_disk/rocksdb_real_disk.hpp"

#include <cassert>
#include <cstdlib>

#include "engine/log_records.hpp"
#include "events/log/anchors/anchor_file.hpp"
#include "events/log/held_log.hpp"
#include "events/log/rocksdb/rocksdb_log.hpp"
#include "tests/simulation/real_disk/rocksdb_lossy_store.hpp"

namespace ibkr::simulation {

using namespace ibkr::events;
namespace fs = std::filesystem;

namespace {

const Secret& secret() {
    static const Secret of_test{std::string_view("a published test secret of 32 bytes or more")};
    return of_test;
}

tl::unexpected<Error> gone() {
    return failure(ErrorCode::audit_write_failed, "the process ended inside an append");
}

}  // namespace

RealDisk::RealDisk(std::uint64_t seed, CrashPoints& points, engine::Clock& clock)
    : seed_(seed),
      points_(points),
      clock_(clock),
      ids_(seed + 1'000'000),
      root_((fs::temp_directory_path() / "ibkr-test-XXXXXX").string()) {
    if (::mkdtemp(root_.data()) == nullptr) std::abort();
    data_ = folder("data");
    [[maybe_unused]] const auto prepared = prepare_data_directory(data_);
    assert(prepared);
    const auto lock = OwnerLock::acquire(data_);
    assert(lock);
    auto made =
        open_or_create_log(*lock, secret(), rocksdb_store(), engine::log_record_maker(clock_, ids_), {});
    if (!made) std::abort();
    keys_ = std::move(made->keys);
    made->log.reset();
    left_ = open_left();
    put_below_watch();
}

RealDisk::~RealDisk() {
    end_process();
    std::error_code ignored;
    fs::remove_all(root_, ignored);
}

void RealDisk::put_below_watch() {
    lossy_ = std::make_unique<LossyDisk>(data_, folder("files"));
    lossy_->watch([this](std::uint64_t, const std::string& operation) {
        const bool syncs_wal = operation.starts_with("sync ") && operation.ends_with(".log");
        if (syncs_wal) pass_in_append("written_not_synced");
    });
}

/// Every append of the engine is one write of the store and one sync, on its own thread.
void RealDisk::pass_in_append(std::string_view point) {
    if (appending_ && !points_.crashed() && !points_.pass(point)) lossy_->freeze();
}

/// The lossy disk is left as it was at the moment of the end; what closing writes is seen by nobody.
void RealDisk::end_process() {
    if (lossy_) lossy_->freeze();
    left_.reset();
    owned_.reset();
}

const LogReader& RealDisk::reader() const {
    if (owned_) return *owned_->log;
    assert(left_);
    return *left_;
}

/// After a failure it is the engine's and the store's part to write nothing more.
Result<void> RealDisk::can_write() const {
    if (!owned_ || points_.crashed()) return gone();
    return {};
}

Result<Head> RealDisk::append(std::span<const PendingRecord> records, SequenceId expected_next) {
    if (auto can = can_write(); !can) return failure(can.error());
    const bool fails = fail_sync_in_ > 0 && --fail_sync_in_ == 0;
    const bool full = full_in_ > 0 && --full_in_ == 0;
    if (full) full_in_ = 1;
    if (fails) lossy_->fail_next_sync();
    lossy_->set_full(full);
    appending_ = true;
    auto head = owned_->log->append(records, expected_next);
    appending_ = false;
    if (!head) {
        alive_ = owned_->log->alive();
        sync_failed_ = fails;
        return head;
    }
    if (points_.crashed()) return gone();
    if (lossy_->wal_is_synced()) synced_ = *head;
    return head;
}

Result<Head> RealDisk::append_resumed(const PendingRecord& record, SequenceId at) {
    if (auto can = can_write(); !can) return failure(can.error());
    return owned_->log->append_resumed(record, at);
}

Result<Head> RealDisk::append_rotation(const PendingRecord& retired, const PendingRecord& activated,
                                       const LogKeys& next) {
    if (auto can = can_write(); !can) return failure(can.error());
    return owned_->log->append_rotation(retired, activated, next);
}

Result<void> RealDisk::secure_head() {
    if (auto can = can_write(); !can) return can;
    if (fail_anchor_sync_) {
        fail_anchor_sync_ = false;
        alive_ = false;
        sync_failed_ = true;
        return failure(ErrorCode::audit_write_failed, "the anchors could not be synced");
    }
    auto secured = owned_->log->secure_head();
    if (secured) lossy_->note_anchors_synced();
    return secured;
}

void RealDisk::roll_back(std::uint64_t, bool) {
    std::abort();  // it keeps no older images
}

void RealDisk::crash(DiskPolicy policy) {
    end_process();
    const std::string old_data = data_, old_files = folder("files");
    ++generation_;
    data_ = folder("data");
    lossy_->picture(policy, seed_ + generation_, data_);
    lossy_.reset();
    fs::remove_all(old_data);
    fs::remove_all(old_files);
    left_ = open_left();
    synced_ = left_->head();
    put_below_watch();
}

std::unique_ptr<LogReader> RealDisk::open_left() const {
    auto left = rocksdb_store().open_readable(data_ + "/log", *keys_);
    return left ? std::move(*left) : empty_log(*keys_);  // a log that is lost is empty
}

Result<OwnedLog> RealDisk::open(const StartOptions& options) {
    const auto lock = OwnerLock::acquire(data_, std::chrono::milliseconds(0));
    if (!lock) return failure(lock.error());
    return open_or_create_log(*lock, secret(),
                              store_on(*lossy_, [this] { pass_in_append("synced_not_anchored"); }),
                              engine::log_record_maker(clock_, ids_), options);
}

StartVerdict RealDisk::judge(const std::optional<Head>& checkpoint) {
    left_.reset();
    owned_.reset();
    StartOptions options;
    options.projection = checkpoint;
    alive_ = true;
    sync_failed_ = false;
    fail_sync_in_ = 0;
    auto opened = open(options);
    StartVerdict verdict;
    if (!opened) {
        verdict.start = StartVerdict::Start::hold;
        verdict.reason = "the log does not open: " + opened.error().message;
        verdict.can_resume = false;
        left_ = open_left();
        return verdict;
    }
    owned_ = std::move(*opened);
    lossy_->note_anchors_synced();
    synced_ = owned_->log->head();
    verdict.projections_disagree = owned_->projections_disagree;
    if (owned_->held) {
        verdict.start = StartVerdict::Start::hold;
        verdict.reason = owned_->held->reason;
        verdict.can_resume = owned_->held->can_resume;
    }
    return verdict;
}

SequenceId RealDisk::highest_anchor() const {
    const auto reading = read_anchor_file(data_ + "/anchors", keys_->ring());
    if (!reading || reading->anchors.empty()) return {};
    return reading->anchors.front().head.sequence;
}

std::unique_ptr<Disk> real_disk(std::uint64_t seed, CrashPoints& points, engine::Clock& clock) {
    return std::make_unique<RealDisk>(seed, points, clock);
}

}  // namespace ibkr::simulation
