#include "statemachines/evolve/order_fold.hpp"

namespace ibkr::statemachines {

events::OrderTerms with_changes(events::OrderTerms terms, const events::OrderChanges& changes) {
    if (changes.quantity) terms.quantity = *changes.quantity;
    if (changes.limit_price) terms.limit_price = changes.limit_price;
    if (changes.stop_price) terms.stop_price = changes.stop_price;
    if (changes.time_in_force) terms.time_in_force = *changes.time_in_force;
    if (changes.trailing_amount || changes.trailing_percent) {
        terms.trailing_amount = changes.trailing_amount;
        terms.trailing_percent = changes.trailing_percent;
    }
    return terms;
}

events::OrderChanges changes_between(const events::OrderTerms& before, const events::OrderTerms& after) {
    events::OrderChanges changes;
    if (after.quantity != before.quantity) changes.quantity = after.quantity;
    if (after.limit_price != before.limit_price) changes.limit_price = after.limit_price;
    if (after.stop_price != before.stop_price) changes.stop_price = after.stop_price;
    if (after.time_in_force != before.time_in_force) changes.time_in_force = after.time_in_force;
    if (after.trailing_amount != before.trailing_amount ||
        after.trailing_percent != before.trailing_percent) {
        changes.trailing_amount = after.trailing_amount;
        changes.trailing_percent = after.trailing_percent;
    }
    return changes;
}

bool same_order(const events::OrderTerms& a, const events::OrderTerms& b) {
    return a.contract.contract_id == b.contract.contract_id && a.contract.currency == b.contract.currency &&
           a.side == b.side && a.quantity == b.quantity && a.order_type == b.order_type &&
           a.time_in_force == b.time_in_force && a.limit_price == b.limit_price &&
           a.stop_price == b.stop_price && a.trailing_amount == b.trailing_amount &&
           a.trailing_percent == b.trailing_percent;
}

Folded worse(Folded a, Folded b) noexcept {
    constexpr auto weight = [](Folded f) {
        switch (f) {
            case Folded::not_of_this_machine:
                return 0;
            case Folded::ignored:
                return 1;
            case Folded::stepped:
                return 2;
            case Folded::refused:
                return 3;
            case Folded::faulted:
                return 4;
        }
        return 4;
    };
    return weight(a) < weight(b) ? b : a;
}

Folded folded(RowOutcome outcome) noexcept {
    switch (outcome) {
        case RowOutcome::step:
            return Folded::stepped;
        case RowOutcome::ignore:
            return Folded::ignored;
        case RowOutcome::refuse:
            return Folded::refused;
        case RowOutcome::fault:
            break;
    }
    return Folded::faulted;
}

}  // namespace ibkr::statemachines
