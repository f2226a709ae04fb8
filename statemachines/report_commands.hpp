#pragma once

#include <optional>
#include <string>
#include <vector>

#include "events/values/order.hpp"

namespace ibkr::statemachines {

// What the world reports of our orders; never refused. Parts of `Command` (commands.hpp).

/// The outcome of one intent, from the effect shell or from recovery.
struct RecordOutcome {
    events::WorkflowId order_id;
    std::string intent_id;
    events::Operation operation = events::Operation::submit;
    events::Outcome outcome = events::Outcome::unknown;
    std::string learned_from;
    events::BrokerOrderId broker_order_id;
    std::string broker_status;  ///< name of an engine::BrokerOrderStatus, or empty
    std::string message;        ///< already redacted and cut
    std::string answer_sha256;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("answer_sha256", self.answer_sha256);
        v("broker_order_id", self.broker_order_id);
        v("broker_status", self.broker_status);
        v("intent_id", self.intent_id);
        v("learned_from", self.learned_from);
        v("message", self.message);
        v("operation", self.operation);
        v("order_id", self.order_id);
        v("outcome", self.outcome);
    }
    friend bool operator==(const RecordOutcome&, const RecordOutcome&) = default;
};

/// What the broker's book says of one of our orders: its executions (known ones are skipped) and its status.
struct ReportOrder {
    events::WorkflowId order_id;
    events::BrokerOrderId broker_order_id;
    std::string broker_status;
    std::string evidence;  ///< broker_record | absence_proved | operator_attested
    std::string message;
    std::vector<events::Execution> executions;
    std::optional<events::OrderTerms> terms;  ///< as the book holds them

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("broker_order_id", self.broker_order_id);
        v("broker_status", self.broker_status);
        v("evidence", self.evidence);
        v("executions", self.executions);
        v("message", self.message);
        v("order_id", self.order_id);
        v("terms", self.terms);
    }
    friend bool operator==(const ReportOrder&, const ReportOrder&) = default;
};

/// A write of ours that the log lost and that the broker's book, or a read model that had been ahead of the
/// log, still shows (design section 4, rule 4). What is known of it becomes an intent whose outcome is
/// `unknown`, so that its key is bound and its order counts. Unknown members are empty; an empty
/// `request_hash` is equal to no request's.
struct RecordFoundOrder {
    std::string found_at;  ///< broker | projection
    events::WorkflowId order_id;
    events::AccountHash account;
    events::Environment environment = events::Environment::paper;
    events::Operation operation = events::Operation::submit;
    events::IdempotencyKey idempotency_key;
    std::string request_hash;
    events::ClientOrderId client_order_id;
    events::BrokerOrderId broker_order_id;
    events::OrderTerms terms;
    events::WorkflowId preview_id;
    events::WorkflowId approval_id;
    std::string order_hash;
    std::string policy_name;
    events::Money notional;  ///< as counted, or quantity x price as the book holds them

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", self.account);
        v("approval_id", self.approval_id);
        v("broker_order_id", self.broker_order_id);
        v("client_order_id", self.client_order_id);
        v("environment", self.environment);
        v("found_at", self.found_at);
        v("idempotency_key", self.idempotency_key);
        v("notional", self.notional);
        v("operation", self.operation);
        v("order_hash", self.order_hash);
        v("order_id", self.order_id);
        v("policy_name", self.policy_name);
        v("preview_id", self.preview_id);
        v("request_hash", self.request_hash);
        v("terms", self.terms);
    }
    friend bool operator==(const RecordFoundOrder&, const RecordFoundOrder&) = default;
};

}  // namespace ibkr::statemachines
