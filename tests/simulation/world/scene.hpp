#pragma once

#include <string>

#include "tests/simulation/world/invariants.hpp"

namespace ibkr::simulation {

/// One world for a scenario that is written down step by step. After each call the invariants are checked;
/// what they find is in `world.violations`.
class Scene {
public:
    enum class BrokerKind : std::uint8_t { local, network };
    explicit Scene(BrokerKind kind, const MakeDisk& make_disk = simulated_disk)
        : world(11, kind == BrokerKind::local, make_disk), invariants(world) {}

    /// Preview and approval of an AAPL limit order. Their being refused is a violation.
    [[nodiscard]] events::WorkflowId approved(std::int64_t quantity, std::int64_t price,
                                              events::Side side = events::Side::buy);
    engine::CallResult submit(const events::WorkflowId& approval, const std::string& key);
    engine::CallResult cancel(const std::string& broker_order_id, const std::string& key);
    engine::CallResult modify(const std::string& broker_order_id, const std::string& key,
                              const events::OrderChanges& changes);
    /// All three steps; the broker order id of the answer, empty when it named none.
    std::string placed(std::int64_t quantity, std::int64_t price, const std::string& key);

    /// The record of the order that was submitted under this key.
    [[nodiscard]] events::OrderRecord order(const std::string& key);
    [[nodiscard]] events::Exposure exposure();
    void pass_ms(std::int64_t ms);
    void reconcile();
    /// The process ends here and the next one starts.
    void restart(DiskPolicy policy = DiskPolicy::keep);
    /// Every fault is over; everything has to come to rest. The violations found so far, one a line; empty:
    /// none.
    [[nodiscard]] std::string rest();

    World world;
    Invariants invariants;

private:
    /// Makes a call and checks its answer, unless the process ended inside it: nobody got it then.
    engine::CallResult ask(const std::function<engine::CallResult(engine::Gateway&)>& make);
};

/// The text member of an answer's payload; of an error, its code.
[[nodiscard]] std::string said(const engine::CallResult& result, const std::string& name = "order_state");

}  // namespace ibkr::simulation
