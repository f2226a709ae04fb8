#include "engine/answers.hpp"

#include <functional>

#include <catch2/catch.hpp>

#include "events/crypto/sha256.hpp"
#include "events/event_codec.hpp"
#include "tests/support/engine_rig.hpp"

// A command id is decided once: what was answered to it can be told again, by this process and the next.

using namespace ibkr;
using namespace ibkr::engine;
using events::ErrorCode;
using ibkr::testing::EngineRig;
using ibkr::testing::member;
using ibkr::testing::ScriptedBroker;
using ibkr::testing::WriteFault;

namespace {

struct Called {
    events::CommandId id;
    CallResult result;
};

/// Makes the call under the id that the rig gives at this head.
Called called(const EngineRig& rig, const std::function<CallResult()>& call) {
    events::CommandId id = rig.context("").command_id;
    return {std::move(id), call()};
}

events::Event event_of(EngineRig& rig, const events::EventId& id) {
    const auto entry = rig.runtime().store().event_by_id(id).value();
    REQUIRE(entry);
    auto cursor = rig.log.read(entry->sequence).value();
    events::Record record;
    REQUIRE(cursor->next(record).value());
    return events::decode_record(record).value();
}

CallResult answer_of(EngineRig& rig, const events::CommandId& id) {
    auto stored = stored_answer(rig.runtime(), "local-user", id);
    REQUIRE(stored);
    REQUIRE(*stored);
    return std::move(**stored);
}

bool is_to_be_made(EngineRig& rig, const events::CommandId& id) {
    const auto stored = stored_answer(rig.runtime(), "local-user", id);
    REQUIRE(stored);
    return !stored->has_value();
}

/// The stored answer is the first one, and it is what the event says was answered.
void check_given_again(EngineRig& rig, const Called& first) {
    REQUIRE(first.result);
    const CallResult again = answer_of(rig, first.id);
    REQUIRE(again);
    CHECK(again->payload == first.result->payload);
    CHECK(again->audit_event_id == first.result->audit_event_id);
    CHECK(again->unknown_outcome == first.result->unknown_outcome);
    CHECK(event_of(rig, again->audit_event_id).output_hash == events::hex(events::sha256(again->payload)));
}

void check_refused_again(EngineRig& rig, const Called& first, ErrorCode code) {
    REQUIRE_FALSE(first.result);
    REQUIRE(first.result.error().error.code == code);
    const CallResult again = answer_of(rig, first.id);
    REQUIRE_FALSE(again);
    const CallError& given = first.result.error();
    CHECK(again.error().audit_event_id == given.audit_event_id);
    CHECK_FALSE(given.audit_event_id.empty());
    CHECK(again.error().error.code == code);
    CHECK(again.error().error.message == given.error.message);
    CHECK(again.error().error.reasons == given.error.reasons);
    CHECK(again.error().error.retryable == events::info(code).retryable);
    CHECK(again.error().error.user_action == events::info(code).user_action);
}

Called previewed(EngineRig& rig, const std::string& quantity = "5") {
    return called(rig, [&] { return rig.preview(quantity, "150"); });
}

events::WorkflowId id_in(const Called& made, const std::string& name) {
    REQUIRE(made.result);
    return events::WorkflowId(member(made.result->payload, name));
}

Called approved(EngineRig& rig, const Called& preview) {
    return called(rig, [&] { return rig.approve(id_in(preview, "preview_id")); });
}

Called acted(EngineRig& rig, ApprovalAct act, const events::WorkflowId& approval) {
    return called(rig, [&] {
        return rig.gateway().approval_act(rig.context("ibkr_approval"), {act, approval, "a word"});
    });
}

Called switched(EngineRig& rig, bool open, const std::string& reason) {
    return called(
        rig, [&] { return rig.gateway().kill_switch_set(rig.context("ibkr_kill_switch"), open, reason); });
}

}  // namespace

TEST_CASE("a command nobody decided is to be made", "[answers]") {
    EngineRig rig;
    CHECK(is_to_be_made(rig, events::CommandId("never-sent")));
    CHECK(is_to_be_made(rig, events::CommandId{}));
}

TEST_CASE("a preview, an approval and a word are answered as they were, whatever came later", "[answers]") {
    EngineRig rig;
    const Called preview = previewed(rig);
    const Called approval = approved(rig, preview);
    REQUIRE(rig.submit(id_in(approval, "approval_id"), "first"));
    const Called second_preview = previewed(rig, "6");
    const Called second = approved(rig, second_preview);
    const Called revoked = acted(rig, ApprovalAct::revoke, id_in(second, "approval_id"));
    rig.clock.advance_ms(7'200'000);
    REQUIRE(rig.runtime().fire_due_timers());

    const auto now = rig.runtime().store().approval(id_in(approval, "approval_id")).value();
    REQUIRE(now);
    CHECK(now->state == "consumed");
    CHECK(member(answer_of(rig, approval.id)->payload, "approval_state") == "approved");
    for (int starts = 0; starts < 2; ++starts) {
        for (const Called& first : {preview, approval, second_preview, second, revoked})
            check_given_again(rig, first);
        REQUIRE(rig.restart());
    }
}

TEST_CASE("an operator's grant and denial are answered as they were", "[answers]") {
    EngineRig rig;
    rig.policies.settings.paper_approvals = statemachines::ApprovalMode::operator_;
    REQUIRE(rig.restart());
    const auto pending = [&] {
        const Called preview = previewed(rig);
        return called(rig, [&] {
            CallContext context = rig.context("ibkr_approval_create");
            context.is_operator = false;
            return rig.gateway().approval_create(
                context, {ScriptedBroker::account(), id_in(preview, "preview_id"), {}});
        });
    };
    const Called first = pending();
    const Called granted = acted(rig, ApprovalAct::grant, id_in(first, "approval_id"));
    const Called granted_twice = acted(rig, ApprovalAct::grant, id_in(first, "approval_id"));
    const Called revoked = acted(rig, ApprovalAct::revoke, id_in(first, "approval_id"));
    const Called second = pending();
    const Called denied = acted(rig, ApprovalAct::deny, id_in(second, "approval_id"));
    CHECK(member(first.result->payload, "approval_state") == "pending");
    for (const Called& one : {first, granted, granted_twice, revoked, second, denied})
        check_given_again(rig, one);
}

TEST_CASE("a change of the kill switch is answered as it was, also one that changed nothing", "[answers]") {
    EngineRig rig;
    const Called untouched = switched(rig, false, "to be sure");
    const Called opened = switched(rig, true, "market opens");
    const Called open_already = switched(rig, true, "open, please");
    const Called closed = switched(rig, false, "strategy misbehaves");
    const Called closed_already = switched(rig, false, "close it");
    CHECK(member(open_already.result->payload, "reason") == "market opens");
    for (int starts = 0; starts < 2; ++starts) {
        for (const Called& first : {untouched, opened, open_already, closed, closed_already})
            check_given_again(rig, first);
        REQUIRE(rig.restart());
    }
}

TEST_CASE("a refusal is given again with its reasons", "[answers]") {
    EngineRig rig;
    const Called too_large = previewed(rig, "5000");
    REQUIRE_FALSE(too_large.result);
    CHECK(too_large.result.error().error.reasons.size() > 1);
    const Called no_approval =
        called(rig, [&] { return rig.submit(events::WorkflowId("no-approval"), "key-1"); });
    const Called not_operator = called(rig, [&] {
        CallContext context = rig.context("ibkr_kill_switch");
        context.is_operator = false;
        return rig.gateway().kill_switch_set(context, true, "me");
    });
    const Called unknown_account = called(rig, [&] {
        return rig.gateway().approvals_list(rig.context("ibkr_approvals"), events::AccountId("DU0000001"));
    });
    const Called no_scope = called(rig, [&] {
        CallContext context = rig.context("ibkr_health");
        context.actor.scopes.clear();
        return rig.gateway().health(context);
    });
    REQUIRE(rig.restart());
    check_refused_again(rig, too_large, ErrorCode::order_policy_refused);
    check_refused_again(rig, no_approval, ErrorCode::paper_approval_required);
    check_refused_again(rig, not_operator, ErrorCode::operator_required);
    check_refused_again(rig, unknown_account, ErrorCode::input_unauthorized_account);
    check_refused_again(rig, no_scope, ErrorCode::auth_missing_scope);
}

TEST_CASE("an overdue approval's refusal stands behind its expiry", "[answers]") {
    EngineRig rig;
    const Called approval = approved(rig, previewed(rig));
    rig.clock.advance_ms(7'200'000);
    const Called granted = acted(rig, ApprovalAct::grant, id_in(approval, "approval_id"));
    check_refused_again(rig, granted, ErrorCode::paper_approval_required);
}

TEST_CASE("an order is answered by its key, and reads are made again", "[answers]") {
    EngineRig rig;
    const Called approval = approved(rig, previewed(rig));
    const Called submit = called(rig, [&] { return rig.submit(id_in(approval, "approval_id"), "key-1"); });
    REQUIRE(submit.result);
    const events::BrokerOrderId order(member(submit.result->payload, "broker_order_id"));
    const Called repeated = called(rig, [&] { return rig.submit(id_in(approval, "approval_id"), "key-1"); });
    const Called cancel = called(rig, [&] { return rig.cancel(order, "key-2"); });
    const Called health = called(rig, [&] { return rig.gateway().health(rig.context("ibkr_health")); });
    const Called session =
        called(rig, [&] { return rig.gateway().backend_status(rig.context("ibkr_backend_status")); });
    for (const Called& made : {submit, repeated, cancel, health, session}) {
        REQUIRE(made.result);
        CHECK(is_to_be_made(rig, made.id));
    }
}

TEST_CASE("an order whose answer was lost or refused is answered by its key", "[answers]") {
    EngineRig rig;
    const WriteFault fault = GENERATE(WriteFault::lose_answer, WriteFault::refuse);
    rig.broker.set_absence_provable(false);
    const Called approval = approved(rig, previewed(rig));
    rig.broker.next_write(fault);
    const Called submit = called(rig, [&] { return rig.submit(id_in(approval, "approval_id"), "key-1"); });
    CHECK(is_to_be_made(rig, submit.id));
    REQUIRE(rig.restart());
    CHECK(is_to_be_made(rig, submit.id));
}

TEST_CASE("what was durable before the answer was lost is answered by the next process", "[answers]") {
    EngineRig rig;
    rig.cut.arm(2);  // the events are in the log, the read models are not committed
    const Called lost = switched(rig, true, "market opens");
    REQUIRE(rig.cut.fired());
    CHECK(rig.cut.where() == SuspensionPoint::after_append);
    CHECK_FALSE(lost.result);
    const auto dead = stored_answer(rig.runtime(), "local-user", lost.id);
    REQUIRE_FALSE(dead);
    CHECK(dead.error().code == ErrorCode::audit_write_failed);

    rig.cut.disarm();
    REQUIRE(rig.restart());
    const CallResult again = answer_of(rig, lost.id);
    REQUIRE(again);
    CHECK(member(again->payload, "state") == "open");
    CHECK(event_of(rig, again->audit_event_id).output_hash == events::hex(events::sha256(again->payload)));
}

TEST_CASE("what never became durable is to be made", "[answers]") {
    EngineRig rig;
    rig.cut.arm(1);
    const Called lost = switched(rig, true, "market opens");
    REQUIRE(rig.cut.fired());
    rig.cut.disarm();
    REQUIRE(rig.restart());
    CHECK(is_to_be_made(rig, lost.id));
}

TEST_CASE("the engine's own commands are nobody's to ask for", "[answers]") {
    EngineRig rig;
    const Called preview = previewed(rig);
    rig.clock.advance_ms(7'200'000);
    REQUIRE(rig.runtime().fire_due_timers());
    const events::CommandId timer("expire:" + id_in(preview, "preview_id").text());
    REQUIRE_FALSE(rig.runtime().store().events_of_command(timer).value().empty());
    const auto stored = stored_answer(rig.runtime(), "local-user", timer);
    REQUIRE_FALSE(stored);
    CHECK(stored.error().code == ErrorCode::engine_protocol_mismatch);
}
