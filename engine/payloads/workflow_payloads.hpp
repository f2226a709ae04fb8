#pragma once

#include <string>
#include <vector>

#include "engine/account_directory.hpp"
#include "events/records.hpp"

namespace ibkr::engine {

// Answers of the workflow calls as canonical JSON, from folded records (gateway contract sections 2 and 6).
// Raw account ids are put back through the directory. Pure: same record, same text.

/// What the caller can do about an order whose state is not known (interfaces, "CLI and wire").
[[nodiscard]] std::string_view unknown_order_action() noexcept;
/// What the caller can do about an order that provably never reached the broker: its key is spent
/// (design 5.7).
[[nodiscard]] std::string_view never_placed_action() noexcept;

/// Preview: the contract's members, the order itself, `status` (the exact state) and `order_hash`.
[[nodiscard]] std::string preview_payload(const events::PreviewRecord& preview,
                                          const AccountDirectory& accounts,
                                          const events::EventId& audit_event_id);

/// Approval: `status` is one of the contract's five words, `approval_state` the exact state.
[[nodiscard]] std::string approval_payload(const events::ApprovalRecord& approval,
                                           const AccountDirectory& accounts);
/// A list of the same.
[[nodiscard]] std::string approvals_payload(const std::vector<events::ApprovalRecord>& approvals,
                                            const AccountDirectory& accounts);

/// PaperLifecycle: `status` keeps the contract's words plus `unknown`, `order_state` is the exact state.
/// `unknown_outcome` (of the last write) or an unknown order adds `user_action`.
[[nodiscard]] std::string lifecycle_payload(const events::OrderRecord& order,
                                            const AccountDirectory& accounts, bool unknown_outcome = false);

/// The answer to a key that was answered before (design 5.7): the first answer, then `current` and
/// `replayed: true`.
[[nodiscard]] std::string stored_answer_payload(const events::IdempotencyRecord& stored,
                                                const events::OrderRecord& order,
                                                const AccountDirectory& accounts);

/// KillSwitch. A switch that no event ever touched has no `changed_at`. While nothing can be recorded
/// `audit_event_id` is null and `audit_note` says why.
[[nodiscard]] std::string kill_switch_payload(const events::GatewayRecord& kill_switch,
                                              const events::EventId& audit_event_id = {},
                                              const std::string& unrecorded_reason = {});

}  // namespace ibkr::engine
