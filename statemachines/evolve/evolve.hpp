#pragma once

#include <optional>
#include <string>

#include "events/event.hpp"
#include "events/records.hpp"

namespace ibkr::statemachines {

/// evolve(state, event) -> state: the only functions that change a workflow's record. They translate the
/// event into the machine's event, step the table, and fold the facts. Total and without effects; used live
/// and in replay alike. Each sets `position`, `last_event_id` and `updated_at` from the event. Precondition
/// (asserted): the event belongs to that record's workflow, and its `workflow_position` is the record's
/// position + 1. An opening event is applied to a default-constructed record. The result says what the table
/// did, so that faults can be flagged and alerted.
enum class Folded : std::uint8_t { stepped, ignored, refused, faulted, not_of_this_machine };

Folded evolve(events::PreviewRecord& record, const events::Event& event);
Folded evolve(events::ApprovalRecord& record, const events::Event& event);
Folded evolve(events::OrderRecord& record, const events::Event& event);
/// `kill-switch` and `broker-session`.
Folded evolve(events::GatewayRecord& record, const events::Event& event);

/// Which record an event's workflow has, by its body type.
enum class WorkflowKind : std::uint8_t { none, preview, approval, order, kill_switch, broker_session };
[[nodiscard]] WorkflowKind workflow_kind(const events::Body& body) noexcept;

/// The initial record of the single workflows (kill switch: closed; session: unavailable).
[[nodiscard]] events::GatewayRecord initial_kill_switch();
[[nodiscard]] events::GatewayRecord initial_broker_session();

/// Terminal states keep no open exposure; `order_is_open` is true for every other order state, unknown
/// included.
[[nodiscard]] bool order_is_open(std::string_view order_state) noexcept;
/// Contract status word (submitted|open|pending_cancel|filled|cancelled|refused|unknown) of an order's exact
/// state, per interfaces.md "Lifecycles": partially_filled -> open, awaiting_reply -> submitted, not_sent,
/// not_placed and rejected -> refused, expired -> cancelled if it ever worked, else refused.
[[nodiscard]] std::string_view lifecycle_status(std::string_view order_state, bool ever_working) noexcept;
/// The contract's five approval words: reserved -> approved, denied -> revoked, others themselves.
[[nodiscard]] std::string_view approval_status(std::string_view approval_state) noexcept;

}  // namespace ibkr::statemachines
