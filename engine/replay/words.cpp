#include "engine/replay/words.hpp"

#include <string_view>
#include <variant>
#include <vector>

namespace ibkr::engine {
namespace {

using events::name_of;
using events::to_text;

/// "head: tail", or the head alone.
std::string with_tail(std::string head, std::string_view tail) {
    if (!tail.empty()) head.append(": ").append(tail);
    return head;
}

std::string named(std::string_view what, std::string_view name) {
    return std::string(what).append(" '").append(name).append("'");
}

std::string terms_words(const events::OrderTerms& terms) {
    std::string text(name_of(terms.side));
    text.append(" ").append(to_text(terms.quantity)).append(" ").append(terms.contract.symbol);
    text.append(" ").append(name_of(terms.order_type));
    if (terms.limit_price) text.append(" ").append(to_text(*terms.limit_price));
    if (terms.stop_price) text.append(" stop ").append(to_text(*terms.stop_price));
    if (terms.trailing_amount) text.append(" trailing ").append(to_text(*terms.trailing_amount));
    if (terms.trailing_percent)
        text.append(" trailing ").append(to_text(*terms.trailing_percent)).append("%");
    return text.append(" ").append(name_of(terms.time_in_force));
}

std::string money_words(const events::Money& money) {
    return to_text(money.amount) + " " + to_text(money.currency);
}

std::string reason_codes(const std::vector<events::Reason>& reasons) {
    std::string text;
    for (const events::Reason& reason : reasons)
        text.append(text.empty() ? "" : ", ").append(reason.code);
    return text;
}

std::string outcome_words(std::string_view operation, const events::OrderOutcome& outcome) {
    std::string text = std::string(operation) + " came out as " + std::string(name_of(outcome.outcome));
    text.append(", learned from ").append(outcome.learned_from);
    if (!outcome.broker_order_id.empty())
        text.append(", broker order ").append(outcome.broker_order_id.text());
    if (!outcome.broker_status.empty()) text.append(" is ").append(outcome.broker_status);
    return with_tail(std::move(text), outcome.message);
}

struct Words {
    std::string operator()(const events::LogCreated& body) const {
        return "the log was created by version " + body.product_version;
    }
    std::string operator()(const events::PolicyLoaded& body) const {
        return named(body.kind, body.name) + " came into force, content " + body.content_hash.substr(0, 12);
    }
    std::string operator()(const events::ToolCompleted&) const {
        return "the call was answered and changed nothing";
    }
    std::string operator()(const events::ToolFailed& body) const {
        return with_tail("the call failed", body.message);
    }
    std::string operator()(const events::ToolRefused& body) const {
        return with_tail("refused", body.message);
    }
    std::string operator()(const events::ToolDeniedScope& body) const {
        return "denied for want of the scope " + body.required_scope;
    }
    std::string operator()(const events::BackendSessionChecked& body) const {
        return "the broker session was seen as " + body.observed;
    }
    std::string operator()(const events::BackendSessionChanged& body) const {
        return "the broker session went from " + body.previous_state + " to " + body.state;
    }
    std::string operator()(const events::KillSwitchOpened& body) const {
        return with_tail("the kill switch was opened", body.reason);
    }
    std::string operator()(const events::KillSwitchClosed& body) const {
        return with_tail("the kill switch was closed", body.reason);
    }
    std::string operator()(const events::OrderIntentReceived& body) const {
        std::string text =
            "asked to " + terms_words(body.terms) + " on " + std::string(name_of(body.environment));
        if (!body.replaces.empty()) text += ", in place of broker order " + body.replaces.text();
        return with_tail(std::move(text), body.rationale);
    }
    std::string operator()(const events::OrderRiskChecked& body) const {
        std::string text = named("risk policy", body.policy_name) +
                           (body.approved ? " allowed it" : " refused it for " + reason_codes(body.reasons));
        if (body.order_notional) text += ", notional " + money_words(*body.order_notional);
        if (body.resulting_position) text += ", position after it " + to_text(*body.resulting_position);
        return text;
    }
    std::string operator()(const events::OrderPreviewCreated& body) const {
        return "previewed at a cost of " + money_words(body.estimated_cost) + ", good until " +
               to_text(body.expires_at);
    }
    std::string operator()(const events::OrderPreviewRefused& body) const {
        return with_tail("the preview was refused for " + reason_codes(body.reasons), body.message);
    }
    std::string operator()(const events::OrderPreviewExpired& body) const {
        return "the preview expired, due at " + to_text(body.due_at);
    }
    std::string operator()(const events::ApprovalRecorded& body) const {
        if (body.approved_by.empty())
            return "an approval was asked for by " + body.requested_by + ", good until " +
                   to_text(body.expires_at);
        return "approved by " + body.approved_by + ", good until " + to_text(body.expires_at);
    }
    std::string operator()(const events::ApprovalGranted& body) const {
        return with_tail("the approval was granted by " + body.by, body.reason);
    }
    std::string operator()(const events::ApprovalDenied& body) const {
        return with_tail("the approval was denied by " + body.by, body.reason);
    }
    std::string operator()(const events::ApprovalRevoked& body) const {
        return with_tail("the approval was revoked by " + body.by, body.reason);
    }
    std::string operator()(const events::ApprovalExpired& body) const {
        return "the approval expired, due at " + to_text(body.due_at);
    }
    std::string operator()(const events::ApprovalReserved& body) const {
        return "the approval was reserved for order " + body.order_id.text();
    }
    std::string operator()(const events::ApprovalReleased& body) const {
        return "the approval was released by order " + body.order_id.text();
    }
    std::string operator()(const events::ApprovalConsumed& body) const {
        return "the approval was used up by order " + body.order_id.text();
    }
    std::string operator()(const events::OrderSubmitIntended& body) const {
        return "about to " + terms_words(body.terms) + " as " + body.client_order_id.text() +
               ", to be sent by " + to_text(body.send_by);
    }
    std::string operator()(const events::OrderCancelIntended& body) const {
        return "about to cancel broker order " + body.broker_order_id.text();
    }
    std::string operator()(const events::OrderModifyIntended& body) const {
        return "about to change broker order " + body.broker_order_id.text() + " to " +
               terms_words(body.new_terms);
    }
    std::string operator()(const events::OrderSendStarted& body) const {
        return "the request to " + std::string(name_of(body.operation)) + " began";
    }
    std::string operator()(const events::PaperOrderSubmitted& body) const {
        return outcome_words("the submit", body);
    }
    std::string operator()(const events::PaperOrderCancelled& body) const {
        return outcome_words("the cancel", body);
    }
    std::string operator()(const events::PaperOrderModified& body) const {
        return outcome_words("the change", body);
    }
    std::string operator()(const events::PaperOrderLifecycleChanged& body) const {
        return with_tail(
            "the order went from " + body.previous_state + " to " + body.state + " on " + body.evidence,
            body.message);
    }
    std::string operator()(const events::OrderExecutionRecorded& body) const {
        return "filled " + to_text(body.execution.quantity) + " at " + to_text(body.execution.price) + ", " +
               to_text(body.filled_quantity) + " in all";
    }
    std::string operator()(const events::PositionRecorded& body) const {
        return "the broker's position in " + body.position.contract_id.text() + " is " +
               to_text(body.position.quantity);
    }
    std::string operator()(const events::LogTailDiscarded& body) const {
        return std::to_string(body.bytes) + " torn bytes at the log's end were put aside at the start";
    }
    std::string operator()(const events::LogResumed& body) const {
        return with_tail(
            "the log was resumed by " + body.actor + " after event " + std::to_string(body.from.value()),
            body.reason);
    }
    std::string operator()(const events::AuditKeyRetired& body) const {
        return "the chain key was retired for " + body.new_key_id;
    }
    std::string operator()(const events::AuditKeyActivated& body) const {
        return "a new chain key took over from " + body.old_key_id;
    }
    std::string operator()(const events::AnchorRewritten& body) const {
        return named("the anchor", body.anchor) + " was written anew, as " + body.confirmed + " confirmed";
    }
};

}  // namespace

std::string words_of(const events::Event& event) {
    return std::visit(Words{}, event.body);
}

}  // namespace ibkr::engine
