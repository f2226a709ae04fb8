#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/call.hpp"
#include "engine/gateway/requests.hpp"
#include "events/log/chain/chain.hpp"

namespace ibkr::engine {

class Gateway;

// A call of the gateway as a value: what one process can hand to the one that owns the data directory. One
// struct per function of the gateway, under that function's name; its members are the arguments. Who asks,
// under which command id and with which gate flags is the context's (engine/call.hpp), not the operation's.
namespace operation {

struct NoArguments {
    template <class V, class S>
    static constexpr void describe(V&, S&) {}
    friend bool operator==(const NoArguments&, const NoArguments&) = default;
};

struct OfAccount {
    NamedAccount account;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", events::omit_empty(self.account));
    }
    friend bool operator==(const OfAccount&, const OfAccount&) = default;
};

// ------------------------------------------------------------------------------------------------ reads
struct Health : NoArguments {
    static constexpr std::string_view name = "health";
};
struct BackendStatus : NoArguments {
    static constexpr std::string_view name = "backend_status";
};
struct AccountsList : NoArguments {
    static constexpr std::string_view name = "accounts_list";
};
struct AccountMetadata : OfAccount {
    static constexpr std::string_view name = "account_metadata";
};
struct AccountSummary : OfAccount {
    static constexpr std::string_view name = "account_summary";
};
struct PortfolioSnapshot : OfAccount {
    static constexpr std::string_view name = "portfolio_snapshot";
};
struct PositionsList : OfAccount {
    static constexpr std::string_view name = "positions_list";
};
struct ContractsSearch : ContractQuery {
    static constexpr std::string_view name = "contracts_search";
};
struct ContractResolve : ContractQuery {
    static constexpr std::string_view name = "contract_resolve";
};

struct MarketSnapshot {
    static constexpr std::string_view name = "market_snapshot";
    events::ContractId contract_id;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("contract_id", self.contract_id);
    }
    friend bool operator==(const MarketSnapshot&, const MarketSnapshot&) = default;
};

struct HistoricalBars {
    static constexpr std::string_view name = "historical_bars";
    events::ContractId contract_id;
    std::string duration;
    std::string bar_size;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("bar_size", self.bar_size);
        v("contract_id", self.contract_id);
        v("duration", self.duration);
    }
    friend bool operator==(const HistoricalBars&, const HistoricalBars&) = default;
};

struct OrdersList : OrdersQuery {
    static constexpr std::string_view name = "orders_list";
};

struct OrderStatus : OfAccount {
    static constexpr std::string_view name = "order_status";
    std::string id;  ///< a broker order id or a client order id

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        OfAccount::describe(v, self);
        v("id", self.id);
    }
    friend bool operator==(const OrderStatus&, const OrderStatus&) = default;
};

struct ExecutionsList : OfAccount {
    static constexpr std::string_view name = "executions_list";
    std::optional<events::Timestamp> from;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        OfAccount::describe(v, self);
        v("from", self.from);
    }
    friend bool operator==(const ExecutionsList&, const ExecutionsList&) = default;
};

// -------------------------------------------------------------------------------------------- workflows
struct OrderPreview : PreviewRequest {
    static constexpr std::string_view name = "order_preview";
};
struct ApprovalCreate : ApprovalRequest {
    static constexpr std::string_view name = "approval_create";
};
/// Grants, denies or revokes.
struct ApprovalAct : ApprovalActRequest {
    static constexpr std::string_view name = "approval_act";
};
/// Of one account; of all when none is named.
struct ApprovalsList : OfAccount {
    static constexpr std::string_view name = "approvals_list";
};

struct ApprovalShow {
    static constexpr std::string_view name = "approval_show";
    events::WorkflowId approval_id;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("approval_id", self.approval_id);
    }
    friend bool operator==(const ApprovalShow&, const ApprovalShow&) = default;
};

struct PaperSubmit : SubmitRequestByApproval {
    static constexpr std::string_view name = "paper_submit";
};
struct PaperCancel : CancelRequestByKey {
    static constexpr std::string_view name = "paper_cancel";
};
struct PaperModify : ModifyRequestByKey {
    static constexpr std::string_view name = "paper_modify";
};
struct KillSwitchStatus : NoArguments {
    static constexpr std::string_view name = "kill_switch_status";
};

struct KillSwitchSet {
    static constexpr std::string_view name = "kill_switch_set";
    bool open = false;
    std::string reason;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("open", self.open);
        v("reason", self.reason);
    }
    friend bool operator==(const KillSwitchSet&, const KillSwitchSet&) = default;
};

// ------------------------------------------------------------------------------------------------ audit
struct AuditTail {
    static constexpr std::string_view name = "audit_tail";
    std::uint32_t limit = 0;  ///< 0: the default
    bool full = false;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("full", self.full);
        v("limit", self.limit);
    }
    friend bool operator==(const AuditTail&, const AuditTail&) = default;
};

struct AuditExport : AuditExportRequest {
    static constexpr std::string_view name = "audit_export";
};
struct AuditVerify : NoArguments {
    static constexpr std::string_view name = "audit_verify";
};
struct RecordAuditRead : AuditReadMade {
    static constexpr std::string_view name = "record_audit_read";
};

/// A call that never reached an operation. Always answered by its error.
struct RecordFailure {
    static constexpr std::string_view name = "record_failure";
    ReportedError failure;
    events::EmbeddedJson arguments;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("arguments", self.arguments);
        v("failure", self.failure);
    }
    friend bool operator==(const RecordFailure&, const RecordFailure&) = default;
};

}  // namespace operation

using Operation = std::variant<
    operation::Health, operation::BackendStatus, operation::AccountsList, operation::AccountMetadata,
    operation::AccountSummary, operation::PortfolioSnapshot, operation::PositionsList,
    operation::ContractsSearch, operation::ContractResolve, operation::MarketSnapshot,
    operation::HistoricalBars, operation::OrdersList, operation::OrderStatus, operation::ExecutionsList,
    operation::OrderPreview, operation::ApprovalCreate, operation::ApprovalAct, operation::ApprovalsList,
    operation::ApprovalShow, operation::PaperSubmit, operation::PaperCancel, operation::PaperModify,
    operation::KillSwitchStatus, operation::KillSwitchSet, operation::AuditTail, operation::AuditExport,
    operation::AuditVerify, operation::RecordAuditRead, operation::RecordFailure>;

/// Stable: two processes of this program agree on it.
[[nodiscard]] std::string_view operation_name(const Operation& operation) noexcept;

/// Makes the call and answers as the gateway's function does. `progress` is told how far an export or a
/// verification is: on any thread, one at a time, during the call.
[[nodiscard]] CallResult perform(Gateway& gateway, const CallContext& context, const Operation& operation,
                                 const events::Progress& progress = {});

}  // namespace ibkr::engine
