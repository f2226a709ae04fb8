#pragma once

#include <optional>
#include <string>
#include <vector>

#include "events/values/order.hpp"

namespace ibkr::events {

/// Opens a preview workflow.
struct OrderIntentReceived {
    std::string intent_id;
    Environment environment = Environment::paper;
    OrderTerms terms;
    std::string rationale;
    BrokerOrderId replaces;  ///< a replacement preview names the order it would modify
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("environment", self.environment);
        v("intent_id", self.intent_id);
        v("rationale", self.rationale);
        v("replaces", self.replaces);
        v("state", self.state);
        v("terms", self.terms);
    }
    friend bool operator==(const OrderIntentReceived&, const OrderIntentReceived&) = default;
};

/// A risk policy was evaluated, at preview or again at execution: the verdict and the numbers it used.
struct OrderRiskChecked {
    std::string policy_name;
    std::string policy_hash;
    bool approved = false;
    std::vector<Reason> reasons;
    std::vector<Reason> warnings;
    std::optional<Price> reference_price;
    std::optional<Money> order_notional;
    std::optional<Quantity> exposure_before;     ///< signed: position plus fills since plus open orders
    std::optional<Quantity> resulting_position;  ///< the worse side after this order
    std::uint32_t orders_today = 0;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("approved", self.approved);
        v("exposure_before", self.exposure_before);
        v("order_notional", self.order_notional);
        v("orders_today", self.orders_today);
        v("policy_hash", self.policy_hash);
        v("policy_name", self.policy_name);
        v("reasons", self.reasons);
        v("reference_price", self.reference_price);
        v("resulting_position", self.resulting_position);
        v("warnings", self.warnings);
    }
    friend bool operator==(const OrderRiskChecked&, const OrderRiskChecked&) = default;
};

struct OrderPreviewCreated {
    std::string validated_order_id;
    std::string order_hash;  ///< sha256 of {account, environment, terms}; what an approval binds
    Money estimated_cost;
    std::vector<Reason> warnings;
    Timestamp expires_at;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("estimated_cost", self.estimated_cost);
        v("expires_at", self.expires_at);
        v("order_hash", self.order_hash);
        v("state", self.state);
        v("validated_order_id", self.validated_order_id);
        v("warnings", self.warnings);
    }
    friend bool operator==(const OrderPreviewCreated&, const OrderPreviewCreated&) = default;
};

struct OrderPreviewRefused {
    std::string message;
    std::vector<Reason> reasons;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("message", self.message);
        v("reasons", self.reasons);
        v("state", self.state);
    }
    friend bool operator==(const OrderPreviewRefused&, const OrderPreviewRefused&) = default;
};

struct OrderPreviewExpired {
    Timestamp due_at;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("due_at", self.due_at);
        v("state", self.state);
    }
    friend bool operator==(const OrderPreviewExpired&, const OrderPreviewExpired&) = default;
};

}  // namespace ibkr::events
