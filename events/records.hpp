#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/catalogue/order_events.hpp"
#include "events/describe.hpp"
#include "events/result.hpp"

namespace ibkr::events {

/// What the events of one workflow add up to. The machines' evolve functions (statemachines/evolve) are the
/// only code that changes `state` and the members derived from it; projections store records, engine and
/// producers read them. `state` is a machine's state name. `position` is the workflow position of the last
/// event folded. Every record has `updated_at`, the timestamp of that event.

struct PreviewRecord {
    WorkflowId preview_id;
    std::uint64_t position = 0;
    std::string state;
    AccountHash account;
    Environment environment = Environment::paper;
    OrderTerms terms;
    std::string rationale;
    BrokerOrderId replaces;
    std::string requested_by;
    std::string validated_order_id;
    std::string order_hash;
    std::optional<Money> estimated_cost;
    std::vector<Reason> reasons;
    std::vector<Reason> warnings;
    Timestamp created_at;
    std::optional<Timestamp> expires_at;
    EventId last_event_id;
    Timestamp updated_at;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", self.account);
        v("created_at", self.created_at);
        v("environment", self.environment);
        v("estimated_cost", self.estimated_cost);
        v("expires_at", self.expires_at);
        v("last_event_id", self.last_event_id);
        v("order_hash", self.order_hash);
        v("position", self.position);
        v("preview_id", self.preview_id);
        v("rationale", self.rationale);
        v("reasons", self.reasons);
        v("replaces", self.replaces);
        v("requested_by", self.requested_by);
        v("state", self.state);
        v("terms", self.terms);
        v("updated_at", self.updated_at);
        v("validated_order_id", self.validated_order_id);
        v("warnings", self.warnings);
    }
    friend bool operator==(const PreviewRecord&, const PreviewRecord&) = default;
};

struct ApprovalRecord {
    WorkflowId approval_id;
    std::uint64_t position = 0;
    std::string state;
    WorkflowId preview_id;
    AccountHash account;
    Environment environment = Environment::paper;
    std::string order_hash;
    std::string requested_by;
    std::string approved_by;
    std::optional<Timestamp> approved_at;
    Timestamp created_at;
    Timestamp expires_at;
    WorkflowId order_id;             ///< the order that reserved or consumed it
    bool expired_meanwhile = false;  ///< expiry came while reserved; takes effect at release
    bool revoked_meanwhile = false;
    EventId last_event_id;
    Timestamp updated_at;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", self.account);
        v("approval_id", self.approval_id);
        v("approved_at", self.approved_at);
        v("approved_by", self.approved_by);
        v("created_at", self.created_at);
        v("environment", self.environment);
        v("expired_meanwhile", self.expired_meanwhile);
        v("expires_at", self.expires_at);
        v("last_event_id", self.last_event_id);
        v("order_hash", self.order_hash);
        v("order_id", self.order_id);
        v("position", self.position);
        v("preview_id", self.preview_id);
        v("requested_by", self.requested_by);
        v("revoked_meanwhile", self.revoked_meanwhile);
        v("state", self.state);
        v("updated_at", self.updated_at);
    }
    friend bool operator==(const ApprovalRecord&, const ApprovalRecord&) = default;
};

/// A broker write that has an intent and no outcome yet. At most one per order.
struct PendingIntent {
    std::string intent_id;
    Operation operation = Operation::submit;
    IdempotencyKey idempotency_key;
    bool send_started = false;
    Timestamp send_by;
    OrderChanges changes;  ///< of a modify

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("changes", self.changes);
        v("idempotency_key", self.idempotency_key);
        v("intent_id", self.intent_id);
        v("operation", self.operation);
        v("send_by", self.send_by);
        v("send_started", self.send_started);
    }
    friend bool operator==(const PendingIntent&, const PendingIntent&) = default;
};

/// Where an order's own broker writes stand, as the order machine folds them.
struct OrderProgress {
    std::string submit = "none";  ///< none | intended | started | unknown | accepted
    std::string modify = "none";  ///< the same words
    std::string cancel = "none";
    Quantity requested;              ///< total the open modify asks for; the order's own when none is open
    bool overfilled = false;         ///< more was executed than was ordered
    bool quantity_overflow = false;  ///< a sum of fills did not fit and was not added

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("cancel", self.cancel);
        v("modify", self.modify);
        v("overfilled", self.overfilled);
        v("quantity_overflow", self.quantity_overflow);
        v("requested", self.requested);
        v("submit", self.submit);
    }
    friend bool operator==(const OrderProgress&, const OrderProgress&) = default;
};

struct OrderRecord {
    WorkflowId order_id;
    std::uint64_t position = 0;
    std::string state;
    AccountHash account;
    Environment environment = Environment::paper;
    OrderTerms terms;  ///< as last confirmed
    WorkflowId preview_id;
    WorkflowId approval_id;  ///< reserved by the last intent that needed one: the submit's, then a modify's
    std::string order_hash;
    std::string policy_name;
    IdempotencyKey idempotency_key;
    ClientOrderId client_order_id;
    BrokerOrderId broker_order_id;
    std::string broker_status;
    Quantity filled_quantity;
    Decimal filled_value;  ///< sum of price x quantity of its executions
    bool ever_working = false;
    bool contradicted = false;  ///< the world contradicted the table; needs an operator's eye
    bool modify_unknown = false;
    OrderProgress progress;
    std::optional<PendingIntent> pending;
    /// The modify whose outcome was `unknown`, until evidence settles it; set while `modify_unknown`.
    std::optional<PendingIntent> lost_modify;
    std::string message;
    Timestamp created_at;
    EventId last_event_id;
    Timestamp updated_at;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", self.account);
        v("approval_id", self.approval_id);
        v("broker_order_id", self.broker_order_id);
        v("broker_status", self.broker_status);
        v("client_order_id", self.client_order_id);
        v("contradicted", self.contradicted);
        v("created_at", self.created_at);
        v("environment", self.environment);
        v("ever_working", self.ever_working);
        v("filled_quantity", self.filled_quantity);
        v("filled_value", self.filled_value);
        v("idempotency_key", self.idempotency_key);
        v("last_event_id", self.last_event_id);
        v("lost_modify", self.lost_modify);
        v("message", self.message);
        v("modify_unknown", self.modify_unknown);
        v("order_hash", self.order_hash);
        v("order_id", self.order_id);
        v("pending", self.pending);
        v("policy_name", self.policy_name);
        v("position", self.position);
        v("preview_id", self.preview_id);
        v("progress", self.progress);
        v("state", self.state);
        v("terms", self.terms);
        v("updated_at", self.updated_at);
    }
    friend bool operator==(const OrderRecord&, const OrderRecord&) = default;
};

/// The single workflows `kill-switch` and `broker-session`.
struct GatewayRecord {
    WorkflowId workflow_id;
    std::uint64_t position = 0;
    std::string state;
    std::string changed_by;
    std::string reason;
    EventId last_event_id;
    Timestamp updated_at;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("changed_by", self.changed_by);
        v("last_event_id", self.last_event_id);
        v("position", self.position);
        v("reason", self.reason);
        v("state", self.state);
        v("updated_at", self.updated_at);
        v("workflow_id", self.workflow_id);
    }
    friend bool operator==(const GatewayRecord&, const GatewayRecord&) = default;
};

inline const WorkflowId kill_switch_workflow{"kill-switch"};
inline const WorkflowId broker_session_workflow{"broker-session"};

/// A key bound by its intent event, per environment and account; never expires (design 5.7).
struct IdempotencyRecord {
    Environment environment = Environment::paper;
    AccountHash account;
    IdempotencyKey key;
    Operation operation = Operation::submit;
    std::string request_hash;
    WorkflowId order_id;
    std::string intent_id;
    std::optional<Outcome> outcome;  ///< nullopt: bound, no outcome yet
    EventId outcome_event_id;
    std::string answer_state;  ///< the order's state in the first answer
    BrokerOrderId answer_broker_order_id;
    Timestamp bound_at;
    std::optional<Timestamp> answered_at;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", self.account);
        v("answer_broker_order_id", self.answer_broker_order_id);
        v("answer_state", self.answer_state);
        v("answered_at", self.answered_at);
        v("bound_at", self.bound_at);
        v("environment", self.environment);
        v("intent_id", self.intent_id);
        v("key", self.key);
        v("operation", self.operation);
        v("order_id", self.order_id);
        v("outcome", self.outcome);
        v("outcome_event_id", self.outcome_event_id);
        v("request_hash", self.request_hash);
    }
    friend bool operator==(const IdempotencyRecord&, const IdempotencyRecord&) = default;
};

struct PolicyRecord {
    std::string kind;
    std::string name;
    std::string content_hash;
    std::string content;  ///< canonical JSON

    friend bool operator==(const PolicyRecord&, const PolicyRecord&) = default;
};

/// One account's stake in one contract as the writer folds it (design 5.6). All signed: buys above zero.
struct Exposure {
    Quantity position;               ///< recorded base plus executions since
    Quantity open_buys;              ///< unfilled remainder of working, reserved and unknown buys
    Quantity open_sells;             ///< the same of sells, as a positive number
    std::optional<Timestamp> as_of;  ///< of the recorded base; nullopt: none recorded yet

    friend bool operator==(const Exposure&, const Exposure&) = default;
};

/// What the counters hold for one account, environment and policy since a moment (design 5.8).
struct OrderCount {
    std::uint32_t orders = 0;
    Decimal notional;

    friend bool operator==(const OrderCount&, const OrderCount&) = default;
};

}  // namespace ibkr::events
