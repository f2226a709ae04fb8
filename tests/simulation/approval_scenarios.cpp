#include <array>

#include <catch2/catch.hpp>

#include "tests/simulation/rule_scenarios.hpp"
#include "tests/simulation/scenario_steps.hpp"

namespace ibkr::testing {
namespace {

using engine::ApprovalAct;
using events::WorkflowId;

const Codes operator_needed{"OPERATOR_REQUIRED"};
const Codes approval_needed{"PAPER_APPROVAL_REQUIRED"};
const Codes consumed{"APPROVAL_CONSUMED"};
const Codes mismatch{"APPROVAL_PREVIEW_MISMATCH"};

engine::CallContext agent(EngineRig& rig, const std::string& name = "agent-7") {
    auto context = rig.context("ibkr_approval_create");
    context.actor.user_id = name;
    context.is_operator = false;
    return context;
}

engine::CallResult asked(EngineRig& rig, const WorkflowId& preview, std::optional<std::uint32_t> ttl = {}) {
    return rig.gateway().approval_create(agent(rig), {ScriptedBroker::account(), preview, ttl});
}

WorkflowId asked_for_five(EngineRig& rig, std::optional<std::uint32_t> ttl = {}) {
    const auto approval = asked(rig, previewed(rig, "5", "190"), ttl);
    REQUIRE(approval);
    rig.clock.advance_ms(500);
    return WorkflowId(member(approval->payload, "approval_id"));
}

engine::CallResult act(EngineRig& rig, ApprovalAct word, const WorkflowId& approval) {
    return rig.gateway().approval_act(rig.context("ibkr_approval"), {word, approval, "looked at it"});
}
engine::CallResult act_as_agent(EngineRig& rig, ApprovalAct word, const WorkflowId& approval,
                                const std::string& name = "agent-7") {
    return rig.gateway().approval_act(agent(rig, name), {word, approval, "changed my mind"});
}

void granted_once(EngineRig& rig) {
    const auto preview = previewed(rig, "5", "190");
    const auto approval_reply = asked(rig, preview);
    REQUIRE(approval_reply);
    const WorkflowId approval(member(approval_reply->payload, "approval_id"));
    REQUIRE(codes_of(asked(rig, preview)) == mismatch);
    REQUIRE(codes_of(rig.submit(approval, "granted-1")) == approval_needed);
    REQUIRE(codes_of(act_as_agent(rig, ApprovalAct::grant, approval)) == operator_needed);
    REQUIRE(codes_of(act_as_agent(rig, ApprovalAct::deny, approval)) == operator_needed);
    REQUIRE(act(rig, ApprovalAct::grant, approval));
    REQUIRE(act(rig, ApprovalAct::grant, approval));
    REQUIRE(codes_of(act(rig, ApprovalAct::deny, approval)) == approval_needed);
    REQUIRE(rig.submit(approval, "granted-1"));
    REQUIRE(codes_of(rig.submit(approval, "granted-2")) == consumed);
    const auto order = newest_order(rig).broker_order_id;
    REQUIRE(codes_of(modify(rig, order, "granted-3", new_quantity(6))) == approval_needed);
    REQUIRE(codes_of(act(rig, ApprovalAct::revoke, approval)) == consumed);
}

void denied_and_revoked(EngineRig& rig) {
    const auto denied = asked_for_five(rig);
    REQUIRE(act(rig, ApprovalAct::deny, denied));
    REQUIRE(codes_of(act(rig, ApprovalAct::grant, denied)) == approval_needed);
    REQUIRE(codes_of(rig.submit(denied, "denied-1")) == approval_needed);
    const auto revoked = asked_for_five(rig);
    REQUIRE(codes_of(act_as_agent(rig, ApprovalAct::revoke, revoked, "agent-8")) == operator_needed);
    REQUIRE(act_as_agent(rig, ApprovalAct::revoke, revoked));
    REQUIRE(act(rig, ApprovalAct::revoke, revoked));
    REQUIRE(codes_of(act(rig, ApprovalAct::grant, revoked)) == approval_needed);
    const auto taken_back = asked_for_five(rig);
    REQUIRE(act(rig, ApprovalAct::grant, taken_back));
    REQUIRE(act(rig, ApprovalAct::revoke, taken_back));
    REQUIRE(codes_of(rig.submit(taken_back, "revoked-1")) == approval_needed);
}

void operator_approvals(EngineRig& rig) {
    auto policies = rig.policies;
    policies.settings.paper_approvals = statemachines::ApprovalMode::operator_;
    restart_with(rig, policies);
    granted_once(rig);
    denied_and_revoked(rig);
    // An operator who asks has said yes.
    REQUIRE(rig.submit(approved(rig, "5", "190"), "asked-by-operator"));
    const auto expired = asked_for_five(rig, 1);  // ten seconds are the least
    rig.clock.advance_ms(9'499);
    REQUIRE(rig.runtime().fire_due_timers());
    REQUIRE(state_of(rig, expired) == "pending");
    rig.clock.advance_ms(1);
    REQUIRE(codes_of(decide(rig, statemachines::GrantApproval{expired, "late"}, act_facts(rig))) ==
            approval_needed);
    REQUIRE(state_of(rig, expired) == "expired");
}

WorkflowId short_approval(EngineRig& rig, const WorkflowId& preview, std::uint32_t ttl) {
    const auto approval = rig.gateway().approval_create(rig.context("ibkr_approval_create"),
                                                        {ScriptedBroker::account(), preview, ttl});
    REQUIRE(approval);
    return WorkflowId(member(approval->payload, "approval_id"));
}

statemachines::SubmitOrder submit_of(EngineRig& rig, const WorkflowId& approval, const std::string& key) {
    return {account(rig), approval, events::IdempotencyKey(key)};
}

/// The submit waited in the queue: a millisecond before the end it is sent, at the end it is not.
void submits_at_the_end(EngineRig& rig) {
    const auto in_time = short_approval(rig, previewed(rig, "5", "190"), 10);
    const auto late = short_approval(rig, previewed(rig, "5", "190"), 10);
    rig.clock.advance_ms(9'999);
    REQUIRE(codes_of(decide(rig, submit_of(rig, in_time, "in-time"), write_facts(rig))).empty());
    rig.clock.advance_ms(1);
    REQUIRE(codes_of(decide(rig, submit_of(rig, late, "late"), write_facts(rig))) == approval_needed);
}

void approvals_at_the_end(EngineRig& rig) {
    const auto preview = previewed(rig, "5", "190");
    const auto first = short_approval(rig, preview, 10);
    rig.clock.advance_ms(10'000);
    const statemachines::CreateApproval again{account(rig), preview, 4000};
    REQUIRE(codes_of(decide(rig, again, act_facts(rig))).empty());
    REQUIRE(state_of(rig, first) == "expired");
    // No longer than its preview.
    rig.clock.advance_ms(289'999);
    const auto last = previewed(rig, "6", "190");
    rig.clock.advance_ms(1);
    REQUIRE(codes_of(decide(rig, again, act_facts(rig))) == approval_needed);
    rig.clock.advance_ms(300'000);
    REQUIRE(codes_of(rig.approve(last)) == approval_needed);
}

/// Both accounts may trade on paper; what one was shown and allowed is nothing to the other.
void another_account(EngineRig& rig) {
    auto policies = rig.policies;
    const auto other = rig.runtime().accounts().hash(events::AccountId("DU7654322"));
    policies.settings.paper_accounts.push_back(other);
    restart_with(rig, policies);
    const auto preview = previewed(rig, "5", "190");
    const statemachines::CreateApproval foreign{other, preview, {}};
    REQUIRE(codes_of(decide(rig, foreign, act_facts(rig))) == mismatch);
    auto submit = submit_of(rig, short_approval(rig, preview, 10), "foreign");
    submit.account = other;
    REQUIRE(codes_of(decide(rig, submit, write_facts(rig))) == approval_needed);
}

/// While the order is unknown its approval is reserved: what happens to it meanwhile takes effect afterwards.
void reserved_meanwhile(EngineRig& rig) {
    rig.broker.next_write(WriteFault::drop_request);
    const auto revoked = approved(rig, "5", "190");
    REQUIRE(rig.submit(revoked, "reserved-1")->unknown_outcome);
    REQUIRE(act(rig, ApprovalAct::revoke, revoked));
    REQUIRE(state_of(rig, revoked) == "reserved");
    const statemachines::SubmitOrder other = submit_of(rig, revoked, "reserved-2");
    REQUIRE(codes_of(decide(rig, other, write_facts(rig))) == consumed);
    look_at_book(rig);
    REQUIRE(state_of(rig, revoked) == "revoked");

    rig.broker.next_write(WriteFault::drop_request);
    const auto expired = short_approval(rig, previewed(rig, "5", "190"), 10);
    REQUIRE(rig.submit(expired, "reserved-3")->unknown_outcome);
    rig.clock.advance_ms(10'000);
    REQUIRE(rig.runtime().fire_due_timers());
    REQUIRE(state_of(rig, expired) == "reserved");
    look_at_book(rig);
    REQUIRE(state_of(rig, expired) == "expired");
}

void approvals_in_a_race(EngineRig& rig) {
    submits_at_the_end(rig);
    approvals_at_the_end(rig);
    reserved_meanwhile(rig);
    another_account(rig);
}

engine::CallResult switched(EngineRig& rig, bool open, const std::string& reason, bool by_operator = true) {
    auto context = rig.context("ibkr_kill_switch");
    context.is_operator = by_operator;
    return rig.gateway().kill_switch_set(context, open, reason);
}

Codes submit_codes(EngineRig& rig, const WorkflowId& approval, const std::string& key, bool enable = true) {
    auto context = rig.context("ibkr_paper_order_submit");
    context.enable_paper = enable;
    return codes_of(rig.gateway().paper_submit(
        context, {ScriptedBroker::account(), approval, events::IdempotencyKey(key)}));
}

void switches(EngineRig& rig) {
    REQUIRE(codes_of(switched(rig, true, "let it run", false)) == operator_needed);
    REQUIRE(codes_of(switched(rig, true, " ")) == Codes{"ORDER_VALIDATION_FAILED"});
    for (const bool open : {true, true, false, false})
        REQUIRE(switched(rig, open, "a drill"));
    for (const std::string_view seen : {"usable", "usable", "unauthenticated", "a new word"})
        reported(rig, statemachines::ObserveSession{"scripted", std::string(seen)});

    const auto approval = approved(rig, "5", "190");
    const Codes disabled{"PAPER_TRADING_DISABLED"};
    REQUIRE(submit_codes(rig, approval, "switches-1", false) == disabled);
    auto policies = rig.policies;
    policies.settings.paper_accounts.clear();
    restart_with(rig, policies);
    REQUIRE(submit_codes(rig, approval, "switches-2") == disabled);
    policies.settings.paper_enabled = false;
    policies.settings.preview_enabled = false;
    restart_with(rig, policies);
    REQUIRE(submit_codes(rig, approval, "switches-3") == disabled);
    REQUIRE(rig.preview("5", "190"));
    auto command_facts = preview_facts(rig);
    command_facts.enable_preview = false;
    statemachines::PreviewOrder order;
    order.account = account(rig);
    order.symbol = "AAPL";
    order.quantity = events::Quantity::whole(5);
    REQUIRE(codes_of(decide(rig, order, command_facts)) == Codes{"ORDER_PREVIEW_DISABLED"});
}

constexpr std::array scenarios{
    FixtureScenario{"operator-approvals", operator_approvals},
    FixtureScenario{"approvals-in-a-race", approvals_in_a_race},
    FixtureScenario{"switches", switches},
};

}  // namespace

std::span<const FixtureScenario> approval_scenarios() {
    return scenarios;
}

}  // namespace ibkr::testing
