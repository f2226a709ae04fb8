"""Mutants of the transition tables, their guards and actions, and of what events fold into records.

Each: name, file, text to find, text in its place; of a header, the source file that steps its table. The proofs beside
a table would refuse most of these when it is compiled; here only the stepping source is compiled, so that replay is
asked alone.
"""

ORDERS = "statemachines/evolve/order_evolve.cpp"
OTHERS = "statemachines/evolve/evolve.cpp"
TERMS = "statemachines/evolve/order_terms.cpp"


def order(name, find, replace):
    return name, "statemachines/machines/order_table.hpp", find, replace, ORDERS


def rule(name, find, replace):
    return name, "statemachines/machines/order_rules.hpp", find, replace, ORDERS


def approval(name, find, replace):
    return name, "statemachines/machines/approval.hpp", find, replace, OTHERS


def kill_switch(name, find, replace):
    return name, "statemachines/machines/kill_switch.hpp", find, replace, OTHERS


def session(name, find, replace):
    return name, "statemachines/machines/broker_session.hpp", find, replace, OTHERS


def gap(left, right, width):
    """A row's two halves with the blanks between that the table aligns them by."""
    return left.ljust(width) + right


def moved(name, row, to, into):
    """A row of the order table that leads to another state."""
    return order(name, gap("    " + row, "= " + to, 88), f"    {row} = {into}")


def released(guard, state):
    return gap(f"Reserved + event<ApprovalReleased>[guard<{guard}>]", f"= {state}", 72)


MUTANTS = {
    "transition": (
        moved("a refused submit is not placed", "sending        + event<SubmitRefused> / action<end_unplaced>",
              "Rejected", "NotPlaced"),
        moved("proof of absence rejects", "Unknown        + event<AbsenceProved> / action<end_unplaced>",
              "NotPlaced", "Rejected"),
        moved("the last fill leaves a rest",
              "live           + event<FillReported>[guard<completes>] / action<add_last_fill>",
              "Filled", "PartiallyFilled"),
        moved("a lost submit works", "sending        + event<OutcomeUnknown> / action<lose_submit>",
              "Unknown", "Working"),
        moved("a cancel is not pending", "open           + event<CancelIntended> / action<intend_cancel>",
              "CancelPending", "stay"),
        moved("a fill ends a pending cancel", "CancelPending  + event<FillReported> / action<add_fill>",
              "stay", "PartiallyFilled"),
        moved("an expired order is cancelled", "live           + event<BrokerExpired> / action<end_at_broker>",
              "Expired", "Cancelled"),
        moved("a rejection after fills is ignored", "PartiallyFilled + event<BrokerRejected>", "fault", "ignore"),
        moved("a confirmed change forgets the fills",
              "ModifyPending  + event<ModifyConfirmed>[guard<has_fills>] / action<accept_modify>",
              "PartiallyFilled", "Working"),
        moved("a change does not wait", "open           + event<ModifyIntended> / action<intend_modify>",
              "ModifyPending", "stay"),
        order("a word against evidence counts", "event<OperatorAttested>[guard<attests_against_evidence>]",
              "event<OperatorAttested>[guard<cancel_is_pending>]"),
        order("a word that it works ends an overfill",
              "event<SubmitConfirmed, EvidenceFound, BrokerWorking>[guard<is_overfilled>]",
              "event<SubmitConfirmed, EvidenceFound, BrokerWorking>[guard<cancel_is_pending>]"),
        order("a refused cancel forgets the change", "event<CancelRefused, CancelNotSent>[guard<modify_is_open>]",
              "event<CancelRefused, CancelNotSent>[guard<modify_is_settled>]"),
        order("no contradiction after the end", "on_fault(ended) / action<mark_contradicted>",
              "on_fault(ended) / action<doubt_submit>"),
        order("a lost cancel cannot be repeated", "event<CancelIntended>[guard<cancel_is_unknown>]",
              "event<CancelIntended>[guard<is_overfilled>]"),
        approval("a revoked reservation is released whole", released("was_revoked", "Revoked"),
                 released("was_revoked", "Approved")),
        approval("an expired reservation is released whole", released("has_expired", "Expired"),
                 released("has_expired", "Approved")),
        approval("expiry ends a reservation", gap("event<ApprovalExpired> / action<record_expiry>", "= stay", 61),
                 "event<ApprovalExpired> / action<record_expiry> = Expired"),
        approval("a grant says nothing", gap("Pending  + event<ApprovalGranted>", "= Approved", 72),
                 "Pending  + event<ApprovalGranted> = ignore"),
        approval("a granted approval is denied",
                 'Approved + event<ApprovalDenied> = refuse("approval_already_granted")',
                 "Approved + event<ApprovalDenied> = Denied"),
        approval("a granted approval cannot be revoked", gap("Approved + event<ApprovalRevoked>", "= Revoked", 72),
                 "Approved + event<ApprovalRevoked> = ignore"),
        approval("use leaves an approval", gap("Reserved + event<ApprovalConsumed>", "= Consumed", 72),
                 "Reserved + event<ApprovalConsumed> = Approved"),
        ("an expired preview is refused", "statemachines/machines/preview.hpp",
         "Created   + event<PreviewExpired>   = Expired", "Created   + event<PreviewExpired>   = Refused", OTHERS),
        kill_switch("opening twice closes", "Open   + event<KillSwitchOpened> = ignore",
                    "Open   + event<KillSwitchOpened> = Closed"),
        kill_switch("opening does not open", "Closed + event<KillSwitchOpened> = Open",
                    "Closed + event<KillSwitchOpened> = ignore"),
        kill_switch("closing does not close", "Open   + event<KillSwitchClosed> = Closed",
                    "Open   + event<KillSwitchClosed> = ignore"),
        session("an unusable session is usable", gap("any      + event<SessionObserved>", "= Unavailable", 79),
                "any      + event<SessionObserved> = Usable"),
        ("expiry meanwhile is forgotten", OTHERS, "record.expired_meanwhile = data.expired_meanwhile;",
         "record.expired_meanwhile = false;"),
        ("revocation meanwhile is forgotten", OTHERS, "record.revoked_meanwhile = data.revoked_meanwhile;",
         "record.revoked_meanwhile = false;"),
        ("the book's expired is cancelled", ORDERS, 'if (status == "expired") return BrokerExpired{};',
         'if (status == "expired") return BrokerCancelled{};'),
        ("every word of an operator is placed", ORDERS, "const bool placed = !body.broker_order_id.empty();",
         "const bool placed = true;"),
        ("the book's terms settle the wrong way", ORDERS,
         "took ? OrderEvent(ModifyConfirmed{}) : OrderEvent(ModifyRefused{})",
         "took ? OrderEvent(ModifyRefused{}) : OrderEvent(ModifyConfirmed{})"),
        ("a change keeps the old limit price", TERMS,
         "if (changes.limit_price) terms.limit_price = changes.limit_price;", ""),
        ("orders of two quantities are the same", TERMS, "a.quantity == b.quantity && ", ""),
    ),
    "guard": (
        rule("a complete fill is too much", "filled_with(data, fill, ceiling(data)) > 0",
             "filled_with(data, fill, ceiling(data)) >= 0"),
        rule("a fill beyond the old size proves nothing",
             "is_open(data.modify) && filled_with(data, fill, data.quantity) > 0",
             "is_open(data.modify) && filled_with(data, fill, data.quantity) < 0"),
        rule("nothing filled is something filled", "return data.filled > Quantity{};",
             "return data.filled >= Quantity{};"),
        rule("evidence is none", "data.submit == WriteState::accepted;", "data.submit == WriteState::unknown;"),
        rule("a lost change is settled", "write == WriteState::started || write == WriteState::unknown",
             "write == WriteState::started"),
    ),
}
