#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "io/broker/sim/book.hpp"
#include "io/broker/sim/market.hpp"

namespace ibkr::io::sim {

/// One of the venue's two accounts and what it holds when the book is made.
struct AccountTerms {
    std::string_view account_id;
    std::string_view label;
    events::AccountMode mode;
    Cents cash;
    std::int64_t holding_number;  ///< contract number, 0 for none
    Shares holding_quantity;
    Cents holding_basis;
};

[[nodiscard]] std::span<const AccountTerms> account_terms() noexcept;
/// nullptr when the venue has no such account.
[[nodiscard]] const AccountTerms* find_account(std::string_view account_id) noexcept;

/// Books one fill. Keeps `cash + sum of basis - realized` unchanged, to the cent; the basis of a part that is
/// closed is its share of the whole, rounded to the cent, half to even.
void book_fill(CashState& cash, Holding& holding, events::Side side, const Fill& fill) noexcept;

/// What an account is worth at one moment. Margin is 50 % of what is held and of what open orders would add;
/// available funds = net liquidation - margin, never below zero; buying power = twice that.
struct Valuation {
    Cents net_liquidation = 0;
    Cents available_funds = 0;
    Cents buying_power = 0;
    Cents gross_position_value = 0;
    Cents unrealized = 0;
};
[[nodiscard]] Valuation value_account(const CashState& cash, std::span<const Holding> holdings,
                                      std::span<const BookOrder> open_orders, const Market& market,
                                      Millis moment);

/// What filling the rest of the order would add to the position's size, at its limit, else its stop, else the
/// touch. Orders that only reduce a position add nothing.
[[nodiscard]] Cents opening_value(const BookOrder& order, std::span<const Holding> holdings,
                                  const Market& market, Millis moment);

}  // namespace ibkr::io::sim
