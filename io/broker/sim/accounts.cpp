#include "io/broker/sim/accounts.hpp"

#include <algorithm>
#include <array>

namespace ibkr::io::sim {
namespace {

constexpr std::array terms{
    AccountTerms{"DU1234567", "Paper", events::AccountMode::paper, 10'000'000, 265598, 10, 180'000},
    AccountTerms{"U1234567", "Live", events::AccountMode::live, 10'000'000, 0, 0, 0},
};

constexpr Shares magnitude(Shares value) noexcept {
    return value < 0 ? -value : value;
}

/// Closes `quantity` (signed like the fill, at most the holding) at the fill's price.
void close_part(CashState& cash, Holding& holding, Shares quantity, Cents price) noexcept {
    const Cents basis = scale_half_even(holding.basis, magnitude(quantity), magnitude(holding.quantity));
    cash.realized += -quantity * price - basis;
    holding.basis -= basis;
    holding.quantity += quantity;
}

}  // namespace

std::span<const AccountTerms> account_terms() noexcept {
    return terms;
}

const AccountTerms* find_account(std::string_view account_id) noexcept {
    const auto found = std::ranges::find(terms, account_id, &AccountTerms::account_id);
    return found == terms.end() ? nullptr : &*found;
}

void book_fill(CashState& cash, Holding& holding, events::Side side, const Fill& fill) noexcept {
    const Shares signed_quantity = side == events::Side::buy ? fill.quantity : -fill.quantity;
    cash.cash -= signed_quantity * fill.price;
    const bool reduces = (signed_quantity < 0) != (holding.quantity < 0) && holding.quantity != 0;
    const Shares closing =
        reduces ? std::min(magnitude(signed_quantity), magnitude(holding.quantity)) : Shares{0};
    const Shares closed = signed_quantity < 0 ? -closing : closing;
    if (closing != 0) close_part(cash, holding, closed, fill.price);
    const Shares opened = signed_quantity - closed;
    holding.quantity += opened;
    holding.basis += opened * fill.price;
}

Cents opening_value(const BookOrder& order, std::span<const Holding> holdings, const Market& market,
                    Millis moment) {
    const auto held = std::ranges::find(holdings, order.instrument, &Holding::instrument);
    const Shares position = held == holdings.end() ? 0 : held->quantity;
    const bool buy = order.side == events::Side::buy;
    const Shares reducible = std::max<Shares>(0, buy ? -position : position);
    const Shares opening = std::max<Shares>(0, order.remaining() - reducible);
    const Touch touch = market.at(*order.instrument, moment);
    const Cents price = order.limit_price.value_or(order.stop_price.value_or(buy ? touch.ask : touch.bid));
    return opening * price;
}

Valuation value_account(const CashState& cash, std::span<const Holding> holdings,
                        std::span<const BookOrder> open_orders, const Market& market, Millis moment) {
    Valuation value;
    value.net_liquidation = cash.cash;
    for (const Holding& holding : holdings) {
        const Cents market_value = holding.quantity * market.at(*holding.instrument, moment).last;
        value.net_liquidation += market_value;
        value.gross_position_value += market_value < 0 ? -market_value : market_value;
        value.unrealized += market_value - holding.basis;
    }
    Cents committed = value.gross_position_value;
    for (const BookOrder& order : open_orders)
        committed += opening_value(order, holdings, market, moment);
    value.available_funds = std::max<Cents>(0, value.net_liquidation - divide_half_even(committed, 2));
    value.buying_power = 2 * value.available_funds;
    return value;
}

}  // namespace ibkr::io::sim
