#include "engine/payloads/workflow_payloads.hpp"

#include "engine/payloads/payload_parts.hpp"
#include "engine/payloads/terms_payload.hpp"
#include "events/json/describe_codec.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {
namespace {

using events::omit_empty;
using events::Timestamp;

struct PreviewPayload {
    const events::PreviewRecord& preview;
    TermsPayload terms;
    std::string account_id;
    events::EventId audit_event_id;
    std::optional<MoneyPayload> estimated_cost;
    std::string rationale;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        TermsPayload::describe(v, self.terms);
        v("account_id", self.account_id);
        v("audit_event_id", self.audit_event_id);
        v("created_at", self.preview.created_at);
        v("environment", self.preview.environment);
        v("estimated_cost", self.estimated_cost);
        v("expires_at", self.preview.expires_at);
        v("order_hash", omit_empty(self.preview.order_hash));
        v("preview_id", self.preview.preview_id);
        v("rationale", omit_empty(self.rationale));
        v("reasons", omit_empty(self.preview.reasons));
        v("replaces", self.preview.replaces);
        v("status", self.preview.state);
        v("validated_order_id", omit_empty(self.preview.validated_order_id));
        v("warnings", self.preview.warnings);
    }
};

struct ApprovalPayload {
    const events::ApprovalRecord* approval = nullptr;
    std::string account_id;
    std::string status;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account_id", self.account_id);
        v("approval_id", self.approval->approval_id);
        v("approval_state", self.approval->state);
        v("approved_at", self.approval->approved_at);
        v("approved_by", omit_empty(self.approval->approved_by));
        v("created_at", self.approval->created_at);
        v("environment", self.approval->environment);
        v("expires_at", self.approval->expires_at);
        v("order_hash", self.approval->order_hash);
        v("order_id", self.approval->order_id);
        v("preview_id", self.approval->preview_id);
        v("requested_by", self.approval->requested_by);
        v("status", self.status);
    }
};

ApprovalPayload shown(const events::ApprovalRecord& approval, const AccountDirectory& accounts) {
    return {&approval, accounts.display(approval.account),
            std::string(statemachines::approval_status(approval.state))};
}

/// Where the order stands now.
struct CurrentPayload {
    std::string status;
    std::string order_state;
    events::Quantity filled_quantity;
    Timestamp updated_at;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("filled_quantity", self.filled_quantity);
        v("order_state", self.order_state);
        v("status", self.status);
        v("updated_at", self.updated_at);
    }
};

/// A lifecycle, and with `current` the answer to a key that was answered before.
struct LifecyclePayload {
    const events::OrderRecord& order;
    std::string account_id;
    events::BrokerOrderId broker_order_id;
    std::string status;
    std::string order_state;
    Timestamp updated_at;
    std::string user_action;
    std::optional<std::string> average_fill_price;
    std::optional<events::Quantity> filled_quantity;
    std::string message;
    std::optional<CurrentPayload> current;
    std::optional<bool> replayed;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account_id", self.account_id);
        v("average_fill_price", self.average_fill_price);
        v("broker_order_id", self.broker_order_id);
        v("client_order_id", self.order.client_order_id);
        v("contradicted", omit_empty(self.order.contradicted));
        v("current", self.current);
        v("environment", self.order.environment);
        v("filled_quantity", self.filled_quantity);
        v("message", omit_empty(self.message));
        v("order_id", self.order.order_id);
        v("order_state", self.order_state);
        v("quantity", self.order.terms.quantity);
        v("replayed", self.replayed);
        v("status", self.status);
        v("symbol", self.order.terms.contract.symbol);
        v("updated_at", self.updated_at);
        v("user_action", omit_empty(self.user_action));
    }
};

std::string status_of(std::string_view state, const events::OrderRecord& order) {
    return std::string(statemachines::lifecycle_status(state, order.ever_working));
}

LifecyclePayload lifecycle(const events::OrderRecord& order, const AccountDirectory& accounts,
                           bool unknown_outcome) {
    LifecyclePayload shown{order,
                           accounts.display(order.account),
                           order.broker_order_id,
                           status_of(order.state, order),
                           order.state,
                           order.updated_at,
                           {},
                           std::nullopt,
                           order.filled_quantity,
                           order.message,
                           std::nullopt,
                           std::nullopt};
    if (order.filled_quantity.value().is_positive())
        shown.average_fill_price = average_price_text(order.filled_value, order.filled_quantity);
    if (unknown_outcome || order.state == "unknown")
        shown.user_action = unknown_order_action();
    else if (order.state == "not_placed" || order.state == "not_sent")
        shown.user_action = never_placed_action();
    return shown;
}

struct KillSwitchPayload {
    const events::GatewayRecord& kill_switch;
    std::optional<Timestamp> changed_at;
    std::string changed_by;
    std::string reason;
    std::optional<events::EventId> audit_event_id;
    std::string audit_note;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("audit_event_id", self.audit_event_id);
        v("audit_note", omit_empty(self.audit_note));
        v("changed_at", self.changed_at);
        v("changed_by", self.changed_by);
        v("reason", self.reason);
        v("state", self.kill_switch.state);
    }
};

}  // namespace

std::string_view never_placed_action() noexcept {
    return "The order never reached the broker. Its approval is free again while it lasts: submit under a "
           "new "
           "idempotency key if the order is still wanted.";
}

std::string_view unknown_order_action() noexcept {
    return "Do not send the order again. Ask for its status until the broker's book settles it; the same "
           "idempotency key answers with this order and never sends.";
}

std::string preview_payload(const events::PreviewRecord& preview, const AccountDirectory& accounts,
                            const events::EventId& audit_event_id) {
    const PreviewPayload shown{preview,
                               TermsPayload(preview.terms),
                               accounts.display(preview.account),
                               audit_event_id,
                               preview.estimated_cost
                                   ? std::optional<MoneyPayload>(MoneyPayload(*preview.estimated_cost))
                                   : std::nullopt,
                               preview.rationale};
    return events::to_canonical_json(shown);
}

std::string approval_payload(const events::ApprovalRecord& approval, const AccountDirectory& accounts) {
    return events::to_canonical_json(shown(approval, accounts));
}

std::string approvals_payload(const std::vector<events::ApprovalRecord>& approvals,
                              const AccountDirectory& accounts) {
    std::vector<ApprovalPayload> list;
    list.reserve(approvals.size());
    for (const events::ApprovalRecord& approval : approvals)
        list.push_back(shown(approval, accounts));
    return events::to_canonical_json(list);
}

std::string lifecycle_payload(const events::OrderRecord& order, const AccountDirectory& accounts,
                              bool unknown_outcome) {
    return events::to_canonical_json(lifecycle(order, accounts, unknown_outcome));
}

std::string stored_answer_payload(const events::IdempotencyRecord& stored, const events::OrderRecord& order,
                                  const AccountDirectory& accounts) {
    LifecyclePayload answer =
        lifecycle(order, accounts,
                  stored.outcome == events::Outcome::unknown && statemachines::order_is_open(order.state));
    answer.current =
        CurrentPayload{answer.status, answer.order_state, order.filled_quantity, order.updated_at};
    answer.replayed = true;
    // An answer that was lost named no id; once the book was read, the order's own is what the caller needs.
    answer.broker_order_id =
        stored.answer_broker_order_id.empty() ? order.broker_order_id : stored.answer_broker_order_id;
    answer.order_state = stored.answer_state;
    answer.status = status_of(stored.answer_state, order);
    answer.updated_at = stored.answered_at.value_or(stored.bound_at);
    answer.filled_quantity.reset();
    answer.average_fill_price.reset();
    return events::to_canonical_json(answer);
}

std::string kill_switch_payload(const events::GatewayRecord& kill_switch,
                                const events::EventId& audit_event_id, const std::string& unrecorded_reason) {
    const bool touched = kill_switch.position > 0;
    KillSwitchPayload shown{kill_switch,
                            touched ? std::optional(kill_switch.updated_at) : std::nullopt,
                            touched ? kill_switch.changed_by : "default",
                            touched ? kill_switch.reason : "closed since this log began",
                            audit_event_id,
                            unrecorded_reason};
    if (unrecorded_reason.empty()) return events::to_canonical_json(shown);
    // The first of the names in their order: it goes to the front, as the null that events never hold.
    shown.audit_event_id.reset();
    return "{\"audit_event_id\":null," + events::to_canonical_json(shown).substr(1);
}

}  // namespace ibkr::engine
