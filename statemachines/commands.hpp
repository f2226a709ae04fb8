#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/event.hpp"
#include "events/values/order.hpp"
#include "statemachines/policy.hpp"
#include "statemachines/report_commands.hpp"

namespace ibkr::statemachines {

// Commands are wishes: business arguments only, no raw account id, no transport. Their canonical JSON is what
// an idempotency key binds (design 5.7), and with the facts beside it what replay decides again from. Facts
// are what only the outside could say, gathered before the command entered the queue. Per-call gate flags
// (--enable-paper, ...) are facts, so that the same request from CLI and MCP is the same command.

// ---------------------------------------------------------------------------------------------- preview
struct PreviewOrder {
    events::AccountHash account;
    events::Environment environment = events::Environment::paper;
    std::string symbol;
    events::Side side = events::Side::buy;
    events::Quantity quantity;
    events::OrderType order_type = events::OrderType::limit;
    events::TimeInForce time_in_force = events::TimeInForce::day;
    events::Currency currency;
    std::optional<events::Price> limit_price;
    std::optional<events::Price> stop_price;
    std::optional<events::Decimal> trailing_amount;
    std::optional<events::Decimal> trailing_percent;
    std::string rationale;           ///< at most 500 bytes
    events::BrokerOrderId replaces;  ///< a replacement preview for a modify

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", self.account);
        v("currency", self.currency);
        v("environment", self.environment);
        v("limit_price", self.limit_price);
        v("order_type", self.order_type);
        v("quantity", self.quantity);
        v("rationale", self.rationale);
        v("replaces", self.replaces);
        v("side", self.side);
        v("stop_price", self.stop_price);
        v("symbol", self.symbol);
        v("time_in_force", self.time_in_force);
        v("trailing_amount", self.trailing_amount);
        v("trailing_percent", self.trailing_percent);
    }
    friend bool operator==(const PreviewOrder&, const PreviewOrder&) = default;
};

/// Market facts both evaluations of a risk policy use.
struct MarketFacts {
    events::AccountMode account_mode = events::AccountMode::unknown;
    std::optional<events::Quote> quote;
    std::optional<events::PositionFact> position;  ///< nullopt: the broker's position could not be read
    events::Timestamp day_start;  ///< start of the exchange's day the daily counters count in

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account_mode", self.account_mode);
        v("day_start", self.day_start);
        v("position", self.position);
        v("quote", self.quote);
    }
    friend bool operator==(const MarketFacts&, const MarketFacts&) = default;
};

struct PreviewFacts {
    events::Timestamp now;
    std::string preview_id;
    std::string intent_id;
    std::string validated_order_id;
    bool enable_preview = false;  ///< the call's own flag; the config's is in GatewaySettings
    events::Contract contract;    ///< what the symbol resolved to
    MarketFacts market;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("contract", self.contract);
        v("enable_preview", self.enable_preview);
        v("intent_id", self.intent_id);
        v("market", self.market);
        v("now", self.now);
        v("preview_id", self.preview_id);
        v("validated_order_id", self.validated_order_id);
    }
    friend bool operator==(const PreviewFacts&, const PreviewFacts&) = default;
};

// --------------------------------------------------------------------------------------------- approval
struct CreateApproval {
    events::AccountHash account;
    events::WorkflowId preview_id;
    std::optional<std::uint32_t> ttl_seconds;  ///< clamped to 10-3600

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", self.account);
        v("preview_id", self.preview_id);
        v("ttl_seconds", self.ttl_seconds);
    }
    friend bool operator==(const CreateApproval&, const CreateApproval&) = default;
};

struct GrantApproval {
    events::WorkflowId approval_id;
    std::string reason;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("approval_id", self.approval_id);
        v("reason", self.reason);
    }
    friend bool operator==(const GrantApproval&, const GrantApproval&) = default;
};

struct DenyApproval {
    events::WorkflowId approval_id;
    std::string reason;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("approval_id", self.approval_id);
        v("reason", self.reason);
    }
    friend bool operator==(const DenyApproval&, const DenyApproval&) = default;
};

struct RevokeApproval {
    events::WorkflowId approval_id;
    std::string reason;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("approval_id", self.approval_id);
        v("reason", self.reason);
    }
    friend bool operator==(const RevokeApproval&, const RevokeApproval&) = default;
};

/// Facts of every operator-like act and of approvals.
struct ActFacts {
    events::Timestamp now;
    std::string new_id;        ///< of the workflow this may open
    bool is_operator = false;  ///< established by the owner, never claimed by the caller
    std::string actor_name;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("actor_name", self.actor_name);
        v("is_operator", self.is_operator);
        v("new_id", self.new_id);
        v("now", self.now);
    }
    friend bool operator==(const ActFacts&, const ActFacts&) = default;
};

// ------------------------------------------------------------------------------------------------ order
struct SubmitOrder {
    events::AccountHash account;
    events::WorkflowId approval_id;
    events::IdempotencyKey idempotency_key;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", self.account);
        v("approval_id", self.approval_id);
        v("idempotency_key", self.idempotency_key);
    }
    friend bool operator==(const SubmitOrder&, const SubmitOrder&) = default;
};

struct CancelOrder {
    events::AccountHash account;
    events::BrokerOrderId broker_order_id;
    events::IdempotencyKey idempotency_key;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", self.account);
        v("broker_order_id", self.broker_order_id);
        v("idempotency_key", self.idempotency_key);
    }
    friend bool operator==(const CancelOrder&, const CancelOrder&) = default;
};

struct ModifyOrder {
    events::AccountHash account;
    events::BrokerOrderId broker_order_id;
    events::IdempotencyKey idempotency_key;
    events::OrderChanges changes;
    events::WorkflowId
        approval_id;  ///< of an approved replacement preview; needed under `approvals.paper: operator`

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", self.account);
        v("approval_id", self.approval_id);
        v("broker_order_id", self.broker_order_id);
        v("changes", self.changes);
        v("idempotency_key", self.idempotency_key);
    }
    friend bool operator==(const ModifyOrder&, const ModifyOrder&) = default;
};

struct OrderFacts {
    events::Timestamp now;
    std::string new_id;         ///< intent id of this operation (the order's workflow id for a submit)
    bool enable_paper = false;  ///< the call's own flag, needed beside the config's
    std::string log_prefix;     ///< first 8 hex of the log id, part of the client order id
    MarketFacts market;
    bool network_broker = false;  ///< send_started precedes the request

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("enable_paper", self.enable_paper);
        v("log_prefix", self.log_prefix);
        v("market", self.market);
        v("network_broker", self.network_broker);
        v("new_id", self.new_id);
        v("now", self.now);
    }
    friend bool operator==(const OrderFacts&, const OrderFacts&) = default;
};

// ------------------------------------------------------------------------ timers, switches, sessions, calls
/// A timer fell due: a preview or an approval may have expired. Deterministic id: kind and workflow id.
struct ExpireWorkflow {
    events::WorkflowId workflow_id;
    events::Timestamp due_at;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("due_at", self.due_at);
        v("workflow_id", self.workflow_id);
    }
    friend bool operator==(const ExpireWorkflow&, const ExpireWorkflow&) = default;
};

struct SetKillSwitch {
    bool open = false;
    std::string reason;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("open", self.open);
        v("reason", self.reason);
    }
    friend bool operator==(const SetKillSwitch&, const SetKillSwitch&) = default;
};

struct ObserveSession {
    std::string backend;
    std::string status;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("backend", self.backend);
        v("status", self.status);
    }
    friend bool operator==(const ObserveSession&, const ObserveSession&) = default;
};

struct LoadPolicy {
    std::string kind;
    std::string name;
    events::EmbeddedJson content;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("content", self.content);
        v("kind", self.kind);
        v("name", self.name);
    }
    friend bool operator==(const LoadPolicy&, const LoadPolicy&) = default;
};

/// A call whose work is done outside the machines (a read), or that failed before a machine saw it.
struct RecordCall {
    events::EmbeddedJson arguments;
    events::ResultStatus status = events::ResultStatus::completed;
    std::string error_code;
    std::string message;
    std::vector<events::Reason> reasons;
    std::string required_scope;  ///< with status denied_scope
    std::string output_hash;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("arguments", self.arguments);
        v("error_code", self.error_code);
        v("message", self.message);
        v("output_hash", self.output_hash);
        v("reasons", self.reasons);
        v("required_scope", self.required_scope);
        v("status", self.status);
    }
    friend bool operator==(const RecordCall&, const RecordCall&) = default;
};

using Command =
    std::variant<PreviewOrder, CreateApproval, GrantApproval, DenyApproval, RevokeApproval, SubmitOrder,
                 CancelOrder, ModifyOrder, RecordOutcome, ReportOrder, RecordFoundOrder, ExpireWorkflow,
                 SetKillSwitch, ObserveSession, LoadPolicy, RecordCall>;
using Facts = std::variant<PreviewFacts, ActFacts, OrderFacts>;

/// Stable name of a command, as recorded in DecisionInput.
[[nodiscard]] std::string_view command_name(const Command& command) noexcept;

}  // namespace ibkr::statemachines
