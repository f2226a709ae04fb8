#include <array>

#include <catch2/catch.hpp>

#include "tests/simulation/rule_scenarios.hpp"
#include "tests/simulation/scenario_steps.hpp"

namespace ibkr::testing {
namespace {

using events::BrokerOrderId;
using events::IdempotencyKey;
using events::WorkflowId;

const Codes invalid{"ORDER_VALIDATION_FAILED"};
const Codes key_conflict{"PAPER_IDEMPOTENCY_CONFLICT"};
const Codes mismatch{"APPROVAL_PREVIEW_MISMATCH"};

/// The verdict of a small preview says what the gateway believes is open, held and counted.
void count_stakes(EngineRig& rig) {
    static_cast<void>(previewed(rig, "1", "190"));
}

WorkflowId replacing(EngineRig& rig, const BrokerOrderId& order, const std::string& quantity,
                     const std::string& limit) {
    const auto preview = replacement(rig, order, quantity, limit);
    REQUIRE(preview);
    const auto approval = rig.approve(WorkflowId(member(preview->payload, "preview_id")));
    REQUIRE(approval);
    return WorkflowId(member(approval->payload, "approval_id"));
}

void keys_of_changes(EngineRig& rig, const BrokerOrderId& order) {
    REQUIRE(codes_of(rig.cancel(BrokerOrderId("77"), "change-0")) == Codes{"BROKER_CAPABILITY_UNAVAILABLE"});
    REQUIRE(codes_of(modify(rig, order, "change-1", {})) == invalid);
    REQUIRE(modify(rig, order, "change-1", new_quantity(60)));
    REQUIRE(modify(rig, order, "change-1", new_quantity(60)));
    REQUIRE(codes_of(modify(rig, order, "change-1", new_quantity(61))) == key_conflict);
    REQUIRE(codes_of(rig.cancel(order, "change-1")) == key_conflict);
    count_stakes(rig);
}

void replaced(EngineRig& rig, const BrokerOrderId& order) {
    const auto approval = replacing(rig, order, "70", "191");
    REQUIRE(codes_of(rig.submit(approval, "change-3")) == mismatch);
    REQUIRE(codes_of(modify(rig, order, "change-4", new_quantity(70), approval)) == mismatch);
    auto changes = new_quantity(70);
    changes.limit_price = new_limit(191).limit_price;
    REQUIRE(modify(rig, order, "change-5", changes, approval));
    REQUIRE(state_of(rig, approval) == "consumed");
    // Of another order than the one it is used for.
    const auto other = approved(rig, "70", "191");
    REQUIRE(codes_of(modify(rig, order, "change-6", new_quantity(71), other)) == mismatch);
    rig.broker.next_write(WriteFault::refuse);
    const auto given_back = replacing(rig, order, "80", "191");
    REQUIRE_FALSE(modify(rig, order, "change-7", new_quantity(80), given_back));
    REQUIRE(state_of(rig, given_back) == "approved");
}

void changed_order(EngineRig& rig) {
    const auto order = placed(rig, "40", "190", "changed-order");
    keys_of_changes(rig, order);
    fill(rig, order, 10, 190);
    look_at_book(rig);
    REQUIRE(newest_order(rig).state == "partially_filled");
    count_stakes(rig);
    // A fill and a look at the position in the same millisecond.
    rig.clock.advance_ms(1000);
    fill(rig, order, 5, 190);
    REQUIRE(rig.runtime().reconcile());
    count_stakes(rig);
    rig.clock.advance_ms(1000);
    count_stakes(rig);
    REQUIRE(codes_of(modify(rig, order, "change-2", new_quantity(15))) == invalid);
    REQUIRE(codes_of(modify(rig, order, "change-2", new_quantity(101))) ==
            Codes{"ORDER_QUANTITY_LIMIT_REFUSED"});
    replaced(rig, order);
    REQUIRE(modify(rig, order, "change-8", new_quantity(50)));
    REQUIRE(modify(rig, order, "change-9", new_limit(192)));
    auto live = write_facts(rig);
    live.market.account_mode = events::AccountMode::live;
    const statemachines::CancelOrder cancel{account(rig), order, IdempotencyKey("change-10")};
    REQUIRE(codes_of(decide(rig, cancel, live)) == Codes{"PAPER_TRADING_DISABLED"});
    rig.broker.next_write(WriteFault::refuse);
    REQUIRE_FALSE(rig.cancel(order, "change-10"));
    REQUIRE(newest_order(rig).state == "partially_filled");
    count_stakes(rig);
    REQUIRE(rig.cancel(order, "change-11"));
    REQUIRE(rig.cancel(order, "change-11"));
    REQUIRE(codes_of(rig.cancel(order, "change-12")) == invalid);
    REQUIRE(codes_of(modify(rig, order, "change-12", new_quantity(55))) == invalid);
    REQUIRE(newest_order(rig).state == "cancelled");
    // One that the broker refused: it counts as an order of the day, and gives its approval back.
    rig.broker.next_write(WriteFault::refuse);
    const auto approval = approved(rig, "20", "190");
    REQUIRE(member(rig.submit(approval, "refused-1")->payload, "order_state") == "rejected");
    REQUIRE(state_of(rig, approval) == "approved");
    count_stakes(rig);
}

void lost_modifies(EngineRig& rig, const BrokerOrderId& order) {
    rig.broker.next_write(WriteFault::drop_request);
    REQUIRE(modify(rig, order, "lost-1", new_quantity(60))->unknown_outcome);
    // Both sizes count until the book has said which one holds.
    REQUIRE(codes_of(decide(rig,
                            statemachines::ModifyOrder{
                                account(rig), order, IdempotencyKey("lost-2"), new_quantity(65), {}},
                            write_facts(rig))) == key_conflict);
    rig.clock.advance_ms(1000);
    statemachines::PreviewOrder one;
    one.account = account(rig);
    one.symbol = "AAPL";
    one.quantity = events::Quantity::whole(1);
    one.limit_price = new_limit(190).limit_price;
    REQUIRE(codes_of(decide(rig, one, preview_facts(rig))).empty());
    look_at_book(rig);
    count_stakes(rig);
    rig.broker.next_write(WriteFault::lose_answer);
    REQUIRE(modify(rig, order, "lost-3", new_quantity(70))->unknown_outcome);
    look_at_book(rig);
    REQUIRE(newest_order(rig).terms.quantity == events::Quantity::whole(70));
    count_stakes(rig);
}

void lost_cancel(EngineRig& rig, const BrokerOrderId& order) {
    rig.broker.next_write(WriteFault::drop_request);
    REQUIRE(rig.cancel(order, "lost-4")->unknown_outcome);
    look_at_book(rig);
    REQUIRE(newest_order(rig).state == "cancel_pending");
    REQUIRE(codes_of(modify(rig, order, "lost-5", new_quantity(75))) == key_conflict);
    fill(rig, order, 5, 190);
    look_at_book(rig);
    REQUIRE(newest_order(rig).state == "cancel_pending");
    REQUIRE(rig.cancel(order, "lost-6"));
    REQUIRE(newest_order(rig).state == "cancelled");
}

void lost_changes(EngineRig& rig) {
    const auto order = placed(rig, "40", "190", "lost-changes");
    fill(rig, order, 10, 190);
    look_at_book(rig);
    lost_modifies(rig, order);
    lost_cancel(rig, order);
    // A fill beyond the old size shows that a lost change took place.
    const auto grown = placed(rig, "10", "190", "lost-growth");
    rig.broker.next_write(WriteFault::drop_request);
    REQUIRE(modify(rig, grown, "lost-7", new_quantity(20))->unknown_outcome);
    auto report = report_of(newest_order(rig).order_id, "");
    report.executions = {execution("grown-1", 15, rig.clock.now())};
    reported(rig, report);
    REQUIRE(newest_order(rig).terms.quantity == events::Quantity::whole(20));
    // A cancel and a lost change at once: the refused cancel leaves the change open, and the book settles
    // that.
    const auto both = placed(rig, "10", "190", "lost-both");
    rig.broker.next_write(WriteFault::drop_request);
    REQUIRE(modify(rig, both, "lost-8", new_quantity(30))->unknown_outcome);
    rig.broker.next_write(WriteFault::refuse);
    const statemachines::CancelOrder cancel{account(rig), both, IdempotencyKey("lost-9")};
    REQUIRE(decide(rig, cancel, write_facts(rig)));
    REQUIRE(newest_order(rig).state == "working");
    look_at_book(rig);
    count_stakes(rig);
}

WorkflowId working(EngineRig& rig, const std::string& key) {
    placed(rig, "10", "190", key);
    return newest_order(rig).order_id;
}

/// Executions that come twice, out of order, and after the end.
void late_executions(EngineRig& rig) {
    const auto cancelled = working(rig, "late-1");
    reported(rig, report_of(cancelled, "cancelled"));
    const auto before = events::Timestamp(rig.clock.now().unix_ms() - 60'000);
    auto report = report_of(cancelled, "");
    report.executions = {execution("late-2", 2, rig.clock.now()), execution("late-1", 4, before),
                         execution("late-2", 2, rig.clock.now())};
    reported(rig, report);
    report.executions.push_back(execution("late-0", 1, before));
    reported(rig, report);
    REQUIRE(newest_order(rig).filled_quantity == events::Quantity::whole(7));
    REQUIRE(newest_order(rig).contradicted);
    count_stakes(rig);
    const auto overfilled = working(rig, "late-2");
    auto too_much = report_of(overfilled, "");
    too_much.executions = {execution("late-3", 7, rig.clock.now()), execution("late-4", 5, rig.clock.now())};
    reported(rig, too_much);
    REQUIRE(newest_order(rig).state == "unknown");
    count_stakes(rig);
    // Neither a word against the evidence nor one that the order works ends the doubt.
    auto word = report_of(overfilled, "");
    word.evidence = "operator_attested";
    word.executions = {execution("late-5", 1, rig.clock.now())};
    reported(rig, word);
    auto works = report_of(overfilled, "working");
    works.executions = {execution("late-6", 1, rig.clock.now())};
    reported(rig, works);
    REQUIRE(newest_order(rig).state == "unknown");
    reported(rig, report_of(overfilled, "filled"));
    REQUIRE(newest_order(rig).state == "filled");
    count_stakes(rig);
}

/// Proved absent, and then it was there: its approval is gone, its fill counts, and so does the order again.
void found_after_all(EngineRig& rig) {
    rig.broker.next_write(WriteFault::drop_request);
    const auto approval = approved(rig, "10", "190");
    REQUIRE(rig.submit(approval, "found-1")->unknown_outcome);
    look_at_book(rig);
    REQUIRE(state_of(rig, approval) == "approved");
    count_stakes(rig);
    const auto order = newest_order(rig).order_id;
    auto report = report_of(order, "working");
    report.broker_order_id = BrokerOrderId("9090");
    reported(rig, report);
    REQUIRE(state_of(rig, approval) == "revoked");
    auto filled = report_of(order, "");
    filled.executions = {execution("found-1", 10, rig.clock.now())};
    reported(rig, filled);
    count_stakes(rig);
}

void words_of_the_book(EngineRig& rig) {
    reported(rig, report_of(working(rig, "book-1"), "expired"));
    REQUIRE(newest_order(rig).state == "expired");
    reported(rig, report_of(working(rig, "book-2"), "rejected"));
    REQUIRE(newest_order(rig).state == "rejected");
    const auto partly = working(rig, "book-3");
    auto report = report_of(partly, "rejected");
    // In the millisecond in which the submit read the position.
    const auto at_submit = events::Timestamp(rig.clock.now().unix_ms() - 500);
    report.executions = {execution("book-1", 4, at_submit)};
    reported(rig, report);
    REQUIRE(newest_order(rig).state == "unknown");
    reported(rig, report_of(partly, "cancelled"));
    REQUIRE(newest_order(rig).state == "cancelled");
    count_stakes(rig);
}

/// A broker whose book proves nothing: only an operator's word ends the doubt, and only where no evidence is.
void attested(EngineRig& rig) {
    rig.broker.set_absence_provable(false);
    rig.broker.next_write(WriteFault::drop_request);
    const auto approval = approved(rig, "10", "190");
    REQUIRE(rig.submit(approval, "attested-1")->unknown_outcome);
    look_at_book(rig);
    REQUIRE(newest_order(rig).state == "unknown");
    auto word = report_of(newest_order(rig).order_id, "");
    word.evidence = "operator_attested";
    reported(rig, word);
    REQUIRE(newest_order(rig).state == "not_placed");
    REQUIRE(state_of(rig, approval) == "approved");
    const auto sent = working(rig, "attested-2");
    auto absent = report_of(sent, "");
    absent.evidence = "absence_proved";
    reported(rig, absent);
    REQUIRE(newest_order(rig).state == "unknown");
    word.order_id = sent;
    reported(rig, word);
    REQUIRE(newest_order(rig).state == "unknown");
    word.broker_order_id = newest_order(rig).broker_order_id;
    reported(rig, word);
    REQUIRE(newest_order(rig).state == "working");
}

void late_evidence(EngineRig& rig) {
    late_executions(rig);
    found_after_all(rig);
    words_of_the_book(rig);
    attested(rig);
}

constexpr std::array scenarios{
    FixtureScenario{"changed-order", changed_order},
    FixtureScenario{"lost-changes", lost_changes},
    FixtureScenario{"late-evidence", late_evidence},
};

}  // namespace

std::span<const FixtureScenario> change_scenarios() {
    return scenarios;
}

}  // namespace ibkr::testing
