#include "statemachines/risk/risk.hpp"

#include <algorithm>

#include "statemachines/risk/checks.hpp"

namespace ibkr::statemachines {
namespace {

using events::OrderType;
using events::Price;

std::optional<Price> positive(const std::optional<Price>& price) {
    return price && price->value().is_positive() ? price : std::nullopt;
}

/// The price the order itself names for its type; members that its type does not use do not count.
std::optional<Price> own_price(const events::OrderTerms& terms) {
    switch (terms.order_type) {
        case OrderType::limit:
        case OrderType::stop_limit:
            return positive(terms.limit_price);
        case OrderType::stop:
        case OrderType::trailing_stop:
            return positive(terms.stop_price);
        case OrderType::market:
            break;
    }
    return std::nullopt;
}

/// Another price the order may fill at besides its own: a sell limit below the bid and a buy stop below the
/// ask fill at the market at once, a sell stop-limit at up to its stop. Without this a low price would hide
/// what it trades.
std::optional<Price> other_price(const events::OrderTerms& terms, const std::optional<Price>& met) {
    const bool buy = terms.side == events::Side::buy;
    switch (terms.order_type) {
        case OrderType::limit:
            return buy ? std::nullopt : met;
        case OrderType::stop_limit:
            return buy ? std::nullopt : positive(terms.stop_price);
        case OrderType::stop:
        case OrderType::trailing_stop:
            return buy ? met : std::nullopt;
        case OrderType::market:
            break;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Price> reference_price(const events::OrderTerms& terms,
                                     const std::optional<events::Quote>& quote) {
    const bool buy = terms.side == events::Side::buy;
    std::optional<Price> met;
    std::optional<Price> last;
    if (quote && risk::is_usable(*quote, terms.contract)) {
        met = positive(buy ? quote->ask : quote->bid);
        last = positive(quote->last);
    }
    const auto own = own_price(terms);
    if (!own) return met ? met : last;
    const auto also = other_price(terms, met);
    return also && *also > *own ? also : own;
}

std::optional<events::Money> order_notional(const events::OrderTerms& terms,
                                            const std::optional<events::Quote>& quote) {
    const auto price = reference_price(terms, quote);
    if (!price) return std::nullopt;
    const auto amount = events::notional(*price, terms.quantity);
    if (!amount) return std::nullopt;
    return events::Money{*amount, terms.contract.currency};
}

std::optional<events::Timestamp> fresh_until(const RiskPolicy& policy,
                                             const std::optional<events::Quote>& quote) {
    if (!policy.max_quote_age_seconds || !quote) return std::nullopt;
    return quote->source_timestamp.plus_seconds(*policy.max_quote_age_seconds);
}

events::OrderRiskChecked evaluate(const RiskPolicy& policy, const events::OrderTerms& terms,
                                  const MarketFacts& market, const events::Exposure& exposure,
                                  const events::OrderCount& today, events::Timestamp now) {
    risk::Inquiry inquiry{&policy, &terms, &market, &exposure, &today, now, {}};
    inquiry.verdict.policy_name = policy.name;
    inquiry.verdict.orders_today = today.orders;
    if (!policy.enabled)
        inquiry.refuse(events::reason::order_preview_disabled,
                       "the risk policy '" + policy.name + "' is switched off: set enabled in it");
    risk::check_form(inquiry);
    risk::check_value(inquiry);
    risk::check_stake(inquiry);
    inquiry.verdict.approved = inquiry.verdict.reasons.empty();
    return inquiry.verdict;
}

namespace risk {

bool is_usable(const events::Quote& quote, const events::Contract& contract) {
    return quote.contract_id == contract.contract_id && quote.currency == contract.currency &&
           quote.data_status != events::DataStatus::unavailable;
}

std::string text(const events::Decimal& value, const events::Currency& currency) {
    return value.to_string(2) + " " + std::string(currency.code());
}

}  // namespace risk
}  // namespace ibkr::statemachines
