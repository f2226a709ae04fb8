#pragma once

#include <optional>

#include "events/records.hpp"
#include "statemachines/evolve/evolve.hpp"
#include "statemachines/machines/approval.hpp"
#include "statemachines/machines/order.hpp"
#include "statemachines/table/step.hpp"

namespace ibkr::statemachines {

// Between records, which live in projections and events, and the machines' own words. Private to this room:
// `evolve` folds through these, deciders ask them what the table would say.

/// The state's name as the machine knows it; nullopt before a workflow's first event.
/// Precondition: `state` is empty or a name of the machine.
[[nodiscard]] std::optional<OrderState> order_state_of(const events::OrderRecord& record);
[[nodiscard]] std::optional<ApprovalState> approval_state_of(const events::ApprovalRecord& record);

[[nodiscard]] bool is_terminal(OrderState state) noexcept;

/// What the table would answer; changes nothing.
[[nodiscard]] StepResult<OrderState> peek_order(const events::OrderRecord& record, const OrderEvent& event);
[[nodiscard]] StepResult<ApprovalState> peek_approval(const events::ApprovalRecord& record,
                                                      const ApprovalEvent& event);

/// `terms` after `changes`. An amount takes the place of a trailing percentage and the other way round.
[[nodiscard]] events::OrderTerms with_changes(events::OrderTerms terms, const events::OrderChanges& changes);

/// The changes that make `after` of `before`, as far as a modify can make them.
[[nodiscard]] events::OrderChanges changes_between(const events::OrderTerms& before,
                                                   const events::OrderTerms& after);

/// The same order at the broker: contract number and currency, side, quantity, type, prices and time in
/// force. What the broker says about the contract in words may change meanwhile.
[[nodiscard]] bool same_order(const events::OrderTerms& a, const events::OrderTerms& b);

/// The worse of two answers, for events that step a table more than once.
[[nodiscard]] Folded worse(Folded a, Folded b) noexcept;
[[nodiscard]] Folded folded(RowOutcome outcome) noexcept;

}  // namespace ibkr::statemachines
