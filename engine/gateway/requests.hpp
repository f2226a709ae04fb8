#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "events/catalogue/order_events.hpp"
#include "events/describe.hpp"
#include "events/result.hpp"
#include "events/values/order.hpp"

namespace ibkr::engine {

// Requests as producers make them: typed, but with raw account ids and unresolved symbols. The gateway checks
// them, gathers facts and turns them into commands. They are described for `operation_json` alone: what goes
// into the log is made of commands and of `Question`, which know hashes only.

/// Bytes of a raw account id, at most.
inline constexpr std::size_t account_id_bytes_max = 32;

/// An account as a caller named it; empty when none was. The one raw account id with a text of its own, so
/// that a request can go to the process that owns the log. The rooms below the engine cannot name this type.
class NamedAccount : public events::AccountId {
public:
    NamedAccount() = default;
    NamedAccount(events::AccountId account) : AccountId(std::move(account)) {}

    [[nodiscard]] friend std::string to_text(const NamedAccount& account) { return account.raw(); }
    [[nodiscard]] friend bool from_text(std::string_view text, NamedAccount& account) {
        if (!events::is_id_text(text, account_id_bytes_max)) return false;
        account = events::AccountId(std::string(text));
        return true;
    }
};

/// Bytes kept of a rationale or a reason; longer ones are cut with their length and sha256.
inline constexpr std::size_t own_words_bytes_max = 500;

struct PreviewRequest {
    NamedAccount account;
    std::optional<events::Environment> environment;  ///< default: the account's mode
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
    std::string rationale;
    events::BrokerOrderId replaces;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", events::omit_empty(self.account));
        v("currency", self.currency);
        v("environment", self.environment);
        v("limit_price", self.limit_price);
        v("order_type", self.order_type);
        v("quantity", self.quantity);
        v("rationale", events::omit_empty(self.rationale));
        v("replaces", self.replaces);
        v("side", self.side);
        v("stop_price", self.stop_price);
        v("symbol", self.symbol);
        v("time_in_force", self.time_in_force);
        v("trailing_amount", self.trailing_amount);
        v("trailing_percent", self.trailing_percent);
    }
    friend bool operator==(const PreviewRequest&, const PreviewRequest&) = default;
};

struct ApprovalRequest {
    NamedAccount account;
    events::WorkflowId preview_id;
    std::optional<std::uint32_t> ttl_seconds;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", events::omit_empty(self.account));
        v("preview_id", self.preview_id);
        v("ttl_seconds", self.ttl_seconds);
    }
    friend bool operator==(const ApprovalRequest&, const ApprovalRequest&) = default;
};

enum class ApprovalAct : std::uint8_t { grant, deny, revoke };
[[nodiscard]] std::span<const events::EnumName<ApprovalAct>> enum_names(ApprovalAct) noexcept;

struct ApprovalActRequest {
    ApprovalAct act = ApprovalAct::grant;
    events::WorkflowId approval_id;
    std::string reason;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("act", self.act);
        v("approval_id", self.approval_id);
        v("reason", events::omit_empty(self.reason));
    }
    friend bool operator==(const ApprovalActRequest&, const ApprovalActRequest&) = default;
};

struct SubmitRequestByApproval {
    NamedAccount account;
    events::WorkflowId approval_id;
    events::IdempotencyKey idempotency_key;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", events::omit_empty(self.account));
        v("approval_id", self.approval_id);
        v("idempotency_key", self.idempotency_key);
    }
    friend bool operator==(const SubmitRequestByApproval&, const SubmitRequestByApproval&) = default;
};

struct CancelRequestByKey {
    NamedAccount account;
    events::BrokerOrderId broker_order_id;
    events::IdempotencyKey idempotency_key;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", events::omit_empty(self.account));
        v("broker_order_id", self.broker_order_id);
        v("idempotency_key", self.idempotency_key);
    }
    friend bool operator==(const CancelRequestByKey&, const CancelRequestByKey&) = default;
};

struct ModifyRequestByKey {
    NamedAccount account;
    events::BrokerOrderId broker_order_id;
    events::IdempotencyKey idempotency_key;
    events::OrderChanges changes;
    events::WorkflowId approval_id;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", events::omit_empty(self.account));
        v("approval_id", self.approval_id);
        v("broker_order_id", self.broker_order_id);
        v("changes", self.changes);
        v("idempotency_key", self.idempotency_key);
    }
    friend bool operator==(const ModifyRequestByKey&, const ModifyRequestByKey&) = default;
};

struct ContractQuery {
    std::string query;
    std::optional<events::AssetClass> asset_class;
    std::optional<events::Currency> currency;
    std::string exchange;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("asset_class", self.asset_class);
        v("currency", self.currency);
        v("exchange", events::omit_empty(self.exchange));
        v("query", self.query);
    }
    friend bool operator==(const ContractQuery&, const ContractQuery&) = default;
};

struct OrdersQuery {
    NamedAccount account;
    std::uint32_t limit = 100;  ///< 1-500

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", events::omit_empty(self.account));
        v("limit", self.limit);
    }
    friend bool operator==(const OrdersQuery&, const OrdersQuery&) = default;
};

struct AuditExportRequest {
    std::uint32_t limit = 500;  ///< newest records, 1-1,000,000
    std::optional<std::uint64_t> from_sequence;
    std::optional<std::uint64_t> to_sequence;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("from_sequence", self.from_sequence);
        v("limit", self.limit);
        v("to_sequence", self.to_sequence);
    }
    friend bool operator==(const AuditExportRequest&, const AuditExportRequest&) = default;
};

/// What a process beside the owner read of the log.
enum class AuditReadKind : std::uint8_t { tail, export_range, verify };
[[nodiscard]] std::span<const events::EnumName<AuditReadKind>> enum_names(AuditReadKind) noexcept;

/// An error on its way to the process that records it.
struct ReportedError {
    events::Error error{events::ErrorCode::config_invalid, {}, false, {}, {}};

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("code", self.error.code);
        v("message", self.error.message);
        v("reasons", events::omit_empty(self.error.reasons));
        v("retryable", self.error.retryable);
        v("user_action", events::omit_empty(self.error.user_action));
    }
    friend bool operator==(const ReportedError&, const ReportedError&) = default;
};

/// A read of the log that a process beside the owner has made (design 5.12) and answers itself, once the
/// owner has recorded it. `arguments` as `audit_tail_arguments` and its like make them (read_questions.hpp).
struct AuditReadMade {
    AuditReadKind kind = AuditReadKind::tail;
    events::EmbeddedJson arguments;
    std::string output_hash;               ///< sha256 of the payload, lower hex; empty after a failure
    std::optional<ReportedError> failure;  ///< why there is no payload

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("arguments", self.arguments);
        v("failure", self.failure);
        v("kind", self.kind);
        v("output_hash", events::omit_empty(self.output_hash));
    }
    friend bool operator==(const AuditReadMade&, const AuditReadMade&) = default;
};

}  // namespace ibkr::engine
