#pragma once
// The order machine. Executions are the truth for quantities, in whatever order reports arrive; `unknown` is
// left only on evidence; a terminal state stays, whatever comes. The races are those of exchange protocols
// (FIX order state changes): fill before the acknowledgement, fill while a cancel or a modify is pending,
// answers after the end.
#include "statemachines/machines/order_rules.hpp"
#include "statemachines/table/step.hpp"

namespace ibkr::statemachines {

namespace order_table {

using enum OrderState;
using notation::action, notation::event, notation::fault, notation::guard, notation::ignore, notation::on,
    notation::on_fault, notation::others, notation::refuse, notation::start, notation::stay;
inline constexpr auto evidence =
    event<SubmitConfirmed, EvidenceFound, BrokerWorking, BrokerFilled, OperatorAttested>;
inline constexpr auto sending = on(Submitting, AwaitingReply);
inline constexpr auto open = on(Working, PartiallyFilled);
inline constexpr auto booked = open | on(ModifyPending, CancelPending);
inline constexpr auto changing = on(ModifyPending, CancelPending, Unknown);
inline constexpr auto kept = on(CancelPending, Unknown);  // the answer to a modify leaves them where they are
inline constexpr auto placed = open | changing;
inline constexpr auto live = sending | placed;
inline constexpr auto ended_at_broker = on(Filled, Cancelled, Expired);
inline constexpr auto ended_unplaced = on(Rejected, NotSent, NotPlaced);
inline constexpr auto ended = ended_at_broker | ended_unplaced;
inline constexpr auto any = live | ended;
// clang-format off
inline constexpr auto rows = make_table<OrderState, OrderData, OrderEvent>({
    start          + event<SubmitIntended> / action<begin>                              = Submitting,

    // Sends. An order is sent once; a send of a cancel or modify that its end overtook does not matter.
    live           + event<SendStarted>[guard<expects_send>] / action<mark_send_started> = stay,
    live           + event<SendStarted>                                                 = fault,
    ended          + event<SendStarted>[guard<sends_the_order>]                         = fault,
    ended          + event<SendStarted>                                                 = ignore,

    // The answer to the submit, or evidence that comes before it.
    sending        + event<SubmitConfirmed, EvidenceFound> / action<see_at_broker>      = Working,
    sending        + event<BrokerWorking, BrokerFilled> / action<see_at_broker>         = Working,
    sending        + event<SubmitRefused> / action<end_unplaced>                        = Rejected,
    Submitting     + event<SubmitNotSent> / action<end_unplaced>                        = NotSent,
    sending        + event<OutcomeUnknown> / action<lose_submit>                        = Unknown,
    sending        + event<ReplyRequested> / action<await_reply>                        = AwaitingReply,
    sending        + event<CancelIntended, ModifyIntended> = refuse("order_not_acknowledged"),
    booked         + event<SubmitConfirmed, OutcomeUnknown, EvidenceFound>              = ignore,

    // Executions, in every state.
    any            + event<FillReported>[guard<is_no_fill>]                             = fault,
    live           + event<FillReported>[guard<overfills>] / action<add_contrary_fill>  = fault,
    live           + event<FillReported>[guard<completes>] / action<add_last_fill>      = Filled,
    sending        + event<FillReported> / action<add_fill>                             = PartiallyFilled,
    open           + event<FillReported> / action<add_fill>                             = PartiallyFilled,
    CancelPending  + event<FillReported> / action<add_fill>                             = stay,
    ModifyPending  + event<FillReported>[guard<proves_modify>] / action<add_fill>       = PartiallyFilled,
    ModifyPending  + event<FillReported> / action<add_fill>                             = stay,
    Unknown        + event<FillReported>[guard<cancel_is_pending>] / action<add_fill>   = CancelPending,
    Unknown        + event<FillReported>[guard<proves_modify>] / action<add_fill>       = PartiallyFilled,
    Unknown        + event<FillReported>[guard<modify_is_open>] / action<add_fill>      = ModifyPending,
    Unknown        + event<FillReported> / action<add_fill>                             = PartiallyFilled,
    ended          + event<FillReported> / action<add_contrary_fill>                    = fault,

    // The broker's book. An order that it calls filled waits for its executions.
    booked         + event<BrokerWorking>                                               = ignore,
    changing       + event<BrokerFilled>[guard<is_filled>] / action<end_at_broker>      = Filled,
    booked         + event<BrokerFilled>                                                = ignore,
    changing       + event<BrokerCancelled, BrokerExpired>[guard<is_filled>] / action<end_at_broker>
                                                                                        = Filled,
    live           + event<BrokerCancelled> / action<end_at_broker>                     = Cancelled,
    live           + event<BrokerExpired> / action<end_at_broker>                       = Expired,
    PartiallyFilled + event<BrokerRejected>                                             = fault,
    changing       + event<BrokerRejected>[guard<has_fills>]                            = fault,
    live - on(PartiallyFilled) + event<BrokerRejected> / action<end_unplaced>           = Rejected,

    // Cancel: pending, for days if need be, until the book says how the order ended.
    open           + event<CancelIntended> / action<intend_cancel>                      = CancelPending,
    ModifyPending  + event<CancelIntended> / action<intend_cancel>                      = CancelPending,
    CancelPending  + event<CancelIntended>[guard<cancel_is_unknown>] / action<intend_cancel> = stay,
    CancelPending  + event<CancelIntended> = refuse("cancel_pending"),
    kept           + event<CancelConfirmed>[guard<cancel_is_pending>] / action<accept_cancel> = stay,
    kept           + event<CancelUnknown>[guard<cancel_is_pending>] / action<lose_cancel> = stay,
    placed         + event<CancelConfirmed>                                             = fault,
    placed         + event<CancelUnknown>                                               = ignore,
    CancelPending  + event<CancelRefused, CancelNotSent>[guard<modify_is_open>] / action<drop_cancel>
                                                                                        = ModifyPending,
    CancelPending  + event<CancelRefused, CancelNotSent>[guard<has_fills>] / action<drop_cancel>
                                                                                        = PartiallyFilled,
    CancelPending  + event<CancelRefused, CancelNotSent> / action<drop_cancel>          = Working,
    Unknown        + event<CancelRefused, CancelNotSent> / action<drop_cancel>          = stay,
    open           + event<CancelRefused, CancelNotSent>                                = ignore,
    ModifyPending  + event<CancelRefused, CancelNotSent>                                = ignore,

    // Modify: both sizes count until it is settled; a fill beyond the old size settles it.
    open           + event<ModifyIntended>[guard<asks_no_more_than_filled>]
        = refuse("quantity_not_above_filled"),
    open           + event<ModifyIntended> / action<intend_modify>                      = ModifyPending,
    ModifyPending  + event<ModifyIntended> = refuse("modify_pending"),
    CancelPending  + event<ModifyIntended> = refuse("cancel_pending"),
    open           + event<ModifyConfirmed>[guard<modify_was_accepted>]                 = ignore,
    open           + event<ModifyConfirmed>                                             = fault,
    open           + event<ModifyRefused, ModifyNotSent>[guard<modify_was_accepted>]    = fault,
    open           + event<ModifyRefused, ModifyNotSent, ModifyUnknown>                 = ignore,
    kept           + event<ModifyConfirmed>[guard<modify_was_accepted>]                 = ignore,
    kept           + event<ModifyConfirmed>[guard<modify_is_settled>]                   = fault,
    changing       + event<ModifyConfirmed>[guard<modify_overfills>] / action<accept_modify_below_filled>
                                                                                        = fault,
    changing       + event<ModifyConfirmed>[guard<modify_completes>] / action<end_modified> = Filled,
    ModifyPending  + event<ModifyConfirmed>[guard<has_fills>] / action<accept_modify>   = PartiallyFilled,
    ModifyPending  + event<ModifyConfirmed> / action<accept_modify>                     = Working,
    kept           + event<ModifyConfirmed> / action<accept_modify>                     = stay,
    kept           + event<ModifyRefused, ModifyNotSent>[guard<modify_was_accepted>]    = fault,
    kept           + event<ModifyRefused, ModifyNotSent, ModifyUnknown>[guard<modify_is_settled>]
                                                                                        = ignore,
    changing       + event<ModifyRefused, ModifyNotSent>[guard<is_filled>] / action<end_at_broker>
                                                                                        = Filled,
    ModifyPending  + event<ModifyRefused, ModifyNotSent>[guard<has_fills>] / action<drop_modify>
                                                                                        = PartiallyFilled,
    ModifyPending  + event<ModifyRefused, ModifyNotSent> / action<drop_modify>          = Working,
    kept           + event<ModifyRefused, ModifyNotSent> / action<drop_modify>          = stay,
    changing       + event<ModifyUnknown> / action<lose_modify>                         = stay,

    // Unknown: left on evidence only, to where the order then stands. Overfilled: the book decides.
    Unknown        + event<OutcomeUnknown>                                              = ignore,
    Unknown        + event<CancelIntended, ModifyIntended> = refuse("order_outcome_unknown"),
    Unknown        + event<SubmitRefused, AbsenceProved>[guard<reached_broker>]         = fault,
    Unknown        + event<SubmitRefused> / action<end_unplaced>                        = Rejected,
    Unknown        + event<AbsenceProved> / action<end_unplaced>                        = NotPlaced,
    Unknown        + event<OperatorAttested>[guard<attests_against_evidence>]
        = refuse("attestation_against_evidence"),
    Unknown        + event<OperatorAttested>[guard<attests_not_placed>] / action<end_unplaced>
                                                                                        = NotPlaced,
    Unknown        + event<OperatorAttested>[guard<is_overfilled>] / action<end_at_broker> = Filled,
    Unknown        + event<SubmitConfirmed, EvidenceFound, BrokerWorking>[guard<is_overfilled>] = ignore,
    Unknown        + evidence[guard<cancel_is_pending>] / action<see_at_broker>         = CancelPending,
    Unknown        + evidence[guard<modify_is_open>] / action<see_at_broker>            = ModifyPending,
    Unknown        + evidence[guard<has_fills>] / action<see_at_broker>                 = PartiallyFilled,
    Unknown        + evidence / action<see_at_broker>                                   = Working,

    // The end. Late answers, and status words that agree, are ignored; an order that lives on is a fault.
    ended          + event<CancelConfirmed, CancelRefused, CancelNotSent, CancelUnknown> = ignore,
    ended          + event<ModifyConfirmed, ModifyRefused, ModifyNotSent, ModifyUnknown> = ignore,
    ended          + event<CancelIntended, ModifyIntended> = refuse("order_ended"),
    ended_at_broker + event<SubmitConfirmed, OutcomeUnknown, EvidenceFound>             = ignore,
    ended_unplaced + event<AbsenceProved>                                               = ignore,
    Filled         + event<BrokerWorking, BrokerFilled>                                 = ignore,
    on(Cancelled, Expired, Rejected) + event<BrokerCancelled, BrokerExpired, BrokerRejected> = ignore,
    Rejected       + event<OutcomeUnknown, SubmitRefused, EvidenceFound>                = ignore,
    NotSent        + event<SubmitNotSent>                                               = ignore,
    NotPlaced      + event<SubmitRefused>                                               = ignore,

    live - on(Unknown) + event<OperatorAttested> = refuse("order_not_unknown"),
    ended          + event<OperatorAttested> = refuse("order_not_unknown"),
    others(any)                                                                         = fault,
    on_fault(live) / action<doubt_submit>                                               = Unknown,
    on_fault(ended) / action<mark_contradicted>                                         = stay
});
// clang-format on

}  // namespace order_table

/// Fills count in every state. A fault leads to `unknown` while the order may live, and marks it once it has
/// ended.
struct OrderMachine {
    using State = OrderState;
    using Data = OrderData;
    using Event = OrderEvent;
    static constexpr std::string_view name = "order";
    static constexpr std::string_view purpose =
        "One order at the broker, paper or live. Executions are the truth for quantities, and `unknown` is "
        "left only on evidence.";
    static constexpr auto states = order_state_names;
    static constexpr notation::StateSet<State> terminal = notation::on(
        State::Filled, State::Cancelled, State::Rejected, State::Expired, State::NotSent, State::NotPlaced);
    static constexpr auto recorded = std::to_array<TableVersion>({{1, 0x6d42550fb5f79d6e}});
    static constexpr auto table = order_table::rows;
};

}  // namespace ibkr::statemachines
