#include "engine/writer/state_reader.hpp"

#include "statemachines/command_codec.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {

using events::Environment;
using events::ErrorCode;
using events::failure;
using events::Result;
namespace sm = statemachines;

namespace {

/// Reads that build one view: the first failure is kept, later reads are skipped.
class Reading {
public:
    template <class T>
    void into(T& target, Result<T> read) {
        if (!read && !error_) error_ = read.error();
        if (read && !error_) target = std::move(*read);
    }
    [[nodiscard]] bool ok() const noexcept { return !error_.has_value(); }
    [[nodiscard]] events::Error error() const { return *error_; }

private:
    std::optional<events::Error> error_;
};

struct Reader {
    const projections::Queries& queries;
    Reading reading;

    sm::PolicyView policy() {
        sm::PolicyView view;
        std::optional<events::PolicyRecord> settings;
        reading.into(settings, queries.policy(sm::gateway_settings_kind, "gateway"));
        if (settings) reading.into(view.settings, sm::parse_gateway_settings({settings->content}));
        std::optional<events::PolicyRecord> risk;
        reading.into(risk, queries.policy(sm::risk_policy_kind, view.settings.paper_risk_policy));
        if (!risk) return view;
        view.risk_policy.emplace();
        reading.into(*view.risk_policy, sm::parse_risk_policy({risk->content}));
        view.risk_policy_hash = risk->content_hash;
        return view;
    }

    void market(const events::AccountHash& account, const events::ContractId& contract,
                const events::Currency& currency, Environment environment, const sm::MarketFacts& facts,
                const sm::PolicyView& policy, events::Exposure& exposure, events::OrderCount& orders_today) {
        if (!contract.empty()) reading.into(exposure, queries.exposure(account, contract));
        reading.into(orders_today, queries.count(account, environment, policy.settings.paper_risk_policy,
                                                 facts.day_start, currency));
    }

    std::optional<events::ApprovalRecord> approval(const events::WorkflowId& id) {
        std::optional<events::ApprovalRecord> record;
        if (!id.empty()) reading.into(record, queries.approval(id));
        return record;
    }

    std::optional<events::PreviewRecord> preview(const events::WorkflowId& id) {
        std::optional<events::PreviewRecord> record;
        if (!id.empty()) reading.into(record, queries.preview(id));
        return record;
    }

    sm::PreviewView view(const sm::PreviewOrder& command, const sm::PreviewFacts& facts) {
        sm::PreviewView view;
        view.policy = policy();
        market(command.account, facts.contract.contract_id, facts.contract.currency, command.environment,
               facts.market, view.policy, view.exposure, view.orders_today);
        if (!command.replaces.empty())
            reading.into(view.replaced, queries.order_by_broker_id(command.account, command.replaces));
        return view;
    }

    sm::ApprovalCreationView view(const sm::CreateApproval& command, const sm::ActFacts&) {
        sm::ApprovalCreationView view;
        view.policy = policy();
        view.preview = preview(command.preview_id);
        reading.into(view.open_approval, queries.open_approval_of(command.preview_id));
        return view;
    }

    sm::SubmitView view(const sm::SubmitOrder& command, const sm::OrderFacts& facts) {
        sm::SubmitView view;
        view.policy = policy();
        reading.into(view.bound,
                     queries.idempotency(Environment::paper, command.account, command.idempotency_key));
        view.approval = approval(command.approval_id);
        if (view.approval) view.preview = preview(view.approval->preview_id);
        if (view.preview)
            market(command.account, view.preview->terms.contract.contract_id,
                   view.preview->terms.contract.currency, Environment::paper, facts.market, view.policy,
                   view.exposure, view.orders_today);
        return view;
    }

    template <class Command>
    sm::ExistingOrderView existing(const Command& command, const sm::OrderFacts& facts) {
        sm::ExistingOrderView view;
        view.policy = policy();
        reading.into(view.bound,
                     queries.idempotency(Environment::paper, command.account, command.idempotency_key));
        reading.into(view.order, queries.order_by_broker_id(command.account, command.broker_order_id));
        if (view.order)
            market(command.account, view.order->terms.contract.contract_id,
                   view.order->terms.contract.currency, Environment::paper, facts.market, view.policy,
                   view.exposure, view.orders_today);
        return view;
    }

    sm::ExistingOrderView view(const sm::CancelOrder& command, const sm::OrderFacts& facts) {
        return existing(command, facts);
    }

    sm::ExistingOrderView view(const sm::ModifyOrder& command, const sm::OrderFacts& facts) {
        sm::ExistingOrderView view = existing(command, facts);
        view.approval = approval(command.approval_id);
        if (view.approval) view.preview = preview(view.approval->preview_id);
        return view;
    }

    sm::OrderView order_view(const events::WorkflowId& order_id,
                             const std::vector<events::Execution>& executions) {
        sm::OrderView view;
        reading.into(view.order, queries.order(order_id));
        if (!view.order) return view;
        view.approval = approval(view.order->approval_id);
        std::vector<events::ExecutionId> ids;
        ids.reserve(executions.size());
        for (const events::Execution& execution : executions)
            ids.push_back(execution.execution_id);
        reading.into(view.known_executions, queries.known_executions(view.order->account, ids));
        return view;
    }

    sm::OrderView view(const sm::RecordOutcome& command, const sm::ActFacts&) {
        return order_view(command.order_id, {});
    }
    sm::OrderView view(const sm::ReportOrder& command, const sm::ActFacts&) {
        return order_view(command.order_id, command.executions);
    }

    sm::FoundOrderView view(const sm::RecordFoundOrder& command, const sm::ActFacts&) {
        sm::FoundOrderView view;
        view.settings = policy().settings;
        reading.into(view.order, queries.order(command.order_id));
        if (!view.order && !command.client_order_id.empty())
            reading.into(view.order, queries.order_by_client_id(command.account, command.client_order_id));
        if (!command.idempotency_key.empty())
            reading.into(view.bound,
                         queries.idempotency(command.environment, command.account, command.idempotency_key));
        view.approval = approval(command.approval_id);
        return view;
    }

    template <class Command>
    sm::ApprovalView approval_view(const Command& command) {
        return {approval(command.approval_id)};
    }
    sm::ApprovalView view(const sm::GrantApproval& command, const sm::ActFacts&) {
        return approval_view(command);
    }
    sm::ApprovalView view(const sm::DenyApproval& command, const sm::ActFacts&) {
        return approval_view(command);
    }
    sm::ApprovalView view(const sm::RevokeApproval& command, const sm::ActFacts&) {
        return approval_view(command);
    }

    sm::ExpiryView view(const sm::ExpireWorkflow& command, const sm::ActFacts&) {
        return {preview(command.workflow_id), approval(command.workflow_id)};
    }

    events::GatewayRecord gateway_record(const events::WorkflowId& id, events::GatewayRecord initial) {
        std::optional<events::GatewayRecord> record;
        reading.into(record, queries.gateway(id));
        return record.value_or(std::move(initial));
    }
    events::GatewayRecord view(const sm::SetKillSwitch&, const sm::ActFacts&) {
        return gateway_record(events::kill_switch_workflow, sm::initial_kill_switch());
    }
    events::GatewayRecord view(const sm::ObserveSession&, const sm::ActFacts&) {
        return gateway_record(events::broker_session_workflow, sm::initial_broker_session());
    }
    std::optional<events::PolicyRecord> view(const sm::LoadPolicy& command, const sm::ActFacts&) {
        std::optional<events::PolicyRecord> record;
        reading.into(record, queries.policy(command.kind, command.name));
        return record;
    }
};

template <class Command, class Facts>
concept Viewed =
    requires(Reader reader, const Command& command, const Facts& facts) { reader.view(command, facts); };

struct Decider {
    Reader reader;

    template <class Command, class Facts>
    Result<sm::Decided> operator()(const Command& command, const Facts& facts) {
        if constexpr (Viewed<Command, Facts>) {
            const auto view = reader.view(command, facts);
            if (!reader.reading.ok()) return failure(reader.reading.error());
            return sm::decide(command, facts, view);
        } else if constexpr (std::is_same_v<Command, sm::RecordCall> && std::is_same_v<Facts, sm::ActFacts>) {
            return sm::decide(command, facts);
        } else {
            return failure(ErrorCode::order_validation_failed, "this command is decided from other facts");
        }
    }
};

}  // namespace

Result<sm::Decided> StateReader::decide(const sm::Command& command, const sm::Facts& facts) {
    return std::visit(Decider{Reader{queries_, {}}}, command, facts);
}

}  // namespace ibkr::engine
