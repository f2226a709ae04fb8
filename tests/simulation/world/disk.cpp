#include "tests/simulation/world/disk.hpp"

#include <algorithm>
#include <cassert>

#include "events/catalogue.hpp"

namespace ibkr::simulation {

using namespace ibkr::events;

namespace {

constexpr std::int64_t anchors_sync_every_ms = 200;

tl::unexpected<Error> gone() {
    return failure(ErrorCode::audit_write_failed, "the process ended inside an append");
}

}  // namespace

std::string_view name_of(DiskPolicy policy) noexcept {
    switch (policy) {
        case DiskPolicy::keep:
            return "keep";
        case DiskPolicy::drop:
            return "drop";
        case DiskPolicy::tear:
            return "tear";
        case DiskPolicy::garble:
            return "garble";
    }
    return "keep";
}

SimulatedDisk::SimulatedDisk(LogKeys keys, CrashPoints& points, engine::Clock& clock)
    : stored_(std::move(keys)), points_(points), clock_(clock) {}

void SimulatedDisk::create(const RecordMaker& make_record) {
    const LogIdentity ours = identity();
    const PendingRecord first =
        make_record(SequenceId(1),
                    LogCreated{ours.log_id_hex(), log_format_version, ours.key_id_hex(), "simulation"}, {});
    [[maybe_unused]] const auto made = append({&first, 1}, SequenceId(1));
    assert(made);
}

/// While the process is there, the disk takes what it is given, after a failure too: that nothing more is
/// given to it is the engine's part, and could not be seen if the disk refused.
Result<void> SimulatedDisk::can_write() const {
    if (points_.crashed()) return gone();
    return {};
}

Result<Head> SimulatedDisk::append(std::span<const PendingRecord> records, SequenceId expected_next) {
    if (auto can = can_write(); !can) return failure(can.error());
    newest_append_.assign(records.begin(), records.end());
    if (full_in_ > 0 && --full_in_ == 0) {
        full_in_ = 1;
        alive_ = false;
        return failure(ErrorCode::audit_write_failed, "no space left on the simulated disk");
    }
    return finish(stored_.append(records, expected_next));
}

Result<Head> SimulatedDisk::append_resumed(const PendingRecord& record, SequenceId at) {
    if (auto can = can_write(); !can) return failure(can.error());
    return finish(stored_.append_resumed(record, at));
}

Result<Head> SimulatedDisk::append_rotation(const PendingRecord& retired, const PendingRecord& activated,
                                            const LogKeys& next) {
    if (auto can = can_write(); !can) return failure(can.error());
    return finish(stored_.append_rotation(retired, activated, next));
}

Result<Head> SimulatedDisk::finish(Result<Head> written) {
    if (!written) return written;
    if (!points_.pass(CrashPoints::unsynced)) {
        alive_ = false;
        return gone();
    }
    if (fail_sync_in_ > 0 && --fail_sync_in_ == 0) {
        alive_ = false;
        sync_failed_ = true;
        return failure(ErrorCode::audit_write_failed, "the sync failed: what is on the disk is not known");
    }
    // After a failed sync nobody knows what later ones cover.
    if (!lying_ && !sync_failed_) synced_ = *written;
    append_ends_.push_back(written->sequence);
    if (!points_.pass("synced_not_anchored")) {
        alive_ = false;
        return gone();
    }
    anchor(*written);
    return written;
}

void SimulatedDisk::anchor(const Head& head) {
    slots_.newest = 1 - slots_.newest;
    slots_.heads[slots_.newest] = head;
    if (clock_.now().unix_ms() - anchors_synced_ms_ >= anchors_sync_every_ms) sync_anchors();
}

void SimulatedDisk::sync_anchors() {
    synced_slots_ = slots_;
    anchors_synced_ms_ = clock_.now().unix_ms();
}

Result<void> SimulatedDisk::secure_head() {
    if (auto can = can_write(); !can) return can;
    if (fail_anchor_sync_) {
        fail_anchor_sync_ = false;
        alive_ = false;
        sync_failed_ = true;
        return failure(ErrorCode::audit_write_failed, "the anchors could not be synced");
    }
    sync_anchors();
    return {};
}

void SimulatedDisk::crash(DiskPolicy policy) {
    torn_ = has_unsynced() && (policy == DiskPolicy::tear || policy == DiskPolicy::garble);
    // A batch is one write of the store: of a torn one nothing can be read.
    if (policy == DiskPolicy::keep)
        synced_ = stored_.head();
    else
        stored_.truncate(synced_.sequence);
    if (append_ends_.back() < synced_.sequence) append_ends_.push_back(synced_.sequence);
    const bool newest_is_synced = slots_.heads[slots_.newest] == synced_slots_.heads[slots_.newest];
    if (policy == DiskPolicy::drop) slots_ = synced_slots_;
    if ((policy == DiskPolicy::tear || policy == DiskPolicy::garble) && !newest_is_synced) {
        slots_.heads[slots_.newest].reset();
        slots_.newest = 1 - slots_.newest;  // the spoilt one is written next
    }
    synced_slots_ = slots_;
}

void SimulatedDisk::roll_back(std::uint64_t appends, bool with_anchors) {
    const std::size_t kept = append_ends_.size() - std::min<std::size_t>(appends, append_ends_.size() - 1);
    append_ends_.resize(kept);
    stored_.truncate(append_ends_.back());
    synced_ = stored_.head();
    if (!with_anchors) return;
    slots_ = {};
    anchor(synced_);
    sync_anchors();
}

std::optional<Mac> Disk::mac_at(SequenceId sequence) const {
    auto cursor = read_back(sequence);
    Record record;
    if (!cursor) return std::nullopt;
    const auto found = (*cursor)->next(record);
    if (!found || !*found || record.sequence != sequence) return std::nullopt;
    return record.mac;
}

SequenceId SimulatedDisk::Slots::highest() const {
    SequenceId highest;
    for (const auto& slot : heads)
        if (slot) highest = std::max(highest, slot->sequence);
    return highest;
}

StartVerdict SimulatedDisk::judge(const std::optional<Head>& checkpoint) {
    StartFindings findings;
    findings.head = stored_.head().sequence;
    const std::vector<AttestedGap> attested = stored_.gaps();
    const auto add = [&](AnchorName name, const Head& head) {
        AnchorFinding anchor{name, head, {}, head.sequence, mac_at(head.sequence), false, false};
        anchor.attested_lost = gap_at(attested, head.sequence) != nullptr;
        findings.anchors.push_back(anchor);
    };
    for (const auto& slot : slots_.heads)
        if (slot) add(AnchorName::file, *slot);
    if (checkpoint && checkpoint->sequence > SequenceId()) add(AnchorName::projection, *checkpoint);
    if (!torn_) return judge_start(findings);
    WalScan scan;
    scan.number = 1;
    scan.file_bytes = 2;
    scan.good_bytes = 1;
    scan.damaged_sha256 = std::string(64, '0');
    return judge_refused_start(findings, {scan});
}

bool SimulatedDisk::reopen() {
    alive_ = true;
    sync_failed_ = false;
    fail_sync_in_ = 0;
    stored_.reopen();
    synced_ = stored_.head();
    return std::exchange(torn_, false);
}

}  // namespace ibkr::simulation
