#pragma once

#include <optional>

#include "statemachines/decide/decision.hpp"

namespace ibkr::statemachines {

/// What a report on an order does to the approval that the order reserved (design section 3): consumed as
/// soon as the order, or the change it was given for, reached the broker; released when it provably did not;
/// untouched while that is unknown; revoked when it was released and the order then appears at the broker.
/// `before` and `after` are the order before and after the report. `modify_outcome` is set when the report is
/// a modify's outcome. Otherwise nothing when `approval` is not reserved by this order. Private to this
/// folder.
[[nodiscard]] std::optional<EventDraft> approval_use(const std::optional<events::ApprovalRecord>& approval,
                                                     const events::OrderRecord& before,
                                                     const events::OrderRecord& after,
                                                     std::optional<events::Outcome> modify_outcome);

}  // namespace ibkr::statemachines
