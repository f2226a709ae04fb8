#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/account_directory.hpp"
#include "engine/fold/workflow_projection.hpp"
#include "engine/gateway/gateway.hpp"
#include "engine/runtime.hpp"
#include "events/log/memory_log.hpp"
#include "projections/store.hpp"
#include "tests/support/scripted_broker.hpp"

namespace ibkr::testing {

/// Counts suspension points and, at the chosen one, cuts the process off.
class Cut final : public engine::SuspensionPoints {
public:
    [[nodiscard]] bool pass(engine::SuspensionPoint point) override;
    void arm(std::uint64_t at) { cut_at_ = at, count_ = 0, fired_ = false; }
    void disarm() { cut_at_ = 0, fired_ = false; }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] bool fired() const { return fired_; }
    [[nodiscard]] engine::SuspensionPoint where() const { return where_; }

private:
    std::uint64_t cut_at_ = 0;  ///< 1 is the first point passed; 0: never
    std::uint64_t count_ = 0;
    bool fired_ = false;
    engine::SuspensionPoint where_ = engine::SuspensionPoint::before_append;
};

/// The whole engine on virtual twins: in-memory log, in-memory projections, virtual clock, seeded ids,
/// scripted broker. Log and broker outlive the engine, as a disk and a broker do; `restart` is the next
/// process.
class EngineRig {
public:
    explicit EngineRig(std::uint64_t seed = 1);

    /// Drops the engine and its projections, opens the log again and starts over. False when the new start
    /// was cut off too.
    [[nodiscard]] bool restart();
    [[nodiscard]] bool running() const { return runtime_ != nullptr; }

    [[nodiscard]] engine::CallContext context(std::string tool) const;
    [[nodiscard]] engine::Gateway gateway() { return engine::Gateway(*runtime_); }
    [[nodiscard]] engine::Runtime& runtime() { return *runtime_; }
    [[nodiscard]] engine::RuntimeParts parts();

    // A scenario's steps, as a CLI would take them. Each returns the payload or the error's code name.
    [[nodiscard]] engine::CallResult preview(const std::string& quantity, const std::string& limit,
                                             events::Side side = events::Side::buy);
    [[nodiscard]] engine::CallResult approve(const events::WorkflowId& preview);
    [[nodiscard]] engine::CallResult submit(const events::WorkflowId& approval, const std::string& key);
    [[nodiscard]] engine::CallResult cancel(const events::BrokerOrderId& order, const std::string& key);

    events::MemoryLog log;
    engine::VirtualClock clock;
    ScriptedBroker broker;
    Cut cut;
    engine::Policies policies;
    // What the next start finds; borrowed.
    events::Log* log_in_front = nullptr;  ///< stands before `log`, when set
    events::DiskSpace* disk = nullptr;
    std::optional<events::Hold> hold;
    std::optional<engine::AfterResumption> resumed;
    engine::EngineLimits limits;
    engine::SuspensionPoints* points = nullptr;  ///< in place of `cut`
    bool many_callers = false;  ///< no suspension points, and ids that several threads may ask for

private:
    engine::SeededIdSource ids_;
    engine::SystemIdSource system_ids_;
    engine::AccountDirectory accounts_;
    std::unique_ptr<projections::ProjectionStore> store_;
    engine::WorkflowProjection* workflows_ = nullptr;
    std::unique_ptr<engine::Runtime> runtime_;
};

/// The text value of a top-level member of a payload; empty when there is none.
[[nodiscard]] std::string member(const std::string& payload, const std::string& name);

}  // namespace ibkr::testing
