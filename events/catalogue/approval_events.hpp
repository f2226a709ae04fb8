#pragma once

#include <string>

#include "events/values/order.hpp"

namespace ibkr::events {

/// Opens an approval workflow: `approved` at once under policy `self` or by an operator, else `pending`.
struct ApprovalRecorded {
    WorkflowId preview_id;
    Environment environment = Environment::paper;
    std::string order_hash;
    std::string requested_by;
    std::string approved_by;  ///< empty while pending
    Timestamp expires_at;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("approved_by", self.approved_by);
        v("environment", self.environment);
        v("expires_at", self.expires_at);
        v("order_hash", self.order_hash);
        v("preview_id", self.preview_id);
        v("requested_by", self.requested_by);
        v("state", self.state);
    }
    friend bool operator==(const ApprovalRecorded&, const ApprovalRecorded&) = default;
};

struct PaperApprovalRecorded : ApprovalRecorded {};
struct LiveApprovalRecorded : ApprovalRecorded {};

/// An operator's or owner's word on an approval.
struct ApprovalWord {
    std::string by;
    std::string reason;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("by", self.by);
        v("reason", self.reason);
        v("state", self.state);
    }
    friend bool operator==(const ApprovalWord&, const ApprovalWord&) = default;
};

struct ApprovalGranted : ApprovalWord {};
struct ApprovalDenied : ApprovalWord {};
/// While reserved this is recorded and takes effect at release.
struct ApprovalRevoked : ApprovalWord {};

/// While reserved this is recorded and takes effect at release.
struct ApprovalExpired {
    Timestamp due_at;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("due_at", self.due_at);
        v("state", self.state);
    }
    friend bool operator==(const ApprovalExpired&, const ApprovalExpired&) = default;
};

/// What an order did to its approval.
struct ApprovalUse {
    WorkflowId order_id;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("order_id", self.order_id);
        v("state", self.state);
    }
    friend bool operator==(const ApprovalUse&, const ApprovalUse&) = default;
};

struct ApprovalReserved : ApprovalUse {};
struct ApprovalReleased : ApprovalUse {};
struct ApprovalConsumed : ApprovalUse {};

}  // namespace ibkr::events
