#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "statemachines/risk/risk.hpp"

namespace ibkr::statemachines::risk {

// The checks behind `evaluate`, in three groups. Private to this folder. Each adds its reasons to `verdict`.

/// What every check may look at, and where its reasons go.
struct Inquiry {
    const RiskPolicy* policy = nullptr;
    const events::OrderTerms* terms = nullptr;
    const MarketFacts* market = nullptr;
    const events::Exposure* exposure = nullptr;
    const events::OrderCount* today = nullptr;
    events::Timestamp now;
    events::OrderRiskChecked verdict;

    void refuse(std::string_view code, std::string message) {
        verdict.reasons.push_back({std::string(code), std::move(message)});
    }
    [[nodiscard]] bool is_buy() const { return terms->side == events::Side::buy; }
    [[nodiscard]] bool has_quantity() const { return terms->quantity.value().is_positive(); }
};

/// Account mode, asset class, quantity, price fields of the order type, market orders.
void check_form(Inquiry& inquiry);
/// Notional with its currency, age of the quote.
void check_value(Inquiry& inquiry);
/// Resulting position, short selling, symbol list, orders per day.
void check_stake(Inquiry& inquiry);

/// A quote of this contract in its currency that the broker does not call unavailable.
[[nodiscard]] bool is_usable(const events::Quote& quote, const events::Contract& contract);

[[nodiscard]] std::string text(const events::Decimal& value, const events::Currency& currency);

}  // namespace ibkr::statemachines::risk
