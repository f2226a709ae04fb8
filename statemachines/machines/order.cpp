#include "statemachines/machines/order_table.hpp"
#include "statemachines/table/proof.hpp"

namespace ibkr::statemachines {

static_assert(proved<OrderMachine>());

namespace {

using enum OrderState;
using events::Operation;
using events::Quantity;

constexpr SubmitIntended order{Quantity::whole(100)};
constexpr SendStarted sent{};
constexpr FillReported fill(std::int64_t units) {
    return {Quantity::whole(units)};
}
constexpr ModifyIntended resize(std::int64_t units) {
    return {Quantity::whole(units)};
}

using Events = std::initializer_list<OrderEvent>;

constexpr Instance<OrderMachine> after(Events events) {
    auto instance = live<OrderMachine>({order, sent});
    for (const auto& event : events)
        static_cast<void>(instance.apply(event));
    return instance;
}
constexpr Instance<OrderMachine> working(Events events) {
    auto instance = after({SubmitConfirmed{}});
    for (const auto& event : events)
        static_cast<void>(instance.apply(event));
    return instance;
}
constexpr bool has_filled(const Instance<OrderMachine>& instance, std::int64_t units) {
    return instance.data.filled == Quantity::whole(units);
}
constexpr RowOutcome outcome(const Instance<OrderMachine>& instance, const OrderEvent& event) {
    return instance.peek(event).outcome;
}

// The plain lives.
static_assert(live<OrderMachine>({order}).is_in(Submitting));
static_assert(working({}).is_in(Working));
static_assert(working({fill(100)}).is_in(Filled) && has_filled(working({fill(100)}), 100));
static_assert(working({fill(40)}).is_in(PartiallyFilled));
static_assert(working({fill(40), fill(60)}).is_in(Filled));
static_assert(after({SubmitRefused{}}).is_in(Rejected));
static_assert(live<OrderMachine>({order, SubmitNotSent{}}).is_in(NotSent));
static_assert(after({SubmitNotSent{}}).is_in(NotSent));
static_assert(working({BrokerExpired{}}).is_in(Expired));
static_assert(working({BrokerCancelled{}}).is_in(Cancelled));
static_assert(working({BrokerRejected{}}).is_in(Rejected));
static_assert(working({CancelIntended{}, CancelConfirmed{}, BrokerCancelled{}}).is_in(Cancelled));
static_assert(working({fill(40), CancelIntended{}, CancelConfirmed{}, BrokerCancelled{}}).is_in(Cancelled));
static_assert(after({ReplyRequested{}, ReplyRequested{}}).is_in(AwaitingReply));
static_assert(after({ReplyRequested{}, sent, SubmitConfirmed{}}).is_in(Working));
static_assert(after({ReplyRequested{}, sent, SubmitRefused{}}).is_in(Rejected));
static_assert(after({ReplyRequested{}, sent, OutcomeUnknown{}}).is_in(Unknown));

// Reports in any order: fill, status or record before the answer.
static_assert(after({fill(100)}).is_in(Filled));
static_assert(after({fill(40), SubmitConfirmed{}}).is_in(PartiallyFilled));
static_assert(after({fill(100), SubmitConfirmed{}}).is_in(Filled) &&
              !after({fill(100), SubmitConfirmed{}}).data.contradicted);
static_assert(after({fill(100), OutcomeUnknown{}}).is_in(Filled));
static_assert(after({BrokerWorking{}, SubmitConfirmed{}}).is_in(Working));
static_assert(after({EvidenceFound{}, OutcomeUnknown{}}).is_in(Working));
static_assert(after({BrokerFilled{}}).is_in(Working) && after({BrokerFilled{}, fill(100)}).is_in(Filled));
static_assert(after({BrokerCancelled{}}).is_in(Cancelled));

// An order is sent once.
static_assert(outcome(after({}), sent) == RowOutcome::fault);
static_assert(outcome(working({}), sent) == RowOutcome::fault);
static_assert(outcome(after({OutcomeUnknown{}}), sent) == RowOutcome::fault);
static_assert(outcome(working({fill(100)}), sent) == RowOutcome::fault);
static_assert(outcome(working({CancelIntended{}, fill(100)}), SendStarted{Operation::cancel}) ==
              RowOutcome::ignore);

// Cancel races: the fill comes first, and the answer to the cancel does not undo it.
static_assert(working({CancelIntended{}, fill(100)}).is_in(Filled));
static_assert(working({CancelIntended{}, fill(100), CancelRefused{}}).is_in(Filled));
static_assert(working({CancelIntended{}, fill(100), CancelConfirmed{}}).is_in(Filled));
static_assert(!working({CancelIntended{}, fill(100), CancelConfirmed{}}).data.contradicted);
static_assert(working({CancelIntended{}, CancelConfirmed{}, fill(100)}).is_in(Filled));
static_assert(working({CancelIntended{}, fill(40)}).is_in(CancelPending));
static_assert(working({CancelIntended{}, fill(40), BrokerCancelled{}}).is_in(Cancelled));
static_assert(has_filled(working({CancelIntended{}, fill(40), BrokerCancelled{}}), 40));
static_assert(working({CancelIntended{}, CancelRefused{}}).is_in(Working));
static_assert(working({CancelIntended{}, CancelNotSent{}}).is_in(Working));
static_assert(working({CancelIntended{}, fill(40), CancelRefused{}}).is_in(PartiallyFilled));
static_assert(working({fill(40), CancelIntended{}, CancelNotSent{}}).is_in(PartiallyFilled));
static_assert(working({CancelIntended{}, BrokerExpired{}}).is_in(Expired));
// Unanswered, it stays pending and counts; only a lost cancel may be sent again.
static_assert(working({CancelIntended{}, CancelUnknown{}, BrokerWorking{}}).is_in(CancelPending));
static_assert(outcome(working({CancelIntended{}}), CancelIntended{}) == RowOutcome::refuse);
static_assert(outcome(working({CancelIntended{}, CancelUnknown{}}), CancelIntended{}) == RowOutcome::step);
static_assert(outcome(after({}), CancelIntended{}) == RowOutcome::refuse);
static_assert(outcome(working({fill(100)}), CancelIntended{}) == RowOutcome::refuse);

// A fill after the end counts, the end stays, and the order is flagged.
constexpr auto filled_late = working({CancelIntended{}, BrokerCancelled{}, fill(30)});
static_assert(filled_late.is_in(Cancelled) && has_filled(filled_late, 30) && filled_late.data.contradicted);
static_assert(outcome(working({BrokerCancelled{}}), fill(30)) == RowOutcome::fault);
static_assert(after({SubmitRefused{}, fill(10)}).is_in(Rejected) &&
              has_filled(after({SubmitRefused{}, fill(10)}), 10));
// The book contradicts a whole fill.
static_assert(working({fill(100), BrokerCancelled{}}).is_in(Filled) &&
              working({fill(100), BrokerCancelled{}}).data.contradicted);
// A stale status word after a whole fill is no contradiction.
static_assert(!working({fill(100), BrokerWorking{}}).data.contradicted);
static_assert(working({BrokerCancelled{}, BrokerWorking{}}).data.contradicted);

// Too much executed: never guessed away.
constexpr auto overfilled = working({fill(60), fill(60)});
static_assert(overfilled.is_in(Unknown) && has_filled(overfilled, 120) && overfilled.data.overfilled);
static_assert(live<OrderMachine>({order, sent, fill(60), fill(60), EvidenceFound{}}).is_in(Unknown));
static_assert(live<OrderMachine>({order, sent, fill(60), fill(60), BrokerFilled{}}).is_in(Filled));
static_assert(working({fill(100), fill(1)}).is_in(Filled) && working({fill(100), fill(1)}).data.contradicted);
static_assert(working({fill(100), fill(1)}).data.overfilled);
static_assert(working({fill(0)}).is_in(Unknown) && has_filled(working({fill(-5)}), 0));

// Unknown is left on evidence only.
constexpr auto lost = after({OutcomeUnknown{}});
static_assert(lost.is_in(Unknown));
static_assert(after({OutcomeUnknown{}, OutcomeUnknown{}}).is_in(Unknown));
static_assert(after({OutcomeUnknown{}, EvidenceFound{}}).is_in(Working));
static_assert(after({OutcomeUnknown{}, SubmitConfirmed{}}).is_in(Working));
static_assert(after({OutcomeUnknown{}, SubmitRefused{}}).is_in(Rejected));
static_assert(after({OutcomeUnknown{}, BrokerWorking{}}).is_in(Working));
static_assert(after({OutcomeUnknown{}, BrokerCancelled{}}).is_in(Cancelled));
static_assert(after({OutcomeUnknown{}, BrokerExpired{}}).is_in(Expired));
static_assert(after({OutcomeUnknown{}, BrokerRejected{}}).is_in(Rejected));
static_assert(after({OutcomeUnknown{}, fill(40)}).is_in(PartiallyFilled));
static_assert(after({OutcomeUnknown{}, fill(100)}).is_in(Filled));
static_assert(after({OutcomeUnknown{}, AbsenceProved{}}).is_in(NotPlaced));
static_assert(after({OutcomeUnknown{}, OperatorAttested{Attestation::placed}}).is_in(Working));
static_assert(after({OutcomeUnknown{}, OperatorAttested{Attestation::not_placed}}).is_in(NotPlaced));
static_assert(after({OutcomeUnknown{}, SubmitNotSent{}}).is_in(Unknown));
static_assert(outcome(lost, CancelIntended{}) == RowOutcome::refuse);
static_assert(outcome(working({}), OperatorAttested{}) == RowOutcome::refuse);
// Absence against evidence is a fault, an attestation against evidence is refused.
constexpr auto doubted = working({AbsenceProved{}});
static_assert(doubted.is_in(Unknown));
static_assert(outcome(doubted, AbsenceProved{}) == RowOutcome::fault);
static_assert(outcome(doubted, OperatorAttested{Attestation::not_placed}) == RowOutcome::refuse);
static_assert(working({AbsenceProved{}, BrokerWorking{}}).is_in(Working));
// What was proved absent and then appears is flagged, and its executions count.
constexpr auto reappeared = after({OutcomeUnknown{}, AbsenceProved{}, EvidenceFound{}, fill(100)});
static_assert(reappeared.is_in(NotPlaced) && reappeared.data.contradicted && has_filled(reappeared, 100));
// Back to what was pending when the doubt arose.
static_assert(working({CancelIntended{}, AbsenceProved{}, BrokerWorking{}}).is_in(CancelPending));
static_assert(working({fill(10), AbsenceProved{}, EvidenceFound{}}).is_in(PartiallyFilled));
static_assert(working({resize(150), AbsenceProved{}, EvidenceFound{}}).is_in(ModifyPending));

// Modify: the new quantity is the total; what is left follows from the fills.
static_assert(working({resize(150)}).is_in(ModifyPending));
static_assert(working({ModifyIntended{}, ModifyConfirmed{}}).data.quantity == Quantity::whole(100));
static_assert(working({resize(150), ModifyConfirmed{}}).is_in(Working));
static_assert(working({resize(150), ModifyConfirmed{}, fill(150)}).is_in(Filled));
static_assert(working({resize(150), ModifyRefused{}, fill(100)}).is_in(Filled));
static_assert(working({resize(150), ModifyNotSent{}}).is_in(Working));
static_assert(working({resize(150), fill(40), ModifyConfirmed{}}).is_in(PartiallyFilled));
static_assert(remaining(working({resize(150), fill(40), ModifyConfirmed{}}).data) == Quantity::whole(110));
// While it is open both sizes count.
static_assert(remaining(working({resize(150), fill(40)}).data) == Quantity::whole(110));
static_assert(remaining(working({resize(50), fill(40)}).data) == Quantity::whole(60));
static_assert(working({resize(150), fill(100)}).is_in(ModifyPending));
static_assert(working({resize(150), fill(100), ModifyRefused{}}).is_in(Filled));
static_assert(working({resize(150), fill(120)}).is_in(PartiallyFilled));
static_assert(working({resize(150), fill(120), ModifyConfirmed{}}).is_in(PartiallyFilled));
static_assert(working({resize(150), fill(120), ModifyRefused{}}).is_in(Unknown));
static_assert(working({resize(150), fill(150)}).is_in(Filled));
static_assert(working({resize(50), fill(50)}).is_in(ModifyPending));
static_assert(working({resize(50), fill(50), ModifyConfirmed{}}).is_in(Filled));
static_assert(working({resize(50), fill(100)}).is_in(Filled));
static_assert(working({resize(50), fill(60), ModifyConfirmed{}}).is_in(Unknown));
static_assert(working({resize(50), fill(60), ModifyConfirmed{}}).data.overfilled);
static_assert(outcome(working({fill(40)}), resize(40)) == RowOutcome::refuse);
static_assert(outcome(working({resize(150)}), resize(160)) == RowOutcome::refuse);
// A lost modify stays pending until evidence, and can be cancelled meanwhile.
static_assert(working({resize(150), ModifyUnknown{}, BrokerWorking{}}).is_in(ModifyPending));
static_assert(working({resize(150), ModifyUnknown{}, ModifyConfirmed{}}).is_in(Working));
static_assert(working({resize(150), ModifyUnknown{}, CancelIntended{}}).is_in(CancelPending));
static_assert(
    working({resize(150), ModifyUnknown{}, CancelIntended{}, CancelRefused{}}).is_in(ModifyPending));
static_assert(working({resize(150), CancelIntended{}, ModifyConfirmed{}, CancelRefused{}}).is_in(Working));
static_assert(working({resize(150), CancelIntended{}, BrokerCancelled{}}).is_in(Cancelled));

}  // namespace

}  // namespace ibkr::statemachines
