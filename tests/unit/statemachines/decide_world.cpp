#include "tests/unit/statemachines/decide_world.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "events/catalogue.hpp"
#include "statemachines/hashing.hpp"

namespace ibkr::tests {

ev::Timestamp at(std::int64_t ms_after_start) {
    return ev::Timestamp::parse("2026-01-05T15:00:00Z").value().plus_ms(ms_after_start);
}
ev::Decimal decimal(std::string_view text) {
    return ev::Decimal::parse(text).value();
}
ev::Price price(std::string_view text) {
    return ev::Price(decimal(text));
}
ev::Quantity quantity(std::string_view text) {
    return ev::Quantity(decimal(text));
}
ev::Currency currency(std::string_view text) {
    return ev::Currency::parse(text).value();
}
ev::Money money(std::string_view amount, std::string_view code) {
    return {decimal(amount), currency(code)};
}

ev::Contract apple() {
    return {ev::ContractId("265598"), "AAPL", "APPLE INC", ev::AssetClass::stock, "SMART", currency("USD")};
}

ev::OrderTerms limit_terms() {
    ev::OrderTerms terms;
    terms.contract = apple();
    terms.quantity = quantity("10");
    terms.limit_price = price("190");
    return terms;
}

World::World() {
    policy.settings.preview_enabled = true;
    policy.settings.paper_enabled = true;
    policy.settings.paper_accounts = {paper_account};
    policy.risk_policy = sm::RiskPolicy{};
    policy.risk_policy_hash = std::string(64, '0');
    market.account_mode = ev::AccountMode::paper;
    market.quote = ev::Quote{apple().contract_id, price("199.50"), price("199.60"), price("199.55"),
                             currency("USD"),     at(-1000),       at(-900),        ev::DataStatus::live};
    market.day_start = at(-3'600'000);
    exposure.as_of = at(-60'000);
}

std::string World::new_id(std::string_view kind) {
    return std::string(kind) + "-" + std::to_string(next_id++);
}

sm::PreviewOrder World::preview_command() const {
    sm::PreviewOrder command;
    command.account = paper_account;
    command.symbol = "AAPL";
    command.quantity = quantity("10");
    command.limit_price = price("190");
    return command;
}

sm::PreviewFacts World::preview_facts() {
    sm::PreviewFacts facts;
    facts.now = now;
    facts.preview_id = new_id("preview");
    facts.intent_id = new_id("intent");
    facts.validated_order_id = new_id("validated");
    facts.enable_preview = enable_preview;
    facts.contract = apple();
    facts.market = market;
    return facts;
}

sm::ActFacts World::act_facts() {
    return {now, new_id("act"), is_operator, actor};
}

sm::OrderFacts World::order_facts() {
    return {now, new_id("order"), enable_paper, "0123abcd", market, false};
}

namespace {

template <class Map, class Key>
auto found(const Map& map, const Key& key) -> std::optional<typename Map::mapped_type> {
    const auto entry = map.find(key);
    return entry == map.end() ? std::nullopt : std::optional(entry->second);
}

std::optional<ev::PreviewRecord> preview_of(const World& world,
                                            const std::optional<ev::ApprovalRecord>& approval) {
    return approval ? found(world.previews, approval->preview_id) : std::nullopt;
}

std::optional<ev::OrderRecord> order_at_broker(const World& world, const ev::BrokerOrderId& id) {
    for (const auto& [key, order] : world.orders)
        if (!id.empty() && order.broker_order_id == id) return order;
    return std::nullopt;
}

template <class Command>
sm::ExistingOrderView existing_view(const World& world, const Command& command,
                                    const ev::WorkflowId& approval_id) {
    sm::ExistingOrderView view;
    view.policy = world.policy;
    view.bound = found(world.keys, command.idempotency_key);
    view.order = order_at_broker(world, command.broker_order_id);
    view.approval = found(world.approvals, approval_id);
    view.preview = preview_of(world, view.approval);
    view.exposure = world.exposure;
    view.orders_today = world.today;
    return view;
}

sm::OrderView order_view(const World& world, const ev::WorkflowId& id) {
    sm::OrderView view;
    view.order = found(world.orders, id);
    if (view.order) view.approval = found(world.approvals, view.order->approval_id);
    view.known_executions = world.executions;
    return view;
}

}  // namespace

sm::Decided World::run(const sm::PreviewOrder& command) {
    return run(command, apple());
}

sm::Decided World::run(const sm::PreviewOrder& command, const ev::Contract& contract) {
    sm::PreviewFacts facts = preview_facts();
    facts.contract = contract;
    const sm::PreviewView view{policy, exposure, today, order_at_broker(*this, command.replaces)};
    const auto decided = sm::decide(command, facts, view);
    apply(decided);
    return decided;
}

sm::Decided World::run(const sm::CreateApproval& command) {
    sm::ApprovalCreationView view{policy, found(previews, command.preview_id), std::nullopt};
    for (const auto& [id, approval] : approvals)
        if (approval.preview_id == command.preview_id) view.open_approval = approval;
    const auto decided = sm::decide(command, act_facts(), view);
    apply(decided);
    return decided;
}

sm::Decided World::run(const sm::GrantApproval& command) {
    const auto decided =
        sm::decide(command, act_facts(), sm::ApprovalView{found(approvals, command.approval_id)});
    apply(decided);
    return decided;
}
sm::Decided World::run(const sm::DenyApproval& command) {
    const auto decided =
        sm::decide(command, act_facts(), sm::ApprovalView{found(approvals, command.approval_id)});
    apply(decided);
    return decided;
}
sm::Decided World::run(const sm::RevokeApproval& command) {
    const auto decided =
        sm::decide(command, act_facts(), sm::ApprovalView{found(approvals, command.approval_id)});
    apply(decided);
    return decided;
}

sm::Decided World::run(const sm::SubmitOrder& command) {
    sm::SubmitView view;
    view.policy = policy;
    view.bound = found(keys, command.idempotency_key);
    view.approval = found(approvals, command.approval_id);
    view.preview = preview_of(*this, view.approval);
    view.exposure = exposure;
    view.orders_today = today;
    const auto decided = sm::decide(command, order_facts(), view);
    apply(decided);
    return decided;
}

sm::Decided World::run(const sm::CancelOrder& command) {
    const auto decided = sm::decide(command, order_facts(), existing_view(*this, command, {}));
    apply(decided);
    return decided;
}
sm::Decided World::run(const sm::ModifyOrder& command) {
    const auto decided =
        sm::decide(command, order_facts(), existing_view(*this, command, command.approval_id));
    apply(decided);
    return decided;
}
sm::Decided World::run(const sm::RecordOutcome& command) {
    const auto decided = sm::decide(command, act_facts(), order_view(*this, command.order_id));
    apply(decided);
    return decided;
}
sm::Decided World::run(const sm::ReportOrder& command) {
    const auto decided = sm::decide(command, act_facts(), order_view(*this, command.order_id));
    apply(decided);
    return decided;
}
sm::Decided World::run(const sm::RecordFoundOrder& command) {
    sm::FoundOrderView view;
    view.settings = policy.settings;
    view.order = found(orders, command.order_id);
    for (const auto& [id, order] : orders)
        if (!view.order && !command.client_order_id.empty() &&
            order.client_order_id == command.client_order_id)
            view.order = order;
    view.bound = found(keys, command.idempotency_key);
    view.approval = found(approvals, command.approval_id);
    const auto decided = sm::decide(command, act_facts(), view);
    apply(decided);
    return decided;
}
sm::Decided World::run(const sm::ExpireWorkflow& command) {
    const sm::ExpiryView view{found(previews, command.workflow_id), found(approvals, command.workflow_id)};
    const auto decided = sm::decide(command, act_facts(), view);
    apply(decided);
    return decided;
}
sm::Decided World::run(const sm::SetKillSwitch& command) {
    const auto decided = sm::decide(command, act_facts(), kill_switch);
    apply(decided);
    return decided;
}
sm::Decided World::run(const sm::ObserveSession& command) {
    const auto decided = sm::decide(command, act_facts(), session);
    apply(decided);
    return decided;
}
sm::Decided World::run(const sm::LoadPolicy& command) {
    const auto decided = sm::decide(command, act_facts(), found(policies, command.kind + "/" + command.name));
    apply(decided);
    return decided;
}
sm::Decided World::run(const sm::RecordCall& command) {
    return sm::decide(command, act_facts());
}

ev::WorkflowId World::preview() {
    const auto decided = run(preview_command());
    REQUIRE_FALSE(decided.refusal);
    return decided.subject;
}

ev::WorkflowId World::approve(const ev::WorkflowId& preview_id) {
    const auto decided = run(sm::CreateApproval{paper_account, preview_id, std::nullopt});
    REQUIRE_FALSE(decided.refusal);
    return decided.subject;
}

sm::SubmitOrder World::submit_command(const ev::WorkflowId& approval, std::string key) const {
    return {paper_account, approval, ev::IdempotencyKey(std::move(key))};
}

ev::WorkflowId World::submitted(std::string key) {
    const auto decided = run(submit_command(approve(preview()), std::move(key)));
    REQUIRE_FALSE(decided.refusal);
    REQUIRE(decided.effects.size() == 1);
    return decided.subject;
}

ev::WorkflowId World::working(std::string broker_id, std::string key) {
    const auto order = submitted(std::move(key));
    auto confirmed = outcome(order, ev::Outcome::confirmed, "working");
    confirmed.broker_order_id = ev::BrokerOrderId(std::move(broker_id));
    run(confirmed);
    REQUIRE(orders.at(order).state == "working");
    return order;
}

sm::RecordOutcome World::outcome(const ev::WorkflowId& order, ev::Outcome outcome, std::string status) const {
    sm::RecordOutcome command;
    command.order_id = order;
    command.outcome = outcome;
    command.learned_from = "broker_answer";
    command.broker_status = std::move(status);
    const auto& record = orders.at(order);
    command.broker_order_id = record.broker_order_id;
    if (record.pending) {
        command.intent_id = record.pending->intent_id;
        command.operation = record.pending->operation;
    }
    return command;
}

sm::ReportOrder World::report(const ev::WorkflowId& order, std::string status) const {
    sm::ReportOrder command;
    command.order_id = order;
    command.broker_order_id = orders.at(order).broker_order_id;
    command.broker_status = std::move(status);
    command.evidence = "broker_record";
    return command;
}

sm::RecordFoundOrder World::found_at_broker(std::string key) const {
    sm::RecordFoundOrder command;
    command.found_at = "broker";
    command.account = paper_account;
    command.idempotency_key = ev::IdempotencyKey(std::move(key));
    command.client_order_id =
        sm::client_order_id(ev::Environment::paper, "0123abcd", command.idempotency_key);
    command.order_id = ev::WorkflowId(
        sm::found_id(paper_account, ev::Environment::paper, "order " + command.client_order_id.text()));
    command.broker_order_id = ev::BrokerOrderId("B1");
    command.terms = limit_terms();
    command.notional = money("1900");
    return command;
}

ev::Execution World::fill(std::string id, std::string_view shares, std::string_view at_price) const {
    ev::Execution execution;
    execution.execution_id = ev::ExecutionId(std::move(id));
    execution.broker_order_id = ev::BrokerOrderId("B1");
    execution.contract_id = apple().contract_id;
    execution.quantity = quantity(shares);
    execution.price = price(at_price);
    execution.executed_at = now;
    return execution;
}

// ---------------------------------------------------------------------------------------------- folding

void World::apply(const sm::Decided& decided) {
    for (const auto& draft : decided.events)
        fold(draft);
}

void World::fold(const sm::EventDraft& draft) {
    ev::Event event;
    event.workflow_id = draft.workflow_id;
    event.timestamp = now;
    event.account_id_hash = draft.account;
    event.actor.user_id = actor;
    event.body = draft.body;
    const auto evolve = [&](auto& record) {
        event.workflow_position = record.position + 1;
        const auto result = sm::evolve(record, event);
        CHECK(result != sm::Folded::not_of_this_machine);
        CHECK((result != sm::Folded::refused || may_be_passed_over));
    };
    switch (sm::workflow_kind(draft.body)) {
        case sm::WorkflowKind::preview:
            return evolve(previews[draft.workflow_id]);
        case sm::WorkflowKind::approval:
            return evolve(approvals[draft.workflow_id]);
        case sm::WorkflowKind::order:
            evolve(orders[draft.workflow_id]);
            return fold_key(draft);
        case sm::WorkflowKind::kill_switch:
            return evolve(kill_switch);
        case sm::WorkflowKind::broker_session:
            return evolve(session);
        case sm::WorkflowKind::none:
            break;
    }
    if (const auto* loaded = std::get_if<ev::PolicyLoaded>(&draft.body))
        policies[loaded->kind + "/" + loaded->name] = {loaded->kind, loaded->name, loaded->content_hash,
                                                       loaded->content.text};
}

void World::fold_key(const sm::EventDraft& draft) {
    const auto bind = [&](const auto& intent, ev::Operation operation) {
        keys[intent.idempotency_key] = {ev::Environment::paper,
                                        draft.account,
                                        intent.idempotency_key,
                                        operation,
                                        intent.request_hash,
                                        draft.workflow_id,
                                        intent.intent_id,
                                        std::nullopt,
                                        {},
                                        {},
                                        {},
                                        now,
                                        std::nullopt};
    };
    const auto answer = [&](const ev::OrderOutcome& body) {
        for (auto& [key, record] : keys)
            if (record.intent_id == body.intent_id) {
                record.outcome = body.outcome;
                record.answer_state = orders.at(record.order_id).state;
                record.answered_at = now;
            }
    };
    if (const auto* b = std::get_if<ev::OrderSubmitIntended>(&draft.body)) bind(*b, ev::Operation::submit);
    if (const auto* b = std::get_if<ev::OrderCancelIntended>(&draft.body)) bind(*b, ev::Operation::cancel);
    if (const auto* b = std::get_if<ev::OrderModifyIntended>(&draft.body)) bind(*b, ev::Operation::modify);
    if (const auto* b = std::get_if<ev::PaperOrderSubmitted>(&draft.body)) answer(*b);
    if (const auto* b = std::get_if<ev::PaperOrderCancelled>(&draft.body)) answer(*b);
    if (const auto* b = std::get_if<ev::PaperOrderModified>(&draft.body)) answer(*b);
    if (const auto* b = std::get_if<ev::OrderExecutionRecorded>(&draft.body))
        executions.insert(b->execution.execution_id);
}

// ----------------------------------------------------------------------------------------------- looking

std::vector<std::string> event_names(const sm::Decided& decided) {
    std::vector<std::string> names;
    names.reserve(decided.events.size());
    for (const auto& draft : decided.events)
        names.emplace_back(ev::descriptor(draft.body).name);
    return names;
}

std::vector<std::string> reason_codes(const std::vector<ev::Reason>& reasons) {
    std::vector<std::string> codes;
    codes.reserve(reasons.size());
    for (const auto& reason : reasons)
        codes.push_back(reason.code);
    return codes;
}

bool has_reason(const std::vector<ev::Reason>& reasons, std::string_view code) {
    return std::any_of(reasons.begin(), reasons.end(),
                       [&](const auto& reason) { return reason.code == code; });
}

std::string refusal_code(const sm::Decided& decided) {
    return decided.refusal ? std::string(ev::to_string(decided.refusal->code)) : "none";
}

void require_refused(const sm::Decided& decided, std::string_view code) {
    REQUIRE(refusal_code(decided) == code);
    REQUIRE_FALSE(decided.events.empty());
    const auto& last = decided.events.back();
    CHECK(ev::descriptor(last.body).name == "tool_refused");
    CHECK(last.error_code == code);
    CHECK(last.decision == ev::Decision::refuse);
    CHECK(last.result_status == ev::ResultStatus::refused);
    CHECK(last.workflow_id.empty());
    CHECK(decided.effects.empty());
    CHECK_FALSE(decided.stored_answer);
    CHECK_FALSE(decided.refusal->message.empty());
    CHECK_FALSE(decided.refusal->user_action.empty());
}

}  // namespace ibkr::tests
