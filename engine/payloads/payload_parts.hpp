#pragma once

#include <string>
#include <string_view>

#include "events/values/money.hpp"
#include "events/values/timestamp.hpp"

namespace ibkr::engine {

// The forms that payloads share (gateway contract, "Conventions"): amounts and prices are decimal strings
// with at least two decimals, quantities are plain decimal strings, times RFC 3339 in UTC.

[[nodiscard]] std::string amount_text(const events::Decimal& amount);
[[nodiscard]] std::string amount_text(const events::Price& price);

/// A text that the broker or a user wrote, ready to be answered: valid UTF-8, redacted, at most 512 bytes.
[[nodiscard]] std::string outside_text(std::string_view text);

/// A price per unit from a sum of price x quantity; "0.00" when nothing is filled.
[[nodiscard]] std::string average_price_text(const events::Decimal& value, const events::Quantity& quantity);

struct MoneyPayload {
    std::string amount;
    events::Currency currency;

    MoneyPayload() = default;
    MoneyPayload(const events::Decimal& value, const events::Currency& in)
        : amount(amount_text(value)), currency(in) {}
    explicit MoneyPayload(const events::Money& money) : MoneyPayload(money.amount, money.currency) {}
    MoneyPayload(const events::Price& price, const events::Currency& in) : MoneyPayload(price.value(), in) {}

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("amount", self.amount);
        v("currency", self.currency);
    }
    friend bool operator==(const MoneyPayload&, const MoneyPayload&) = default;
};

}  // namespace ibkr::engine
