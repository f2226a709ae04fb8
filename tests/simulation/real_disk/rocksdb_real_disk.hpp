#pragma once

#include <filesystem>

#include "engine/ports/clock.hpp"
#include "tests/simulation/real_disk/lossy_disk.hpp"

namespace ibkr::simulation {

/// The real store, its anchors and starting rules on a `LossyDisk`, as the disk of a world. Starts are those
/// of `open_or_create_log`, which record what they do by themselves. It keeps no older images: plans for it
/// have no `roll_back`, and so nothing is held that could be resumed. One at a time.
class RealDisk final : public Disk {
public:
    RealDisk(std::uint64_t seed, CrashPoints& points, engine::Clock& clock);
    ~RealDisk() override;

    void create(const events::RecordMaker&) override {}  // the constructor did

    [[nodiscard]] events::Result<events::Head> append(std::span<const events::PendingRecord> records,
                                                      events::SequenceId expected_next) override;
    [[nodiscard]] events::Result<events::Head> append_resumed(const events::PendingRecord& record,
                                                              events::SequenceId at) override;
    [[nodiscard]] events::Result<events::Head> append_rotation(const events::PendingRecord& retired,
                                                               const events::PendingRecord& activated,
                                                               const events::LogKeys& next) override;
    [[nodiscard]] events::Result<void> secure_head() override;
    [[nodiscard]] events::WalPosition wal_position() const override { return {}; }
    [[nodiscard]] bool alive() const override { return alive_ && owned_ && owned_->log->alive(); }
    [[nodiscard]] events::Head head() const override { return reader().head(); }
    [[nodiscard]] events::LogIdentity identity() const override { return reader().identity(); }
    [[nodiscard]] std::vector<events::AttestedGap> gaps() const override { return reader().gaps(); }
    [[nodiscard]] events::Result<std::unique_ptr<events::LogCursor>> read(
        events::SequenceId from) const override {
        return reader().read(from);
    }
    [[nodiscard]] events::Result<std::unique_ptr<events::LogCursor>> read_back(
        events::SequenceId from) const override {
        return reader().read_back(from);
    }

    void fail_sync_in(std::uint64_t appends) override { fail_sync_in_ = appends; }
    void fill_up_in(std::uint64_t appends) override { full_in_ = appends; }
    void fail_next_anchor_sync() override { fail_anchor_sync_ = true; }
    void lie_about_syncs() override { lossy_->lie_about_syncs(); }
    void roll_back(std::uint64_t appends, bool with_anchors) override;

    void crash(DiskPolicy policy) override;
    [[nodiscard]] events::StartVerdict judge(const std::optional<events::Head>& checkpoint) override;
    [[nodiscard]] bool reopen() override { return false; }  // `judge` has opened and recorded

    [[nodiscard]] const events::LogKeys& keys() const override { return *keys_; }
    [[nodiscard]] events::Head synced() const override { return synced_; }
    [[nodiscard]] bool sync_failed() const override { return sync_failed_; }
    [[nodiscard]] bool has_unsynced() const override { return lossy_ && !lossy_->wal_is_synced(); }
    [[nodiscard]] events::SequenceId highest_anchor() const override;

private:
    [[nodiscard]] const events::LogReader& reader() const;
    [[nodiscard]] events::Result<void> can_write() const;
    /// The disk of the process that begins, on what stands in `data_`.
    void put_below_watch();
    void pass_in_append(std::string_view point);
    void end_process();
    [[nodiscard]] std::unique_ptr<events::LogReader> open_left() const;
    [[nodiscard]] events::Result<events::OwnedLog> open(const events::StartOptions& options);
    [[nodiscard]] std::string folder(const std::string& name) const {
        return root_ + "/" + name + "-" + std::to_string(generation_);
    }

    const std::uint64_t seed_;
    CrashPoints& points_;
    engine::Clock& clock_;
    engine::SeededIdSource ids_;
    std::string root_, data_;
    std::uint64_t generation_ = 0;
    std::unique_ptr<LossyDisk> lossy_;
    std::optional<events::LogKeys> keys_;
    std::optional<events::OwnedLog> owned_;
    std::unique_ptr<events::LogReader> left_;  ///< between a crash and the next start
    events::Head synced_;
    bool appending_ = false, alive_ = true, sync_failed_ = false, fail_anchor_sync_ = false;
    std::uint64_t fail_sync_in_ = 0, full_in_ = 0;
};

[[nodiscard]] std::unique_ptr<Disk> real_disk(std::uint64_t seed, CrashPoints& points, engine::Clock& clock);

}  // namespace ibkr::simulation
