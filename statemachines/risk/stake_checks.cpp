#include <algorithm>

#include "statemachines/risk/checks.hpp"

namespace ibkr::statemachines::risk {
namespace {

namespace reason = events::reason;
using events::Quantity;

/// The position this order starts from, on the side that makes it worse. A broker's reading that is newer
/// than our recorded base may lack an execution that we know, and ours may lack what happened elsewhere: the
/// worse one counts.
std::optional<Quantity> base_position(const Inquiry& q) {
    const auto& exposure = *q.exposure;
    const auto& read = q.market->position;
    const bool ours = read && read->contract_id == q.terms->contract.contract_id;
    if (!exposure.as_of) return ours ? std::optional(read->quantity) : std::nullopt;
    if (!ours || read->as_of <= *exposure.as_of) return exposure.position;
    return q.is_buy() ? std::max(exposure.position, read->quantity)
                      : std::min(exposure.position, read->quantity);
}

/// Sums that do not fit are nullopt.
struct Stake {
    std::optional<Quantity> before;
    std::optional<Quantity> after;
    bool known = false;
};

Stake stake_of(const Inquiry& q) {
    Stake stake;
    const auto base = base_position(q);
    stake.known = base.has_value();
    if (!base) return stake;
    const auto before = q.is_buy() ? base->plus(q.exposure->open_buys) : base->minus(q.exposure->open_sells);
    if (!before) return stake;
    stake.before = *before;
    const auto after = q.is_buy() ? before->plus(q.terms->quantity) : before->minus(q.terms->quantity);
    if (after) stake.after = *after;
    return stake;
}

/// Nearer to zero on the same side: such an order can only lower the stake.
bool only_reduces(const Stake& stake) {
    const Quantity zero;
    if (*stake.before > zero) return *stake.after >= zero && *stake.after < *stake.before;
    if (*stake.before < zero) return *stake.after <= zero && *stake.after > *stake.before;
    return false;
}

void check_position(Inquiry& q, const Stake& stake) {
    const auto& limit = q.policy->max_position_notional;
    if (!limit) return;
    const auto refuse = [&q](std::string message) {
        q.refuse(reason::order_position_notional_limit_refused, std::move(message));
    };
    const auto& currency = q.terms->contract.currency;
    if (!stake.known)
        return refuse("the present position is not known, and the policy limits it: try again later");
    if (!stake.after) return refuse("the resulting position is too large to compute: lower the quantity");
    if (only_reduces(stake)) return;
    if (currency != limit->currency)
        return refuse("the contract is in " + std::string(currency.code()) + " and the position limit in " +
                      std::string(limit->currency.code()) + ": use a policy whose limit is in " +
                      std::string(currency.code()));
    if (!q.verdict.reference_price)
        return refuse("the resulting position cannot be valued: there is no usable price");
    const auto value = events::notional(*q.verdict.reference_price, *stake.after);
    if (!value) return refuse("the resulting position's value is too large to compute: lower the quantity");
    if (*value > limit->amount)
        refuse("the resulting position of " + to_text(*stake.after) + " is worth " + text(*value, currency) +
               ", above the limit of " + text(limit->amount, currency) + ": lower the quantity");
}

void check_short(Inquiry& q, const Stake& stake) {
    if (q.is_buy() || q.policy->allow_short_selling) return;
    if (!stake.known) {
        q.refuse(reason::order_short_selling_refused,
                 "the present position is not known, so this might sell short: try again later");
    } else if (!stake.after) {
        q.refuse(reason::order_short_selling_refused,
                 "the resulting position is too large to compute: lower the quantity");
    } else if (*stake.after < Quantity{}) {
        q.refuse(reason::order_short_selling_refused,
                 "selling " + to_text(q.terms->quantity) + " could take the position from " +
                     to_text(*stake.before) + " (open sells counted) to " + to_text(*stake.after) +
                     ": the policy does not allow short selling, lower the quantity");
    }
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool same_symbol(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return upper(x) == upper(y); });
}

void check_symbol(Inquiry& q) {
    const auto& allowed = q.policy->allowed_symbols;
    const auto& symbol = q.terms->contract.symbol;
    if (allowed.empty()) return;
    if (std::any_of(allowed.begin(), allowed.end(),
                    [&](const auto& entry) { return same_symbol(entry, symbol); }))
        return;
    q.refuse(reason::order_symbol_refused,
             "the symbol " + symbol + " is not among the " + std::to_string(allowed.size()) +
                 " that the policy '" + q.policy->name + "' allows: choose another or extend the list");
}

void check_daily_count(Inquiry& q) {
    const auto& limit = q.policy->max_orders_per_day;
    if (!limit || q.today->orders < *limit) return;
    q.refuse(reason::order_daily_limit_refused,
             std::to_string(q.today->orders) + " orders were placed today and the limit is " +
                 std::to_string(*limit) + ": wait for the next trading day or raise max_orders_per_day");
}

}  // namespace

void check_stake(Inquiry& inquiry) {
    const Stake stake = inquiry.has_quantity() ? stake_of(inquiry) : Stake{};
    inquiry.verdict.exposure_before = stake.before;
    inquiry.verdict.resulting_position = stake.after;
    if (inquiry.has_quantity()) {
        check_position(inquiry, stake);
        check_short(inquiry, stake);
    }
    check_symbol(inquiry);
    check_daily_count(inquiry);
}

}  // namespace ibkr::statemachines::risk
