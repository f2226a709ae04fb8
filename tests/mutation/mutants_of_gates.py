"""Mutants of the deciders: approvals, keys, switches, changes. Each: name, file, text to find, text in its place."""

CREATION = "statemachines/decide/approval_creation.cpp"
USE = "statemachines/decide/approval_use.cpp"
WORDS = "statemachines/decide/approval_words.cpp"
GATES = "statemachines/decide/gates.cpp"
ORDER_GATES = "statemachines/decide/order_gates.cpp"
MODIFY = "statemachines/decide/modify.cpp"
SUBMIT = "statemachines/decide/submit.cpp"
PREVIEW = "statemachines/decide/preview.cpp"
GATEWAY = "statemachines/decide/gateway.cpp"
REPORT = "statemachines/decide/report.cpp"
HASHING = "statemachines/hashing.cpp"


def operator_gate(act):
    """An operator's act is open to all. The gate before it stands in several functions, so its refusal tells which."""
    refusal = f'\n        return refused(operator_required("{act}"),'
    return WORDS, "    if (!facts.is_operator)" + refusal, "    if (false)" + refusal


MUTANTS = {
    "guard": (
        ("approval for another account's preview", CREATION, "preview->account != command.account", "false"),
        ("approval for an expired preview", CREATION, "!preview->expires_at || has_passed(*preview->expires_at, now)",
         "!preview->expires_at"),
        ("an overdue approval stands in the way", CREATION,
         "return approval_state_of(approval) != ApprovalState::Reserved && has_passed(approval.expires_at, now);",
         "return false;"),
        ("an approval outlives its preview", CREATION, "std::min(now.plus_seconds(ttl), *preview.expires_at)",
         "now.plus_seconds(ttl)"),
        ("shorter approvals than the least", CREATION, "approval_ttl_seconds_min, approval_ttl_seconds_max",
         "std::uint32_t{1}, approval_ttl_seconds_max"),
        ("asking approves for agents too", CREATION, "mode == ApprovalMode::self || facts.is_operator", "true"),
        ("an operator's request waits", CREATION, "mode == ApprovalMode::self || facts.is_operator",
         "mode == ApprovalMode::self"),
        ("a second approval of one preview", CREATION, "if (view.open_approval && is_open(*view.open_approval))",
         "if (false)"),
        ("an unknown submit consumes", USE, "return after.progress.submit == accepted ? Use::consume : Use::keep;",
         "return Use::consume;"),
        ("an order that was not placed keeps", USE, "if (ended_unplaced(after)) return Use::release;",
         "if (ended_unplaced(after)) return Use::keep;"),
        ("a refused change consumes", USE, "if (*outcome != events::Outcome::unknown) return Use::release;",
         "if (*outcome != events::Outcome::unknown) return Use::consume;"),
        ("a wrongly released approval stays", USE, "!before.contradicted && after.contradicted", "false"),
        ("agents grant", *operator_gate("grant")),
        ("agents deny", *operator_gate("deny")),
        ("who asked may not revoke", WORDS, "!facts.is_operator && facts.actor_name != view.approval->requested_by",
         "!facts.is_operator"),
        ("anyone revokes", WORDS, "!facts.is_operator && facts.actor_name != view.approval->requested_by", "false"),
        ("a late grant", WORDS, "(state == ApprovalState::Pending || state == ApprovalState::Approved) &&",
         "state == ApprovalState::Approved &&"),
        ("a key serves two requests", GATES, "bound->request_hash != request_hash", "bound->request_hash.empty()"),
        ("calls need no paper flag", GATES, "if (!facts.enable_paper)", "if (false)"),
        ("paper trading switched off sends", GATES, "if (!policy.settings.paper_enabled)", "if (false)"),
        ("accounts off the list trade", GATES,
         "if (std::find(accounts.begin(), accounts.end(), account) == accounts.end())", "if (false)"),
        ("another account's approval", GATES, "if (approval->account != account)", "if (false)"),
        ("a reserved approval is only not approved", GATES,
         "if (approval.state == to_string(ApprovalState::Reserved))", "if (false)"),
        ("a consumed approval is only not approved", GATES,
         "if (approval.state == to_string(ApprovalState::Consumed))", "if (false)"),
        ("every approval state will do", GATES, "if (approval.state != to_string(ApprovalState::Approved))",
         "if (false)"),
        ("an approval lives a millisecond longer", GATES, "if (has_passed(approval.expires_at, now))",
         "if (approval.expires_at < now)"),
        ("changes while one is under way", ORDER_GATES, "peek_order(order, wish).outcome == RowOutcome::step",
         "peek_order(order, wish).outcome != RowOutcome::fault"),
        ("a paper cancel on a live account", "statemachines/decide/cancel.cpp",
         "facts.market.account_mode != events::AccountMode::live", "true"),
        ("an empty change", MODIFY, "if (changes.empty())", "if (false)"),
        ("a change down to what is filled", MODIFY, "*changes.quantity > order.filled_quantity",
         "*changes.quantity >= order.filled_quantity"),
        ("an approval of another order's change", MODIFY, "preview.replaces != order.broker_order_id", "false"),
        ("an approval of other terms", MODIFY, "!same_order(preview.terms, new_terms)", "false"),
        ("changes need no operator", MODIFY,
         "view.policy.settings.paper_approvals == ApprovalMode::operator_ || !command.approval_id.empty()",
         "!command.approval_id.empty()"),
        ("a replacement sent as a new order", SUBMIT, "if (preview.replaces.empty()) return std::nullopt;",
         "return std::nullopt;"),
        ("a send outlives its approval", SUBMIT,
         "std::min({latest, view.approval->expires_at, *view.preview->expires_at})", "latest"),
        ("a send outlives its quote", SUBMIT, "latest = std::min(latest, *fresh);", "static_cast<void>(fresh);"),
        ("previews need flag and setting", PREVIEW,
         "!facts.enable_preview && !view.policy.settings.preview_enabled",
         "!facts.enable_preview || !view.policy.settings.preview_enabled"),
        ("a preview's timer says nothing", "statemachines/decide/expiry.cpp",
         "preview.expires_at && has_passed(*preview.expires_at, facts.now)", "false"),
        ("agents turn the kill switch", GATEWAY, "if (!facts.is_operator)", "if (false)"),
        ("the kill switch needs no reason", GATEWAY, "is_blank(command.reason) || ", ""),
        ("known executions count again", REPORT, "!view.known_executions.contains(execution.execution_id)", "true"),
        ("executions from last to first", REPORT, "< std::tie(b.executed_at, b.execution_id)",
         "> std::tie(b.executed_at, b.execution_id)"),
        ("the order hash without its account", HASHING, "BoundOrder{account, environment, terms}",
         "BoundOrder{{}, environment, terms}"),
        ("the request hash with its key", HASHING, "command.idempotency_key = {};", ""),
    ),
    "limit": (
        ("shrinking buys room back", MODIFY, "std::max(*added, events::Decimal())", "*added"),
    ),
}
