#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "events/catalogue/order_events.hpp"
#include "events/values/order.hpp"

namespace ibkr::engine {

// Requests as producers make them: typed, but with raw account ids and unresolved symbols. The gateway checks
// them, gathers facts and turns them into commands.

/// Bytes kept of a rationale or a reason; longer ones are cut with their length and sha256.
inline constexpr std::size_t own_words_bytes_max = 500;

struct PreviewRequest {
    events::AccountId account;
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
};

struct ApprovalRequest {
    events::AccountId account;
    events::WorkflowId preview_id;
    std::optional<std::uint32_t> ttl_seconds;
};

enum class ApprovalAct : std::uint8_t { grant, deny, revoke };

struct ApprovalActRequest {
    ApprovalAct act = ApprovalAct::grant;
    events::WorkflowId approval_id;
    std::string reason;
};

struct SubmitRequestByApproval {
    events::AccountId account;
    events::WorkflowId approval_id;
    events::IdempotencyKey idempotency_key;
};

struct CancelRequestByKey {
    events::AccountId account;
    events::BrokerOrderId broker_order_id;
    events::IdempotencyKey idempotency_key;
};

struct ModifyRequestByKey {
    events::AccountId account;
    events::BrokerOrderId broker_order_id;
    events::IdempotencyKey idempotency_key;
    events::OrderChanges changes;
    events::WorkflowId approval_id;
};

struct ContractQuery {
    std::string query;
    std::optional<events::AssetClass> asset_class;
    std::optional<events::Currency> currency;
    std::string exchange;
};

struct OrdersQuery {
    events::AccountId account;
    std::uint32_t limit = 100;  ///< 1-500
};

struct AuditExportRequest {
    std::uint32_t limit = 500;  ///< newest records, 1-1,000,000
    std::optional<std::uint64_t> from_sequence;
    std::optional<std::uint64_t> to_sequence;
};

}  // namespace ibkr::engine
