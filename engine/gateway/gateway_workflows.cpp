#include "engine/gateway/gateway.hpp"
#include "engine/gateway/gather.hpp"
#include "engine/gateway/read_call.hpp"
#include "engine/gateway/workflow_call.hpp"
#include "engine/payloads/workflow_payloads.hpp"
#include "engine/runtime.hpp"
#include "events/redaction/redaction.hpp"
#include "projections/store.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {

using events::ErrorCode;
using events::failure;
using events::Result;
using statemachines::Command;

namespace {

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
