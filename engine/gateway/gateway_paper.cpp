#include <algorithm>

#include "engine/gateway/gateway.hpp"
#include "engine/gateway/gather.hpp"
#include "engine/gateway/workflow_call.hpp"
#include "engine/payloads/workflow_payloads.hpp"
#include "engine/runtime.hpp"
#include "projections/store.hpp"
#include "statemachines/evolve/evolve.hpp"

// The paper calls that end in a broker write.

namespace ibkr::engine {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

Render order_answer(Runtime& runtime) {
    return [&runtime](Executed& executed) {
        const auto record = runtime.store().order(executed.subject);
        if (!record || !*record) return std::string();
        executed.unknown_outcome =
            (*record)->state == "unknown" || executed.outcome == events::Outcome::unknown;
        executed.order_ended = !statemachines::order_is_open(
            executed.stored_answer ? executed.stored_answer->answer_state : (*record)->state);
        if (executed.stored_answer)
            return stored_answer_payload(*executed.stored_answer, **record, runtime.accounts());
        return lifecycle_payload(**record, runtime.accounts(), executed.unknown_outcome);
    };
}

/// The contract a broker write is about: of the order, or of the approval's preview. Empty when there is no
/// such record; the deciders' gates say so in their order.
Result<events::ContractId> contract_of_order(Runtime& runtime, const events::AccountHash& account,
                                             const events::BrokerOrderId& broker_order_id) {
    auto orders = runtime.read([&](const projections::Queries& models) {
        return models.orders_by_broker_id(account, broker_order_id);
    });
    if (!orders) return failure(orders.error());
    const auto is_open = [](const events::OrderRecord& order) {
        return statemachines::order_is_open(order.state);
    };
    if (std::ranges::count_if(*orders, is_open) > 1)
        return failure(
            ErrorCode::order_validation_failed,
            "the broker gave the id " + broker_order_id.text() +
                " to several open orders of this account, so it does not tell which one is meant",
            "Change or cancel it at the broker; 'ibkr-agent orders list' has its client order id.");
    return orders->empty() ? events::ContractId{} : orders->front().terms.contract.contract_id;
}

Result<events::ContractId> contract_of_approval(Runtime& runtime, const events::WorkflowId& approval_id) {
    return runtime.read([&](const projections::Queries& models) -> Result<events::ContractId> {
        auto approval = models.approval(approval_id);
        if (!approval) return failure(approval.error());
        if (!*approval) return events::ContractId{};
        auto preview = models.preview((*approval)->preview_id);
        if (!preview) return failure(preview.error());
        return *preview ? (*preview)->terms.contract.contract_id : events::ContractId{};
    });
}

/// Facts of a broker write. A key that is bound already is answered from what is stored, whatever the broker
/// or the account list say now (design 5.7), so nothing further is asked for it.
Result<Gathered> facts_of_write(Runtime& runtime, const CallContext& context,
                                const events::AccountId& account, const events::IdempotencyKey& key,
                                std::string_view about_id,
                                const std::function<Result<events::ContractId>()>& contract) {
    if (auto reconciled = runtime.reconcile(); !reconciled) return failure(reconciled.error());
    auto bound = runtime.read([&](const projections::Queries& models) {
        return models.idempotency(events::Environment::paper, runtime.accounts().hash(account), key);
    });
    if (!bound) return failure(bound.error());
    if (*bound) {
        runtime.accounts().add(account);  // its hash is the bound record's: it may be shown again
        statemachines::OrderFacts facts;
        facts.enable_paper = context.enable_paper;
        facts.new_id = runtime.new_id();
        facts.log_prefix = runtime.log_prefix();
        facts.now = runtime.now();
        return Gathered{std::move(facts)};
    }
    auto own = known_account(runtime, account);
    if (!own) return failure(own.error());
    if (auto checked = recordable(runtime, {key.text(), about_id}); !checked) return failure(checked.error());
    auto about = contract();
    if (!about) return failure(about.error());
    return order_facts(runtime, context, *own, *about);
}

}  // namespace

CallResult Gateway::paper_submit(const CallContext& context, const SubmitRequestByApproval& request) {
    const statemachines::SubmitOrder command{runtime_.accounts().hash(request.account), request.approval_id,
                                             request.idempotency_key};
    const auto gather = [&] {
        return facts_of_write(runtime_, context, request.account, request.idempotency_key,
                              request.approval_id.text(), [&]() -> Result<events::ContractId> {
                                  // Nothing is sent before it is known that the log has every order that was.
                                  if (auto asked = runtime_.rule_out_lost_orders(); !asked)
                                      return failure(asked.error());
                                  return contract_of_approval(runtime_, request.approval_id);
                              });
    };
    return run_workflow(runtime_, context, "ibkr:orders:paper:submit", command, gather,
                        order_answer(runtime_));
}

CallResult Gateway::paper_cancel(const CallContext& context, const CancelRequestByKey& request) {
    const statemachines::CancelOrder command{runtime_.accounts().hash(request.account),
                                             request.broker_order_id, request.idempotency_key};
    const auto gather = [&] {
        return facts_of_write(
            runtime_, context, request.account, request.idempotency_key, request.broker_order_id.text(),
            [&] { return contract_of_order(runtime_, command.account, request.broker_order_id); });
    };
    return run_workflow(runtime_, context, "ibkr:orders:paper:cancel", command, gather,
                        order_answer(runtime_));
}

CallResult Gateway::paper_modify(const CallContext& context, const ModifyRequestByKey& request) {
    const statemachines::ModifyOrder command{runtime_.accounts().hash(request.account),
                                             request.broker_order_id, request.idempotency_key,
                                             request.changes, request.approval_id};
    const auto gather = [&] {
        return facts_of_write(runtime_, context, request.account, request.idempotency_key,
                              request.broker_order_id.text(), [&]() -> Result<events::ContractId> {
                                  if (auto asked = runtime_.rule_out_lost_orders(); !asked)
                                      return failure(asked.error());
                                  return contract_of_order(runtime_, command.account,
                                                           request.broker_order_id);
                              });
    };
    return run_workflow(runtime_, context, "ibkr:orders:paper:modify", command, gather,
                        order_answer(runtime_));
}

}  // namespace ibkr::engine
