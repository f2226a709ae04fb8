#pragma once

#include <optional>
#include <string>

#include "tests/simulation/world/scene.hpp"

namespace ibkr::simulation {

// Worlds that are broken on purpose, so that an invariant can be seen to fail.

[[nodiscard]] bool found(const World& world, const std::string& invariant);
[[nodiscard]] bool found_only(const World& world, const std::string& invariant);

/// A disk that misjudges what a start finds, reports a failed sync and goes on, or syncs no anchor when
/// asked.
class OtherDisk final : public SimulatedDisk {
public:
    using SimulatedDisk::SimulatedDisk;
    [[nodiscard]] events::StartVerdict judge(const std::optional<events::Head>& checkpoint) override {
        events::StartVerdict verdict = SimulatedDisk::judge(checkpoint);
        if (start) verdict.start = *start;
        return verdict;
    }
    [[nodiscard]] bool sync_failed() const override { return says_sync_failed; }
    [[nodiscard]] events::Result<void> secure_head() override {
        return secures_anchors ? SimulatedDisk::secure_head() : events::Result<void>();
    }

    std::optional<events::StartVerdict::Start> start;
    bool says_sync_failed = false;
    bool secures_anchors = true;
};

struct OtherScene {
    OtherDisk* disk = nullptr;  ///< owned by the scene's world
    Scene::BrokerKind kind = Scene::BrokerKind::local;
    Scene scene{kind, [this](std::uint64_t seed, CrashPoints& points, engine::Clock& clock) {
                    auto made = std::make_unique<OtherDisk>(simulated_keys(seed), points, clock);
                    disk = made.get();
                    return made;
                }};
};

/// Appends the next event of a workflow past the engine, and checks the invariants.
void append_by_hand(Scene& scene, const events::WorkflowId& workflow, events::Body body);
/// The word of the broker's book, or of nobody, that an order is in a state.
[[nodiscard]] events::PaperOrderLifecycleChanged went_to(const std::string& state,
                                                         const std::string& evidence);
/// Changes rows of the read models past the engine. There are some that it changes.
void change_models(Scene& scene, const std::string& sql);
/// From the next start on, under a policy that allows more than the world's limits.
template <class Change>
void relax(Scene& scene, const Change& change) {
    change(scene.world.policies.risk_policies.front());
    scene.restart();
}

}  // namespace ibkr::simulation
