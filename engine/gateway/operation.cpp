#include "engine/gateway/operation.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "engine/gateway/gateway.hpp"

namespace ibkr::engine {
namespace {

template <std::size_t... I>
constexpr std::array<std::string_view, sizeof...(I)> names_of(std::index_sequence<I...>) {
    return {std::variant_alternative_t<I, Operation>::name...};
}

constexpr auto operation_names = names_of(std::make_index_sequence<std::variant_size_v<Operation>>());

consteval bool names_differ() {
    auto names = operation_names;
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) == names.end();
}
static_assert(names_differ());

/// One call for each operation.
class Performance {
public:
    Performance(Gateway& gateway, const CallContext& context, const events::Progress& progress)
        : gateway_(gateway), context_(context), progress_(progress) {}

    CallResult operator()(const operation::Health&) const { return gateway_.health(context_); }
    CallResult operator()(const operation::BackendStatus&) const { return gateway_.backend_status(context_); }
    CallResult operator()(const operation::AccountsList&) const { return gateway_.accounts_list(context_); }
    CallResult operator()(const operation::AccountMetadata& asked) const {
        return gateway_.account_metadata(context_, asked.account);
    }
    CallResult operator()(const operation::AccountSummary& asked) const {
        return gateway_.account_summary(context_, asked.account);
    }
    CallResult operator()(const operation::PortfolioSnapshot& asked) const {
        return gateway_.portfolio_snapshot(context_, asked.account);
    }
    CallResult operator()(const operation::PositionsList& asked) const {
        return gateway_.positions_list(context_, asked.account);
    }
    CallResult operator()(const operation::ContractsSearch& asked) const {
        return gateway_.contracts_search(context_, asked);
    }
    CallResult operator()(const operation::ContractResolve& asked) const {
        return gateway_.contract_resolve(context_, asked);
    }
    CallResult operator()(const operation::MarketSnapshot& asked) const {
        return gateway_.market_snapshot(context_, asked.contract_id);
    }
    CallResult operator()(const operation::HistoricalBars& asked) const {
        return gateway_.historical_bars(context_, asked.contract_id, asked.duration, asked.bar_size);
    }
    CallResult operator()(const operation::OrdersList& asked) const {
        return gateway_.orders_list(context_, asked);
    }
    CallResult operator()(const operation::OrderStatus& asked) const {
        return gateway_.order_status(context_, asked.account, asked.id);
    }
    CallResult operator()(const operation::ExecutionsList& asked) const {
        return gateway_.executions_list(context_, asked.account, asked.from);
    }
    CallResult operator()(const operation::OrderPreview& asked) const {
        return gateway_.order_preview(context_, asked);
    }
    CallResult operator()(const operation::ApprovalCreate& asked) const {
        return gateway_.approval_create(context_, asked);
    }
    CallResult operator()(const operation::ApprovalAct& asked) const {
        return gateway_.approval_act(context_, asked);
    }
    CallResult operator()(const operation::ApprovalsList& asked) const {
        return gateway_.approvals_list(context_, asked.account);
    }
    CallResult operator()(const operation::ApprovalShow& asked) const {
        return gateway_.approval_show(context_, asked.approval_id);
    }
    CallResult operator()(const operation::PaperSubmit& asked) const {
        return gateway_.paper_submit(context_, asked);
    }
    CallResult operator()(const operation::PaperCancel& asked) const {
        return gateway_.paper_cancel(context_, asked);
    }
    CallResult operator()(const operation::PaperModify& asked) const {
        return gateway_.paper_modify(context_, asked);
    }
    CallResult operator()(const operation::KillSwitchStatus&) const {
        return gateway_.kill_switch_status(context_);
    }
    CallResult operator()(const operation::KillSwitchSet& asked) const {
        return gateway_.kill_switch_set(context_, asked.open, asked.reason);
    }
    CallResult operator()(const operation::AuditTail& asked) const {
        return gateway_.audit_tail(context_, asked.limit, asked.full);
    }
    CallResult operator()(const operation::AuditExport& asked) const {
        return gateway_.audit_export(context_, asked, progress_);
    }
    CallResult operator()(const operation::AuditVerify&) const {
        return gateway_.audit_verify(context_, progress_);
    }
    CallResult operator()(const operation::RecordAuditRead& made) const {
        return gateway_.record_audit_read(context_, made);
    }
    CallResult operator()(const operation::RecordFailure& failed) const {
        const std::string& arguments = failed.arguments.text;
        return tl::unexpected(
            gateway_.record_failure(context_, failed.failure.error, arguments.empty() ? "{}" : arguments));
    }

private:
    Gateway& gateway_;
    const CallContext& context_;
    const events::Progress& progress_;
};

}  // namespace

std::string_view operation_name(const Operation& operation) noexcept {
    assert(operation.index() < operation_names.size());
    return operation_names[operation.index()];
}

CallResult perform(Gateway& gateway, const CallContext& context, const Operation& operation,
                   const events::Progress& progress) {
    return std::visit(Performance(gateway, context, progress), operation);
}

}  // namespace ibkr::engine
