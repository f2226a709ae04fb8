#pragma once

#include <cassert>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/account_directory.hpp"
#include "engine/gateway/gateway.hpp"
#include "engine/replay/replay.hpp"
#include "engine/runtime.hpp"
#include "tests/simulation/world/broker_model.hpp"
#include "tests/simulation/world/disk.hpp"
#include "tests/simulation/world/kept_models.hpp"
#include "tests/simulation/world/observer.hpp"
#include "tests/simulation/world/trace.hpp"

namespace ibkr::simulation {

/// The disk of a world, of this seed.
using MakeDisk =
    std::function<std::unique_ptr<Disk>(std::uint64_t seed, CrashPoints& points, engine::Clock& clock)>;
[[nodiscard]] std::unique_ptr<Disk> simulated_disk(std::uint64_t seed, CrashPoints& points,
                                                   engine::Clock& clock);

/// The keys of its log.
[[nodiscard]] events::LogKeys simulated_keys(std::uint64_t seed);

/// The engine between a disk and a broker model, on one virtual clock. Disk, broker, clock and who
/// watches them outlive the engine's processes. Two worlds of one seed in which the same happens are alike to
/// the last byte, on the simulated disk.
class World {
public:
    World(std::uint64_t seed, bool local_broker, const MakeDisk& make_disk = simulated_disk);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// The next process: opens what the last one left. False: it ended before it was up.
    bool start();
    /// The process is gone, if it is not yet; the disk is as `policy` says. Read models are kept or lost with
    /// it.
    void crash(DiskPolicy policy);
    /// A process is there, also when all it can do is end.
    [[nodiscard]] bool has_process() const { return runtime_ != nullptr && !points.crashed(); }
    /// It can still do something.
    [[nodiscard]] bool running() const { return has_process() && runtime_->alive(); }
    [[nodiscard]] bool held() const { return runtime_ != nullptr && runtime_->held() != nullptr; }
    /// `engine resume` of a held log, by an operator. False: the process ended meanwhile.
    bool resume();

    /// There is a process.
    [[nodiscard]] engine::Runtime& runtime() {
        assert(runtime_ != nullptr);
        return *runtime_;
    }
    [[nodiscard]] engine::Gateway gateway() { return engine::Gateway(runtime()); }
    [[nodiscard]] projections::ProjectionStore& store() { return models_->store(); }
    [[nodiscard]] const engine::Replay& replay() const { return *replay_; }
    [[nodiscard]] engine::CallContext context(std::string tool);
    [[nodiscard]] events::AccountHash account() const;
    /// The log has been cut by more than a crash may take: what was acknowledged before is no claim any more.
    [[nodiscard]] bool lost_records() const { return lost_records_; }
    /// Such a cut was not resumed from yet: the log may be held.
    [[nodiscard]] bool may_be_held() const { return may_be_held_; }
    void roll_back(std::uint64_t appends, bool with_anchors);

    /// Decides again what is new in the log; differences are violations of R1.
    void replay_new();
    /// After a crash: what was replayed and is gone is replayed no more.
    void forget_replayed_beyond_head();

    CrashPoints points;
    engine::VirtualClock clock;
    Trace trace;
    Violations violations;

private:
    std::unique_ptr<Disk> disk_;

public:
    Disk& disk;
    BrokerModel broker;
    Observer observer;
    engine::Policies policies;

private:
    bool open_engine();
    /// Records what a start had to do with the log.
    [[nodiscard]] bool record_start(const events::RecordMaker& make, events::Body body);
    void start_replay();
    [[nodiscard]] bool open_models(bool keep);
    [[nodiscard]] std::optional<events::Head> checkpoint() const;

    engine::SeededIdSource ids_;
    engine::AccountDirectory accounts_;
    std::unique_ptr<KeptModels> models_;
    std::unique_ptr<engine::Runtime> runtime_;
    std::unique_ptr<engine::Replay> replay_;
    events::SequenceId replayed_to_;
    std::optional<events::Hold> hold_;
    std::optional<engine::AfterResumption> resumed_;
    std::uint64_t commands_ = 0;
    bool models_kept_ = false;
    bool lost_records_ = false;
    bool may_be_held_ = false;
};

/// The limits that every world's policy sets; the invariants compare the broker's truth with them.
inline constexpr std::int64_t limit_position_notional = 12'000;
inline constexpr std::uint32_t limit_orders_per_day = 14;

}  // namespace ibkr::simulation
