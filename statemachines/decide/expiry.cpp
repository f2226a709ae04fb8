#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"
#include "statemachines/evolve/order_fold.hpp"
#include "statemachines/machines/preview.hpp"

namespace ibkr::statemachines {

/// A timer that comes early, late or twice says nothing.
Decided decide(const ExpireWorkflow& command, const ActFacts& facts, const ExpiryView& view) {
    Decided decided;
    decided.subject = command.workflow_id;
    if (view.preview && view.preview->preview_id == command.workflow_id) {
        const auto& preview = *view.preview;
        const bool due = preview.expires_at && has_passed(*preview.expires_at, facts.now);
        if (due && preview.state == to_string(PreviewState::Created))
            decided.events.push_back(draft(events::OrderPreviewExpired{*preview.expires_at, {}},
                                           preview.preview_id, preview.account));
    }
    if (view.approval && view.approval->approval_id == command.workflow_id) {
        const auto& approval = *view.approval;
        const bool due = has_passed(approval.expires_at, facts.now) && !approval.expired_meanwhile;
        if (due && peek_approval(approval, ApprovalExpired{}).outcome == RowOutcome::step)
            decided.events.push_back(draft(events::ApprovalExpired{approval.expires_at, {}},
                                           approval.approval_id, approval.account));
    }
    return decided;
}

}  // namespace ibkr::statemachines
