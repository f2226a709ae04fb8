#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"
#include "statemachines/evolve/order_fold.hpp"

namespace ibkr::statemachines {
namespace {

using events::Error;
using events::ErrorCode;

std::optional<Error> reason_gate(const std::string& reason) {
    if (reason.size() <= given_text_bytes_max) return std::nullopt;
    return error_of(ErrorCode::order_validation_failed,
                    "the reason has " + std::to_string(reason.size()) + " bytes, at most " +
                        std::to_string(given_text_bytes_max) + " are allowed",
                    "Shorten it.");
}

Error operator_required(std::string_view act) {
    return error_of(ErrorCode::operator_required,
                    "only an operator may " + std::string(act) + " an approval");
}

/// The table's no, with the exact state.
Error refusal_of(const events::ApprovalRecord& approval, std::string_view act) {
    const std::string message = "the approval is " + approval.state + ", so it cannot be " + std::string(act);
    if (approval_state_of(approval) == ApprovalState::Consumed)
        return error_of(ErrorCode::approval_consumed, message);
    return error_of(ErrorCode::paper_approval_required, message,
                    "Preview the order and create a new approval if it is still wanted.");
}

bool is_overdue(const events::ApprovalRecord& approval, events::Timestamp now) {
    const auto state = approval_state_of(approval);
    return (state == ApprovalState::Pending || state == ApprovalState::Approved) &&
           has_passed(approval.expires_at, now);
}

/// What grant, deny and revoke have in common: the table says whether the word is valid now.
Decided decide_word(const events::ApprovalRecord& approval, const ActFacts& facts, const std::string& reason,
                    const ApprovalEvent& event, events::Body body, std::string_view participle) {
    if (auto error = reason_gate(reason)) return refused(std::move(*error), approval.account);
    if (is_overdue(approval, facts.now)) {
        Decided decided;
        decided.subject = approval.approval_id;
        decided.events.push_back(
            draft(events::ApprovalExpired{approval.expires_at, {}}, approval.approval_id, approval.account));
        return refused(error_of(ErrorCode::paper_approval_required,
                                "the approval expired at " + approval.expires_at.to_string() +
                                    ", so it cannot be " + std::string(participle),
                                "Preview the order and create a new approval if it is still wanted."),
                       approval.account, std::move(decided));
    }
    switch (peek_approval(approval, event).outcome) {
        case RowOutcome::step:
            break;
        case RowOutcome::ignore:
            return completed(approval.approval_id, approval.account);
        case RowOutcome::refuse:
        case RowOutcome::fault: {
            Decided decided = refused(refusal_of(approval, participle), approval.account);
            decided.subject = approval.approval_id;
            return decided;
        }
    }
    Decided decided;
    decided.events.push_back(draft(std::move(body), approval.approval_id, approval.account));
    decided.subject = approval.approval_id;
    return decided;
}

Decided no_such_approval() {
    return refused(error_of(ErrorCode::paper_approval_required, "there is no such approval",
                            "List the approvals and name one of them."),
                   {});
}

template <class Body>
events::Body word(const ActFacts& facts, const std::string& reason) {
    return body_of<Body>(events::ApprovalWord{facts.actor_name, reason, {}});
}

}  // namespace

Decided decide(const GrantApproval& command, const ActFacts& facts, const ApprovalView& view) {
    if (!facts.is_operator)
        return refused(operator_required("grant"),
                       view.approval ? view.approval->account : events::AccountHash());
    if (!view.approval) return no_such_approval();
    return decide_word(*view.approval, facts, command.reason, ApprovalGranted{},
                       word<events::ApprovalGranted>(facts, command.reason), "granted");
}

Decided decide(const DenyApproval& command, const ActFacts& facts, const ApprovalView& view) {
    if (!facts.is_operator)
        return refused(operator_required("deny"),
                       view.approval ? view.approval->account : events::AccountHash());
    if (!view.approval) return no_such_approval();
    return decide_word(*view.approval, facts, command.reason, ApprovalDenied{},
                       word<events::ApprovalDenied>(facts, command.reason), "denied");
}

Decided decide(const RevokeApproval& command, const ActFacts& facts, const ApprovalView& view) {
    if (!view.approval) return no_such_approval();
    if (!facts.is_operator && facts.actor_name != view.approval->requested_by)
        return refused(error_of(ErrorCode::operator_required,
                                "only an operator or who asked for the approval may revoke it"),
                       view.approval->account);
    return decide_word(*view.approval, facts, command.reason, ApprovalRevoked{},
                       word<events::ApprovalRevoked>(facts, command.reason), "revoked");
}

}  // namespace ibkr::statemachines
