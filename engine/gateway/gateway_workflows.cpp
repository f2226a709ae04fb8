#include <algorithm>

#include "engine/gateway/gateway.hpp"
#include "engine/gateway/gather.hpp"
#include "engine/gateway/read_call.hpp"
#include "engine/payloads/workflow_payloads.hpp"
#include "engine/runtime.hpp"
#include "events/redaction/redaction.hpp"
#include "projections/store.hpp"
#include "statemachines/command_codec.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {

using events::ErrorCode;
using events::failure;
using events::Result;
using statemachines::Command;
using statemachines::Facts;

namespace {

/// A cancel or modify that the broker did not accept is an error unless the order had ended first (gateway
/// contract section 6), also when its stored answer is given again. A refused submit is an order that ended:
/// its lifecycle says so.
std::optional<CallError> write_not_accepted(const Command& command, const Executed& executed) {
    const bool changes_an_order = std::holds_alternative<statemachines::CancelOrder>(command) ||
                                  std::holds_alternative<statemachines::ModifyOrder>(command);
    const auto outcome = executed.stored_answer ? executed.stored_answer->outcome : executed.outcome;
    const bool accepted = outcome != events::Outcome::refused && outcome != events::Outcome::not_sent;
    if (!changes_an_order || accepted || executed.order_ended) return std::nullopt;
    const std::string_view what =
        outcome == events::Outcome::refused ? "the broker did not accept it" : "it was not sent";
    return CallError{
        events::Error{ErrorCode::broker_response_invalid,
                      std::string(what) + "; the order stays as it was",
                      false,
                      "Look at the order with 'ibkr-agent orders status', then ask again with a new "
                      "idempotency key if it is still wanted.",
                      {}},
        executed.audit_event_id};
}

/// Keys and ids are recorded as they come, so one that redaction would touch is refused (design 4). The
/// directory must know the broker's accounts.
Result<void> recordable(Runtime& runtime, std::initializer_list<std::string_view> ids) {
    const events::Redactor redactor(runtime.accounts().raw_ids());
    for (const std::string_view id : ids)
        if (redactor.touches(id))
            return failure(ErrorCode::order_validation_failed,
                           "a key or an id holds an account id or looks like a secret",
                           "Choose another key; give ids as this gateway showed them.");
    return {};
}

/// Whether the log may take this while the disk is nearly full.
bool is_new_work(const Command& command) {
    using namespace statemachines;
    return std::holds_alternative<PreviewOrder>(command) || std::holds_alternative<CreateApproval>(command) ||
           std::holds_alternative<GrantApproval>(command) || std::holds_alternative<SubmitOrder>(command) ||
           std::holds_alternative<ModifyOrder>(command);
}

/// Whether the command's key is bound: it is answered from what is stored, before every other gate (design
/// 5.7).
bool is_bound(Runtime& runtime, const Command& command) {
    return std::visit(
        [&]<class C>(const C& asked) {
            if constexpr (requires {
                              asked.idempotency_key;
                              asked.account;
                          }) {
                const auto bound = runtime.read([&](const projections::Queries& models) {
                    return models.idempotency(events::Environment::paper, asked.account,
                                              asked.idempotency_key);
                });
                return bound && bound->has_value();
            }
            return false;
        },
        command);
}

/// Whether the command would end in a broker write.
bool is_broker_write(const Command& command) {
    using namespace statemachines;
    return std::holds_alternative<SubmitOrder>(command) || std::holds_alternative<CancelOrder>(command) ||
           std::holds_alternative<ModifyOrder>(command);
}

/// Scope check, facts, decision, answer: the frame of every workflow call. `gather` makes the facts; its
/// failure is recorded as tool_failed. `render` makes the payload from the folded records.
CallResult run_workflow(Runtime& runtime, const CallContext& context, std::string_view scope,
                        const Command& command, const std::function<Result<Gathered>()>& gather,
                        const Render& render) {
    const std::string arguments = statemachines::command_json(command).text;
    if (auto denied = missing_scope(runtime, context, scope, arguments)) return tl::unexpected(*denied);
    if (runtime.held() || (is_new_work(command) && !is_bound(runtime, command)))
        if (auto admitted = runtime.admit_new_work(); !admitted)
            return tl::unexpected(CallError{admitted.error(), {}});
    if (runtime.paused() && is_broker_write(command) && !is_bound(runtime, command))
        return tl::unexpected(fail_call(
            runtime, context,
            failure(ErrorCode::engine_paused, "the engine is paused: nothing is sent to the broker").value(),
            arguments));
    if (auto fired = runtime.fire_due_timers(); !fired)
        return tl::unexpected(fail_call(runtime, context, fired.error(), arguments));
    auto gathered = gather();
    if (!gathered) return tl::unexpected(fail_call(runtime, context, gathered.error(), arguments));
    auto executed = runtime.execute(context, command, gathered->facts, render, gathered->position_read);
    if (!executed) return tl::unexpected(CallError{executed.error(), {}});
    if (executed->refusal) return tl::unexpected(CallError{*executed->refusal, executed->audit_event_id});
    if (auto refused = write_not_accepted(command, *executed)) return tl::unexpected(std::move(*refused));
    Reply reply{std::move(executed->payload), executed->audit_event_id, executed->unknown_outcome, {}};
    if (reply.audit_event_id.empty()) reply.unrecorded_reason = runtime.unrecorded_reason();
    return reply;
}

/// A person's or agent's own words on their way into the log: redacted, cleaned and cut.
std::string own_words(Runtime& runtime, const std::string& text) {
    return events::Redactor(runtime.accounts().raw_ids()).text(text, own_words_bytes_max);
}

Render preview_answer(Runtime& runtime) {
    return [&runtime](Executed& executed) {
        const auto record = runtime.store().preview(executed.subject);
        return record && *record ? preview_payload(**record, runtime.accounts(), executed.audit_event_id)
                                 : std::string();
    };
}

Render approval_answer(Runtime& runtime) {
    return [&runtime](Executed& executed) {
        const auto record = runtime.store().approval(executed.subject);
        return record && *record ? approval_payload(**record, runtime.accounts()) : std::string();
    };
}

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

CallResult Gateway::order_preview(const CallContext& context, const PreviewRequest& request) {
    statemachines::PreviewOrder command;
    command.account = runtime_.accounts().hash(request.account);
    command.environment = request.environment.value_or(events::Environment::paper);
    command.symbol = request.symbol;
    command.side = request.side;
    command.quantity = request.quantity;
    command.order_type = request.order_type;
    command.time_in_force = request.time_in_force;
    command.currency = request.currency;
    command.limit_price = request.limit_price;
    command.stop_price = request.stop_price;
    command.trailing_amount = request.trailing_amount;
    command.trailing_percent = request.trailing_percent;
    command.replaces = request.replaces;

    auto account = known_account(runtime_, request.account);  // before own words: redaction needs the list
    command.rationale = own_words(runtime_, request.rationale);
    if (!request.environment && account && account->mode == events::AccountMode::live)
        command.environment = events::Environment::live;
    const auto gather = [&]() -> Result<Gathered> {
        if (!account) return failure(account.error());
        if (auto checked = recordable(runtime_, {request.replaces.text()}); !checked)
            return failure(checked.error());
        if (auto reconciled = runtime_.reconcile(); !reconciled) return failure(reconciled.error());
        auto contract = contract_by_symbol(runtime_, request.symbol, request.currency);
        if (!contract) return failure(contract.error());
        Gathered gathered;
        statemachines::PreviewFacts facts;
        auto market = market_facts(runtime_, *account, contract->contract_id, gathered.position_read);
        if (!market) return failure(market.error());
        facts.market = std::move(*market);
        facts.contract = std::move(*contract);
        facts.preview_id = runtime_.new_id();
        facts.intent_id = runtime_.new_id();
        facts.validated_order_id = runtime_.new_id();
        facts.enable_preview = context.enable_preview;
        facts.now = runtime_.now();
        gathered.facts = std::move(facts);
        return gathered;
    };
    return run_workflow(runtime_, context, "ibkr:orders:preview", command, gather, preview_answer(runtime_));
}

CallResult Gateway::approval_create(const CallContext& context, const ApprovalRequest& request) {
    const statemachines::CreateApproval command{runtime_.accounts().hash(request.account), request.preview_id,
                                                request.ttl_seconds};
    const auto gather = [&]() -> Result<Gathered> {
        if (auto account = known_account(runtime_, request.account); !account)
            return failure(account.error());
        if (auto checked = recordable(runtime_, {request.preview_id.text()}); !checked)
            return failure(checked.error());
        return Gathered{act_facts(runtime_, context)};
    };
    const bool by_submit_scope = has_scope(context, "ibkr:orders:paper:submit");
    return run_workflow(runtime_, context,
                        by_submit_scope ? "ibkr:orders:paper:submit" : "ibkr:approvals:create", command,
                        gather, approval_answer(runtime_));
}

CallResult Gateway::approval_act(const CallContext& context, const ApprovalActRequest& request) {
    const std::string reason = own_words(runtime_, request.reason);
    const auto command = [&]() -> Command {
        switch (request.act) {
            case ApprovalAct::grant:
                return statemachines::GrantApproval{request.approval_id, reason};
            case ApprovalAct::deny:
                return statemachines::DenyApproval{request.approval_id, reason};
            case ApprovalAct::revoke:
                break;
        }
        return statemachines::RevokeApproval{request.approval_id, reason};
    }();
    return run_workflow(
        runtime_, context, "ibkr:approvals:create", command,
        [&]() -> Result<Gathered> {
            if (auto checked = recordable(runtime_, {request.approval_id.text()}); !checked)
                return failure(checked.error());
            return Gathered{act_facts(runtime_, context)};
        },
        approval_answer(runtime_));
}

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

CallResult Gateway::kill_switch_set(const CallContext& context, bool open, const std::string& reason) {
    const Render render = [this](Executed& executed) {
        const auto record = runtime_.store().gateway(events::kill_switch_workflow);
        // A switch that was never touched may be closed again.
        return record ? kill_switch_payload(record->value_or(statemachines::initial_kill_switch()),
                                            executed.audit_event_id)
                      : std::string();
    };
    return run_workflow(
        runtime_, context, "ibkr:orders:live:submit",
        statemachines::SetKillSwitch{open, own_words(runtime_, reason)},
        [&]() -> Result<Gathered> { return Gathered{act_facts(runtime_, context)}; }, render);
}

}  // namespace ibkr::engine
