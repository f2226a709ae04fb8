#include "tests/simulation/scenario_steps.hpp"

#include <catch2/catch.hpp>

#include "engine/gateway/gather.hpp"

namespace ibkr::testing {

using events::Decimal;
using events::WorkflowId;

WorkflowId previewed(EngineRig& rig, const std::string& quantity, const std::string& limit,
                     events::Side side) {
    const auto preview = rig.preview(quantity, limit, side);
    INFO((preview ? std::string() : preview.error().error.message));
    REQUIRE(preview);
    return WorkflowId(member(preview->payload, "preview_id"));
}

WorkflowId approved(EngineRig& rig, const std::string& quantity, const std::string& limit,
                    events::Side side) {
    const auto preview = previewed(rig, quantity, limit, side);
    rig.clock.advance_ms(500);
    const auto approval = rig.approve(preview);
    REQUIRE(approval);
    rig.clock.advance_ms(500);
    return WorkflowId(member(approval->payload, "approval_id"));
}

events::BrokerOrderId placed(EngineRig& rig, const std::string& quantity, const std::string& limit,
                             const std::string& key, events::Side side) {
    const auto submitted = rig.submit(approved(rig, quantity, limit, side), key);
    INFO((submitted ? std::string() : submitted.error().error.message));
    REQUIRE(submitted);
    rig.clock.advance_ms(500);
    return events::BrokerOrderId(member(submitted->payload, "broker_order_id"));
}

engine::CallResult modify(EngineRig& rig, const events::BrokerOrderId& order, const std::string& key,
                          const events::OrderChanges& changes, const WorkflowId& approval) {
    engine::ModifyRequestByKey request;
    request.account = ScriptedBroker::account();
    request.broker_order_id = order;
    request.idempotency_key = events::IdempotencyKey(key);
    request.changes = changes;
    request.approval_id = approval;
    return rig.gateway().paper_modify(rig.context("ibkr_paper_order_modify"), request);
}

engine::CallResult replacement(EngineRig& rig, const events::BrokerOrderId& order,
                               const std::string& quantity, const std::string& limit) {
    engine::PreviewRequest request;
    request.account = ScriptedBroker::account();
    request.symbol = "AAPL";
    request.quantity = events::Quantity(*Decimal::parse(quantity));
    request.limit_price = events::Price(*Decimal::parse(limit));
    request.replaces = order;
    return rig.gateway().order_preview(rig.context("ibkr_order_preview"), request);
}

events::OrderChanges new_quantity(std::int64_t units) {
    events::OrderChanges changes;
    changes.quantity = events::Quantity::whole(units);
    return changes;
}

events::OrderChanges new_limit(std::int64_t price) {
    events::OrderChanges changes;
    changes.limit_price = events::Price(Decimal::whole(price));
    return changes;
}

void fill(EngineRig& rig, const events::BrokerOrderId& order, std::int64_t units, std::int64_t price) {
    rig.broker.fill(order, events::Quantity::whole(units), events::Price(Decimal::whole(price)));
}

void look_at_book(EngineRig& rig) {
    rig.clock.advance_ms(1000);
    REQUIRE(rig.runtime().reconcile());
}

namespace {

Codes codes_of(const events::Error& error) {
    if (error.reasons.empty()) return {std::string(events::to_string(error.code))};
    Codes codes;
    for (const auto& reason : error.reasons)
        codes.push_back(reason.code);
    return codes;
}

}  // namespace

Codes codes_of(const engine::CallResult& refused) {
    return refused ? Codes{} : codes_of(refused.error().error);
}

Codes codes_of(const events::Result<engine::Executed>& refused) {
    if (!refused) return codes_of(refused.error());
    return refused->refusal ? codes_of(*refused->refusal) : Codes{};
}

events::Result<engine::Executed> decide(EngineRig& rig, const statemachines::Command& command,
                                        const statemachines::Facts& facts) {
    return rig.runtime().execute(rig.context("queued"), command, facts,
                                 [](engine::Executed&) { return std::string("{}"); });
}

void reported(EngineRig& rig, const statemachines::Command& command) {
    rig.clock.advance_ms(1000);
    const std::string id = "report-" + std::to_string(rig.log.head().sequence.value());
    REQUIRE(rig.runtime().record_engine_command(command, id, "engine"));
}

statemachines::ReportOrder report_of(const WorkflowId& order, std::string_view status) {
    statemachines::ReportOrder report;
    report.order_id = order;
    report.broker_status = status;
    if (!status.empty()) report.evidence = "broker_record";
    return report;
}

events::Execution execution(std::string_view id, std::int64_t units, events::Timestamp at) {
    events::Execution execution;
    execution.execution_id = events::ExecutionId(std::string(id));
    execution.broker_order_id = events::BrokerOrderId("9001");
    execution.contract_id = ScriptedBroker::stock().contract_id;
    execution.quantity = events::Quantity::whole(units);
    execution.price = events::Price(Decimal::whole(190));
    execution.executed_at = at;
    return execution;
}

events::AccountHash account(EngineRig& rig) {
    return rig.runtime().accounts().hash(ScriptedBroker::account());
}

statemachines::PreviewFacts preview_facts(EngineRig& rig) {
    const auto own = engine::known_account(rig.runtime(), ScriptedBroker::account());
    REQUIRE(own);
    std::optional<engine::PositionRead> read;
    auto market = engine::market_facts(rig.runtime(), *own, ScriptedBroker::stock().contract_id, read);
    REQUIRE(market);
    statemachines::PreviewFacts facts;
    facts.market = std::move(*market);
    facts.contract = ScriptedBroker::stock();
    facts.preview_id = rig.runtime().new_id();
    facts.intent_id = rig.runtime().new_id();
    facts.validated_order_id = rig.runtime().new_id();
    facts.enable_preview = true;
    facts.now = rig.runtime().now();
    return facts;
}

statemachines::OrderFacts write_facts(EngineRig& rig) {
    const auto own = engine::known_account(rig.runtime(), ScriptedBroker::account());
    REQUIRE(own);
    const auto gathered =
        engine::order_facts(rig.runtime(), rig.context("queued"), *own, ScriptedBroker::stock().contract_id);
    REQUIRE(gathered);
    return std::get<statemachines::OrderFacts>(gathered->facts);
}

statemachines::ActFacts act_facts(EngineRig& rig, bool is_operator) {
    auto context = rig.context("queued");
    context.is_operator = is_operator;
    return engine::act_facts(rig.runtime(), context);
}

events::OrderRecord newest_order(EngineRig& rig) {
    const auto orders = rig.runtime().store().orders({}, 1);
    REQUIRE(orders);
    REQUIRE_FALSE(orders->empty());
    return orders->front();
}

std::string state_of(EngineRig& rig, const WorkflowId& approval) {
    const auto record = rig.runtime().store().approval(approval);
    REQUIRE(record);
    REQUIRE(*record);
    return (*record)->state;
}

void restart_with(EngineRig& rig, const engine::Policies& policies) {
    rig.policies = policies;
    REQUIRE(rig.restart());
}

}  // namespace ibkr::testing
