#include "statemachines/decide/approval_use.hpp"

#include "statemachines/decide/drafts.hpp"
#include "statemachines/evolve/order_fold.hpp"

namespace ibkr::statemachines {
namespace {

enum class Use : std::uint8_t { keep, consume, release };

constexpr std::string_view accepted = "accepted";

bool ended_unplaced(const events::OrderRecord& order) {
    const auto state = order_state_of(order);
    return state == OrderState::Rejected || state == OrderState::NotSent || state == OrderState::NotPlaced;
}

bool has_ended(const events::OrderRecord& order) {
    const auto state = order_state_of(order);
    return state && is_terminal(*state);
}

Use use_of_submit(const events::OrderRecord& after) {
    if (ended_unplaced(after)) return Use::release;
    return after.progress.submit == accepted ? Use::consume : Use::keep;
}

Use use_of_modify(const events::OrderRecord& before, const events::OrderRecord& after,
                  std::optional<events::Outcome> outcome) {
    const bool took_place = after.progress.modify == accepted;
    if (outcome) {
        if (*outcome == events::Outcome::confirmed || took_place) return Use::consume;
        if (*outcome != events::Outcome::unknown) return Use::release;
        return has_ended(after) ? Use::consume : Use::keep;
    }
    const bool settled = before.lost_modify && !after.lost_modify;
    if (!settled) return Use::keep;
    // A change that was lost may have reached the order before its end.
    return took_place || has_ended(after) ? Use::consume : Use::release;
}

/// The order gave its approval back, and now the world shows that it reached the broker after all.
bool was_released_wrongly(const events::ApprovalRecord& approval, const events::OrderRecord& before,
                          const events::OrderRecord& after) {
    return approval_state_of(approval) == ApprovalState::Approved && ended_unplaced(before) &&
           !before.contradicted && after.contradicted;
}

}  // namespace

std::optional<EventDraft> approval_use(const std::optional<events::ApprovalRecord>& approval,
                                       const events::OrderRecord& before, const events::OrderRecord& after,
                                       std::optional<events::Outcome> modify_outcome) {
    if (!approval) return std::nullopt;
    if (was_released_wrongly(*approval, before, after))
        return draft(body_of<events::ApprovalRevoked>(events::ApprovalWord{
                         "engine", "order " + after.order_id.text() + " reached the broker after all", {}}),
                     approval->approval_id, approval->account);
    if (approval_state_of(*approval) != ApprovalState::Reserved || approval->order_id != after.order_id)
        return std::nullopt;
    // The submit's approval is used up in the decision that sees the order at the broker: a reserved one
    // after that belongs to a modify.
    const bool of_modify = before.progress.submit == accepted;
    const Use use = of_modify ? use_of_modify(before, after, modify_outcome) : use_of_submit(after);
    const events::ApprovalUse body{after.order_id, {}};
    switch (use) {
        case Use::keep:
            return std::nullopt;
        case Use::consume:
            return draft(body_of<events::ApprovalConsumed>(body), approval->approval_id, approval->account);
        case Use::release:
            break;
    }
    return draft(body_of<events::ApprovalReleased>(body), approval->approval_id, approval->account);
}

}  // namespace ibkr::statemachines
