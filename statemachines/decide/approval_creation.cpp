#include <algorithm>

#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"
#include "statemachines/evolve/order_fold.hpp"
#include "statemachines/machines/preview.hpp"

namespace ibkr::statemachines {
namespace {

using events::Error;
using events::ErrorCode;

std::optional<Error> preview_gate(const CreateApproval& command,
                                  const std::optional<events::PreviewRecord>& preview,
                                  events::Timestamp now) {
    const std::string action = "Preview the order again and approve that preview.";
    if (!preview) return error_of(ErrorCode::paper_approval_required, "there is no such preview", action);
    if (preview->account != command.account)
        return error_of(ErrorCode::approval_preview_mismatch, "the preview is for another account",
                        "Name the account that the preview was made for.");
    const std::string named = "the preview " + preview->preview_id.text();
    if (preview->state != to_string(PreviewState::Created))
        return error_of(ErrorCode::paper_approval_required, named + " is " + preview->state, action);
    if (!preview->expires_at || has_passed(*preview->expires_at, now))
        return error_of(ErrorCode::paper_approval_required, named + " has expired", action);
    return std::nullopt;
}

bool is_open(const events::ApprovalRecord& approval) {
    const auto state = approval_state_of(approval);
    return state == ApprovalState::Pending || state == ApprovalState::Approved ||
           state == ApprovalState::Reserved;
}

/// The earlier approval no longer stands in the way, though its timer has not said so yet.
bool is_overdue(const events::ApprovalRecord& approval, events::Timestamp now) {
    return approval_state_of(approval) != ApprovalState::Reserved && has_passed(approval.expires_at, now);
}

events::Timestamp expiry(const CreateApproval& command, const GatewaySettings& settings,
                         const events::PreviewRecord& preview, events::Timestamp now) {
    const std::uint32_t ttl = std::clamp(command.ttl_seconds.value_or(settings.approval_ttl_seconds),
                                         approval_ttl_seconds_min, approval_ttl_seconds_max);
    return std::min(now.plus_seconds(ttl), *preview.expires_at);
}

EventDraft approval_draft(const CreateApproval& command, const ActFacts& facts,
                          const ApprovalCreationView& view) {
    const auto& preview = *view.preview;
    const bool paper = preview.environment == events::Environment::paper;
    const auto& settings = view.policy.settings;
    const ApprovalMode mode = paper ? settings.paper_approvals : settings.live_approvals;
    const bool approved = mode == ApprovalMode::self || facts.is_operator;
    events::ApprovalRecorded recorded;
    recorded.preview_id = preview.preview_id;
    recorded.environment = preview.environment;
    recorded.order_hash = preview.order_hash;
    recorded.requested_by = facts.actor_name;
    recorded.approved_by = approved ? facts.actor_name : std::string();
    recorded.expires_at = expiry(command, settings, preview, facts.now);
    events::Body body = paper ? body_of<events::PaperApprovalRecorded>(std::move(recorded))
                              : body_of<events::LiveApprovalRecorded>(std::move(recorded));
    return draft(std::move(body), events::WorkflowId(facts.new_id), command.account);
}

}  // namespace

Decided decide(const CreateApproval& command, const ActFacts& facts, const ApprovalCreationView& view) {
    if (auto error = preview_gate(command, view.preview, facts.now))
        return refused(std::move(*error), command.account);
    Decided decided;
    if (view.open_approval && is_open(*view.open_approval)) {
        const auto& open = *view.open_approval;
        if (!is_overdue(open, facts.now)) {
            Decided refusal =
                refused(error_of(ErrorCode::approval_preview_mismatch,
                                 "the preview has an open approval already, which is " + open.state,
                                 "Use approval " + open.approval_id.text() + " or revoke it first."),
                        command.account);
            refusal.subject = open.approval_id;
            return refusal;
        }
        decided.events.push_back(
            draft(events::ApprovalExpired{open.expires_at, {}}, open.approval_id, open.account));
    }
    decided.events.push_back(approval_draft(command, facts, view));
    decided.subject = events::WorkflowId(facts.new_id);
    return decided;
}

}  // namespace ibkr::statemachines
