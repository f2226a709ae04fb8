#pragma once

#include <optional>

#include "statemachines/decide/decision.hpp"
#include "statemachines/decide/views.hpp"

namespace ibkr::statemachines {

// The gates that several order commands pass, in the order of gateway contract section 6. Each says nothing
// when it lets pass. Private to this folder.

/// Form of the key: empty is PAPER_IDEMPOTENCY_CONFLICT, malformed is ORDER_VALIDATION_FAILED.
[[nodiscard]] std::optional<events::Error> key_gate(const events::IdempotencyKey& key);

/// A key that is bound already answers the call, before every other gate (design 5.7).
[[nodiscard]] std::optional<Decided> idempotency_gate(const std::optional<events::IdempotencyRecord>& bound,
                                                      const std::string& request_hash,
                                                      const events::AccountHash& account);

/// Paper trading switched on twice (config and call) and the account on its list.
[[nodiscard]] std::optional<events::Error> paper_gate(const PolicyView& policy, const OrderFacts& facts,
                                                      const events::AccountHash& account);

/// The approval and its preview allow exactly this account and environment, now.
[[nodiscard]] std::optional<events::Error> approval_gate(
    const std::optional<events::ApprovalRecord>& approval,
    const std::optional<events::PreviewRecord>& preview, const events::AccountHash& account,
    events::Environment environment, events::Timestamp now);

/// The policy that decides; CONFIG_INVALID when the log holds none of that name.
[[nodiscard]] std::optional<events::Error> policy_gate(const PolicyView& policy);

/// One evaluation of the risk policy as it is recorded: verdict, events, and the refusal when it says no. The
/// account's mode must be the environment's, whatever the policy allows.
struct RiskAnswer {
    std::vector<EventDraft> events;  ///< [position_recorded] order_risk_checked
    events::OrderRiskChecked verdict;
    std::optional<events::Error> refusal;
};
/// `preview` is the workflow that the check is recorded in.
[[nodiscard]] RiskAnswer check_risk(const PolicyView& policy, const events::OrderTerms& terms,
                                    events::Environment environment, const MarketFacts& market,
                                    const events::Exposure& exposure, const events::OrderCount& today,
                                    events::Timestamp now, const events::WorkflowId& preview,
                                    const events::AccountHash& account);

/// `exposure` without what `order` adds to it: the basis for the terms that are to take its place. The filled
/// part stays in the position and is taken off the open side, so that adding the new total counts it once.
[[nodiscard]] events::Exposure without_order(events::Exposure exposure, const events::OrderRecord& order);

}  // namespace ibkr::statemachines
