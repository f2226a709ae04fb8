#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/ports/clock.hpp"
#include "events/log/directory/disk_reserve.hpp"
#include "events/log/directory/log_directory.hpp"
#include "events/log/memory_log.hpp"
#include "events/log/start/start_rules.hpp"
#include "tests/simulation/world/crash_points.hpp"

namespace ibkr::simulation {

/// What a crash makes of the writes that no sync covered.
enum class DiskPolicy : std::uint8_t {
    keep,    ///< all of them reached the disk
    drop,    ///< none did
    tear,    ///< the last one did in part
    garble,  ///< the last one's place holds other bytes
};
inline constexpr std::uint64_t disk_policies = 4;
[[nodiscard]] std::string_view name_of(DiskPolicy policy) noexcept;

/// A disk with a log on it, as the engine's log port, with faults and with what a crash may take. It outlives
/// the engine. `SimulatedDisk` holds it in memory, `RealDisk` (tests/simulation/real_disk) is the store
/// itself.
class Disk : public events::Log, public events::DiskSpace {
public:
    /// Record 1, where there is none yet.
    virtual void create(const events::RecordMaker& make_record) = 0;

    // Faults. Each holds until it happened or is taken back.
    virtual void fail_sync_in(std::uint64_t appends) = 0;
    /// The `appends`th append from now finds no room, nor does any later one; 0: there is room.
    virtual void fill_up_in(std::uint64_t appends) = 0;
    virtual void fail_next_anchor_sync() = 0;
    /// From now on syncs say that they happened and did not: a disk that lies, which no log survives.
    virtual void lie_about_syncs() = 0;
    /// An older image is put back; `with_anchors` says whether the anchors on it are of that time too.
    virtual void roll_back(std::uint64_t appends, bool with_anchors) = 0;

    /// The process is gone: `policy` says what is left, and the next one may open it.
    virtual void crash(DiskPolicy policy) = 0;
    /// What a start finds. `checkpoint`: of read models that are kept.
    [[nodiscard]] virtual events::StartVerdict judge(const std::optional<events::Head>& checkpoint) = 0;
    /// Opens what a crash left, after `judge`. True: a torn tail was dropped, which is to be recorded.
    [[nodiscard]] virtual bool reopen() = 0;

    [[nodiscard]] virtual const events::LogKeys& keys() const = 0;
    [[nodiscard]] virtual events::Head synced() const = 0;
    [[nodiscard]] virtual bool sync_failed() const = 0;
    [[nodiscard]] virtual bool has_unsynced() const = 0;
    /// The records of the newest append, whatever became of it, where the disk keeps them.
    [[nodiscard]] virtual std::span<const events::PendingRecord> newest_append() const { return {}; }
    [[nodiscard]] virtual events::SequenceId highest_anchor() const = 0;
    /// The highest anchor that a crash cannot take, where the disk can tell.
    [[nodiscard]] virtual std::optional<events::SequenceId> synced_anchor() const { return std::nullopt; }
    /// The mac at `sequence`; nothing when there is no such record.
    [[nodiscard]] std::optional<events::Mac> mac_at(events::SequenceId sequence) const;

    // The space port.
    void set_space_low(bool low) { space_low_ = low; }
    [[nodiscard]] events::DiskRoom room() override {
        return space_low_ ? events::DiskRoom::low : events::DiskRoom::ample;
    }
    [[nodiscard]] std::string describe_limit() const override { return "the simulated disk is nearly full"; }

private:
    bool space_low_ = false;
};

/// A disk in memory: records and anchor slots, each with what is synced. One thread.
class SimulatedDisk : public Disk {
public:
    SimulatedDisk(events::LogKeys keys, CrashPoints& points, engine::Clock& clock);

    void create(const events::RecordMaker& make_record) override;

    // The log port. An append is written, then synced, then anchored; the process may end between.
    [[nodiscard]] events::Result<events::Head> append(std::span<const events::PendingRecord> records,
                                                      events::SequenceId expected_next) override;
    [[nodiscard]] events::Result<events::Head> append_resumed(const events::PendingRecord& record,
                                                              events::SequenceId at) override;
    [[nodiscard]] events::Result<events::Head> append_rotation(const events::PendingRecord& retired,
                                                               const events::PendingRecord& activated,
                                                               const events::LogKeys& next) override;
    [[nodiscard]] events::Result<void> secure_head() override;
    [[nodiscard]] events::WalPosition wal_position() const override { return {}; }
    [[nodiscard]] bool alive() const override { return alive_; }
    [[nodiscard]] events::Head head() const override { return stored_.head(); }
    [[nodiscard]] events::LogIdentity identity() const override { return stored_.identity(); }
    [[nodiscard]] std::vector<events::AttestedGap> gaps() const override { return stored_.gaps(); }
    [[nodiscard]] events::Result<std::unique_ptr<events::LogCursor>> read(
        events::SequenceId from) const override {
        return stored_.read(from);
    }
    [[nodiscard]] events::Result<std::unique_ptr<events::LogCursor>> read_back(
        events::SequenceId from) const override {
        return stored_.read_back(from);
    }

    void fail_sync_in(std::uint64_t appends) override { fail_sync_in_ = appends; }
    void fill_up_in(std::uint64_t appends) override { full_in_ = appends; }
    void fail_next_anchor_sync() override { fail_anchor_sync_ = true; }
    void lie_about_syncs() override { lying_ = true; }
    void roll_back(std::uint64_t appends, bool with_anchors) override;

    /// Changes a stored record behind everybody's back.
    void tamper(events::SequenceId sequence, const std::function<void(events::Record&)>& change) {
        stored_.tamper(sequence, change);
    }

    void crash(DiskPolicy policy) override;
    [[nodiscard]] events::StartVerdict judge(const std::optional<events::Head>& checkpoint) override;
    [[nodiscard]] bool reopen() override;

    [[nodiscard]] const events::LogKeys& keys() const override { return stored_.keys(); }
    [[nodiscard]] events::Head synced() const override { return synced_; }
    [[nodiscard]] bool sync_failed() const override { return sync_failed_; }
    [[nodiscard]] bool has_unsynced() const override { return stored_.head().sequence > synced_.sequence; }
    [[nodiscard]] std::span<const events::PendingRecord> newest_append() const override {
        return newest_append_;
    }
    [[nodiscard]] events::SequenceId highest_anchor() const override { return slots_.highest(); }
    [[nodiscard]] std::optional<events::SequenceId> synced_anchor() const override {
        return synced_slots_.highest();
    }

private:
    struct Slots {
        std::array<std::optional<events::Head>, 2> heads;
        std::size_t newest = 0;
        [[nodiscard]] events::SequenceId highest() const;
    };
    [[nodiscard]] events::Result<events::Head> finish(events::Result<events::Head> written);
    [[nodiscard]] events::Result<void> can_write() const;
    void anchor(const events::Head& head);
    void sync_anchors();

    events::MemoryLog stored_;  ///< with what is not synced
    CrashPoints& points_;
    engine::Clock& clock_;
    events::Head synced_;
    std::vector<events::PendingRecord> newest_append_;
    std::vector<events::SequenceId> append_ends_;  ///< an older image ends with one of them
    Slots slots_, synced_slots_;
    std::int64_t anchors_synced_ms_ = 0;
    bool alive_ = true;
    bool torn_ = false;
    bool sync_failed_ = false;
    std::uint64_t fail_sync_in_ = 0;
    std::uint64_t full_in_ = 0;
    bool fail_anchor_sync_ = false;
    bool lying_ = false;
};

}  // namespace ibkr::simulation
