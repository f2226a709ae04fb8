#pragma once

#include <optional>
#include <string>

#include "events/values/order.hpp"

namespace ibkr::events {

/// The business changes a modify asks for; at least one is set.
struct OrderChanges {
    std::optional<Quantity> quantity;
    std::optional<Price> limit_price;
    std::optional<Price> stop_price;
    std::optional<Decimal> trailing_amount;
    std::optional<Decimal> trailing_percent;
    std::optional<TimeInForce> time_in_force;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("limit_price", self.limit_price);
        v("quantity", self.quantity);
        v("stop_price", self.stop_price);
        v("time_in_force", self.time_in_force);
        v("trailing_amount", self.trailing_amount);
        v("trailing_percent", self.trailing_percent);
    }
    [[nodiscard]] bool empty() const noexcept { return *this == OrderChanges{}; }
    friend bool operator==(const OrderChanges&, const OrderChanges&) = default;
};

/// Opens an order workflow and binds the idempotency key. `intent_id` is the order's workflow id.
/// Durable before anything is sent; followed by exactly one PaperOrderSubmitted.
struct OrderSubmitIntended {
    std::string intent_id;
    Environment environment = Environment::paper;
    OrderTerms terms;
    WorkflowId preview_id;
    WorkflowId approval_id;
    std::string order_hash;
    IdempotencyKey idempotency_key;
    std::string request_hash;
    ClientOrderId client_order_id;
    std::string policy_name;
    Money notional;  ///< what the counters count
    Timestamp send_by;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("approval_id", self.approval_id);
        v("client_order_id", self.client_order_id);
        v("environment", self.environment);
        v("idempotency_key", self.idempotency_key);
        v("intent_id", self.intent_id);
        v("notional", self.notional);
        v("order_hash", self.order_hash);
        v("policy_name", self.policy_name);
        v("preview_id", self.preview_id);
        v("request_hash", self.request_hash);
        v("send_by", self.send_by);
        v("state", self.state);
        v("terms", self.terms);
    }
    friend bool operator==(const OrderSubmitIntended&, const OrderSubmitIntended&) = default;
};

/// Followed by exactly one PaperOrderCancelled.
struct OrderCancelIntended {
    std::string intent_id;
    Environment environment = Environment::paper;
    BrokerOrderId broker_order_id;
    IdempotencyKey idempotency_key;
    std::string request_hash;
    Timestamp send_by;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("broker_order_id", self.broker_order_id);
        v("environment", self.environment);
        v("idempotency_key", self.idempotency_key);
        v("intent_id", self.intent_id);
        v("request_hash", self.request_hash);
        v("send_by", self.send_by);
        v("state", self.state);
    }
    friend bool operator==(const OrderCancelIntended&, const OrderCancelIntended&) = default;
};

/// Followed by exactly one PaperOrderModified.
struct OrderModifyIntended {
    std::string intent_id;
    Environment environment = Environment::paper;
    BrokerOrderId broker_order_id;
    OrderChanges changes;
    OrderTerms new_terms;
    WorkflowId approval_id;  ///< of the replacement preview, where policy asks for one
    IdempotencyKey idempotency_key;
    std::string request_hash;
    std::string policy_name;
    Money added_notional;  ///< max(0, new - old): what the counters count
    Timestamp send_by;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("added_notional", self.added_notional);
        v("approval_id", self.approval_id);
        v("broker_order_id", self.broker_order_id);
        v("changes", self.changes);
        v("environment", self.environment);
        v("idempotency_key", self.idempotency_key);
        v("intent_id", self.intent_id);
        v("new_terms", self.new_terms);
        v("policy_name", self.policy_name);
        v("request_hash", self.request_hash);
        v("send_by", self.send_by);
        v("state", self.state);
    }
    friend bool operator==(const OrderModifyIntended&, const OrderModifyIntended&) = default;
};

/// Appended right before a request to a network broker begins (design 5.9).
struct OrderSendStarted {
    std::string intent_id;
    Operation operation = Operation::submit;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("intent_id", self.intent_id);
        v("operation", self.operation);
        v("state", self.state);
    }
    friend bool operator==(const OrderSendStarted&, const OrderSendStarted&) = default;
};

/// What one intent came to. The event's name tells the operation, `outcome` what is known of it:
/// a `paper_order_submitted` with outcome `not_sent` is a submit that provably never left.
struct OrderOutcome {
    std::string intent_id;
    Outcome outcome = Outcome::unknown;
    /// broker_answer | book_read | deadline | recovery | environment_check | found_at_broker |
    /// found_in_projection
    std::string learned_from;
    BrokerOrderId broker_order_id;
    std::string broker_status;
    std::string message;        ///< from outside, redacted and cut
    std::string answer_sha256;  ///< of the raw bytes received
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("answer_sha256", self.answer_sha256);
        v("broker_order_id", self.broker_order_id);
        v("broker_status", self.broker_status);
        v("intent_id", self.intent_id);
        v("learned_from", self.learned_from);
        v("message", self.message);
        v("outcome", self.outcome);
        v("state", self.state);
    }
    friend bool operator==(const OrderOutcome&, const OrderOutcome&) = default;
};

struct PaperOrderSubmitted : OrderOutcome {};
struct PaperOrderCancelled : OrderOutcome {};
struct PaperOrderModified : OrderOutcome {};

/// The broker's book says something new of an order, or an unknown order was settled by evidence.
struct PaperOrderLifecycleChanged {
    std::string previous_state;
    std::string broker_status;  ///< the book's word; empty when absence was proved or an operator attested
    BrokerOrderId broker_order_id;
    std::string evidence;  ///< broker_record | absence_proved | operator_attested
    std::string message;
    std::optional<OrderTerms>
        terms;  ///< as the book holds them, when they settle a modify of unknown outcome
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("broker_order_id", self.broker_order_id);
        v("broker_status", self.broker_status);
        v("evidence", self.evidence);
        v("message", self.message);
        v("previous_state", self.previous_state);
        v("state", self.state);
        v("terms", self.terms);
    }
    friend bool operator==(const PaperOrderLifecycleChanged&, const PaperOrderLifecycleChanged&) = default;
};

/// One fill of one of our orders, recorded once per execution id.
struct OrderExecutionRecorded {
    Execution execution;
    Quantity filled_quantity;  ///< of the order, this fill included
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("execution", self.execution);
        v("filled_quantity", self.filled_quantity);
        v("state", self.state);
    }
    friend bool operator==(const OrderExecutionRecorded&, const OrderExecutionRecorded&) = default;
};

}  // namespace ibkr::events
