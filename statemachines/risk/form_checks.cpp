#include <algorithm>

#include "statemachines/risk/checks.hpp"

namespace ibkr::statemachines::risk {
namespace {

namespace reason = events::reason;
using events::OrderType;

/// Form errors that the contract has no sub-code for.
const std::string_view invalid = events::to_string(events::ErrorCode::order_validation_failed);

template <class E>
std::string names(const std::vector<E>& values) {
    std::string text;
    for (const E value : values) {
        if (!text.empty()) text += ", ";
        text += events::name_of(value);
    }
    return text.empty() ? "none" : text;
}

void check_account_and_class(Inquiry& q) {
    const auto& modes = q.policy->allowed_account_modes;
    if (std::find(modes.begin(), modes.end(), q.market->account_mode) == modes.end())
        q.refuse(reason::order_account_mode_refused,
                 "the account's mode is " + std::string(events::name_of(q.market->account_mode)) +
                     "; the policy allows " + names(modes) + ": choose another account");
    const auto& classes = q.policy->allowed_asset_classes;
    const auto asset_class = q.terms->contract.asset_class;
    if (std::find(classes.begin(), classes.end(), asset_class) == classes.end())
        q.refuse(reason::order_asset_class_refused,
                 "the contract is a " + std::string(events::name_of(asset_class)) + "; the policy allows " +
                     names(classes) + ": choose another contract");
}

void check_quantity(Inquiry& q) {
    const auto& quantity = q.terms->quantity;
    if (!q.has_quantity())
        q.refuse(reason::order_quantity_invalid,
                 "the quantity is " + to_text(quantity) + ": give one above zero");
    if (!quantity.value().is_whole() && !q.policy->allow_fractional)
        q.refuse(reason::order_fractional_refused,
                 "the quantity " + to_text(quantity) + " is not whole: give whole units");
    if (q.policy->max_quantity && quantity > *q.policy->max_quantity)
        q.refuse(reason::order_quantity_limit_refused,
                 "the quantity " + to_text(quantity) + " is above the limit of " +
                     to_text(*q.policy->max_quantity) + " per order: lower it");
}

std::string order_named(const Inquiry& q) {
    return "a " + std::string(events::name_of(q.terms->order_type)) + " order";
}

void check_price(Inquiry& q, const std::optional<events::Price>& price, bool needed, bool allowed,
                 std::string_view missing_code, const std::string& name) {
    if (!price) {
        if (needed) q.refuse(missing_code, order_named(q) + " needs a " + name + ": give one above zero");
        return;
    }
    if (!allowed) {
        q.refuse(invalid, order_named(q) + " has no " + name + ": leave it out or choose another order type");
        return;
    }
    if (!price->value().is_positive())
        q.refuse(invalid, "the " + name + " is " + to_text(*price) + ": give one above zero");
}

void check_trailing(Inquiry& q) {
    const auto& amount = q.terms->trailing_amount;
    const auto& percent = q.terms->trailing_percent;
    if (q.terms->order_type != OrderType::trailing_stop) {
        if (amount || percent)
            q.refuse(invalid,
                     order_named(q) + " has no trailing value: leave it out or choose trailing_stop");
        return;
    }
    if (amount.has_value() == percent.has_value())
        q.refuse(reason::order_trailing_value_required,
                 "a trailing_stop order needs either a trailing amount or a trailing percentage: give " +
                     std::string(amount ? "only one" : "one"));
    if (amount && !amount->is_positive())
        q.refuse(invalid, "the trailing amount is " + amount->to_string() + ": give one above zero");
    if (percent && (!percent->is_positive() || *percent >= events::Decimal::whole(100)))
        q.refuse(invalid,
                 "the trailing percentage is " + percent->to_string() + ": give one above 0 and below 100");
}

void check_prices(Inquiry& q) {
    const OrderType type = q.terms->order_type;
    const bool limit = type == OrderType::limit || type == OrderType::stop_limit;
    const bool stop = type == OrderType::stop || type == OrderType::stop_limit;
    check_price(q, q.terms->limit_price, limit, limit, reason::order_limit_price_required, "limit price");
    // A trailing stop may name where it starts.
    check_price(q, q.terms->stop_price, stop, stop || type == OrderType::trailing_stop,
                reason::order_stop_price_required, "stop price");
    check_trailing(q);
    if (type == OrderType::market && !q.policy->allow_market_orders)
        q.refuse(reason::order_market_type_refused,
                 "the policy '" + q.policy->name + "' does not allow market orders: give a limit price");
}

}  // namespace

void check_form(Inquiry& inquiry) {
    check_account_and_class(inquiry);
    check_quantity(inquiry);
    check_prices(inquiry);
}

}  // namespace ibkr::statemachines::risk
