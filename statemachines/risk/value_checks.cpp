#include "statemachines/risk/checks.hpp"

namespace ibkr::statemachines::risk {
namespace {

namespace reason = events::reason;

void check_quote_currency(Inquiry& q) {
    const auto& quote = q.market->quote;
    if (!quote || quote->currency == q.terms->contract.currency) return;
    q.refuse(reason::order_notional_currency_mismatch,
             "the quote is in " + std::string(quote->currency.code()) + " and the contract in " +
                 std::string(q.terms->contract.currency.code()) + ": the order cannot be valued");
}

void check_notional(Inquiry& q) {
    q.verdict.reference_price = reference_price(*q.terms, q.market->quote);
    if (!q.verdict.reference_price) {
        q.refuse(reason::order_notional_limit_refused,
                 "the order cannot be valued: it names no price above zero and there is no usable quote");
        return;
    }
    q.verdict.order_notional = order_notional(*q.terms, q.market->quote);
    if (!q.verdict.order_notional) {
        q.refuse(reason::order_notional_limit_refused,
                 "price times quantity is too large to compute: lower the quantity");
        return;
    }
    const auto& limit = q.policy->max_notional;
    if (!limit) return;
    const events::Money& value = *q.verdict.order_notional;
    if (value.currency != limit->currency) {
        const std::string message = "the order is in " + std::string(value.currency.code()) +
                                    " and the notional limit in " + std::string(limit->currency.code());
        q.refuse(reason::order_notional_limit_refused,
                 message + ": use a policy whose limit is in " + std::string(value.currency.code()));
        q.verdict.warnings.push_back({std::string(reason::order_notional_currency_mismatch), message});
    } else if (value.amount > limit->amount) {
        q.refuse(reason::order_notional_limit_refused,
                 "the order's value of " + text(value.amount, value.currency) + " is above the limit of " +
                     text(limit->amount, limit->currency) + " per order: lower the quantity or the price");
    }
}

std::string seconds(std::int64_t ms) {
    return events::Decimal::of(ms, 3).to_string() + " s";
}

void check_quote_age(Inquiry& q) {
    const auto& age_max = q.policy->max_quote_age_seconds;
    if (!age_max) return;
    const auto& quote = q.market->quote;
    if (!quote || !is_usable(*quote, q.terms->contract)) {
        q.refuse(reason::order_quote_stale_refused,
                 "there is no usable quote and the policy wants one of at most " + std::to_string(*age_max) +
                     " s: try again when the market data is back");
        return;
    }
    const std::int64_t age_ms = q.now.unix_ms() - quote->source_timestamp.unix_ms();
    if (age_ms < -quote_ahead_ms_max)
        q.refuse(reason::order_quote_stale_refused,
                 "the quote's source time lies " + seconds(-age_ms) + " ahead of ours, at most " +
                     seconds(quote_ahead_ms_max) + " are believed: check the clocks");
    else if (age_ms > std::int64_t{*age_max} * 1000)
        q.refuse(reason::order_quote_stale_refused,
                 "the quote is " + seconds(age_ms) + " old, the policy allows " + std::to_string(*age_max) +
                     " s: try again with a fresh quote");
}

}  // namespace

void check_value(Inquiry& inquiry) {
    check_quote_currency(inquiry);
    check_notional(inquiry);
    check_quote_age(inquiry);
}

}  // namespace ibkr::statemachines::risk
