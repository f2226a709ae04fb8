#pragma once

#include <optional>
#include <set>
#include <string>

#include "events/records.hpp"
#include "statemachines/policy.hpp"

namespace ibkr::statemachines {

// The folded state each decider sees: copies, gathered by the engine from the projections under the writer's
// transaction. Absent records are nullopt.

struct PolicyView {
    GatewaySettings settings;
    /// The policy `settings.paper_risk_policy` names; nullopt when the log holds none of that name.
    std::optional<RiskPolicy> risk_policy;
    std::string risk_policy_hash;
};

struct PreviewView {
    PolicyView policy;
    events::Exposure exposure;
    events::OrderCount orders_today;
    /// The order that `PreviewOrder::replaces` names, when we know it: its own stake is then not counted
    /// twice.
    std::optional<events::OrderRecord> replaced;
};

struct ApprovalCreationView {
    PolicyView policy;
    std::optional<events::PreviewRecord> preview;
    std::optional<events::ApprovalRecord> open_approval;  ///< of that preview
};

struct ApprovalView {
    std::optional<events::ApprovalRecord> approval;
};

struct SubmitView {
    PolicyView policy;
    std::optional<events::IdempotencyRecord> bound;
    std::optional<events::ApprovalRecord> approval;
    std::optional<events::PreviewRecord> preview;  ///< the approval's
    events::Exposure exposure;
    events::OrderCount orders_today;
};

struct ExistingOrderView {
    PolicyView policy;
    std::optional<events::IdempotencyRecord> bound;
    std::optional<events::OrderRecord> order;
    std::optional<events::ApprovalRecord> approval;  ///< a modify's, with its replacement preview
    std::optional<events::PreviewRecord> preview;
    events::Exposure exposure;
    events::OrderCount orders_today;
};

struct OrderView {
    std::optional<events::OrderRecord> order;
    std::optional<events::ApprovalRecord> approval;  ///< the one `order->approval_id` names
    std::set<events::ExecutionId> known_executions;  ///< of the order's account, among those reported
};

struct FoundOrderView {
    GatewaySettings settings;
    std::optional<events::OrderRecord> order;  ///< with the command's order id, else with its client order id
    std::optional<events::IdempotencyRecord> bound;
    std::optional<events::ApprovalRecord> approval;
};

struct ExpiryView {
    std::optional<events::PreviewRecord> preview;
    std::optional<events::ApprovalRecord> approval;
};

}  // namespace ibkr::statemachines
