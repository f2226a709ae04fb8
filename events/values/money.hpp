#pragma once

#include <string>
#include <string_view>

#include "events/values/decimal.hpp"

namespace ibkr::events {

/// A number of shares or units; signed where it is a position (short below zero), positive in an order.
class Quantity {
public:
    constexpr Quantity() noexcept = default;
    constexpr explicit Quantity(Decimal value) noexcept : value_(value) {}
    [[nodiscard]] static constexpr Quantity whole(std::int64_t units) noexcept {
        return Quantity(Decimal::whole(units));
    }
    [[nodiscard]] constexpr const Decimal& value() const noexcept { return value_; }
    [[nodiscard]] constexpr Result<Quantity, DecimalError> plus(Quantity other) const noexcept {
        return value_.plus(other.value_).map([](Decimal d) { return Quantity(d); });
    }
    [[nodiscard]] constexpr Result<Quantity, DecimalError> minus(Quantity other) const noexcept {
        return value_.minus(other.value_).map([](Decimal d) { return Quantity(d); });
    }
    friend constexpr bool operator==(const Quantity&, const Quantity&) noexcept = default;
    friend constexpr auto operator<=>(const Quantity&, const Quantity&) noexcept = default;

private:
    Decimal value_;
};

/// A price per unit in the contract's currency.
class Price {
public:
    constexpr Price() noexcept = default;
    constexpr explicit Price(Decimal value) noexcept : value_(value) {}
    [[nodiscard]] constexpr const Decimal& value() const noexcept { return value_; }
    friend constexpr bool operator==(const Price&, const Price&) noexcept = default;
    friend constexpr auto operator<=>(const Price&, const Price&) noexcept = default;

private:
    Decimal value_;
};

/// ISO 4217 style code: exactly three letters A-Z. Default USD (gateway contract section 3).
class Currency {
public:
    constexpr Currency() noexcept = default;
    [[nodiscard]] static Result<Currency> parse(std::string_view text);
    [[nodiscard]] std::string_view code() const noexcept { return {letters_, 3}; }
    friend bool operator==(const Currency&, const Currency&) noexcept = default;

private:
    char letters_[3] = {'U', 'S', 'D'};
};

/// An amount in one currency. Amounts of different currencies are never added or compared by size.
struct Money {
    Decimal amount;
    Currency currency;

    /// JSON shape of gateway contract "Conventions": {amount: decimal string, currency}.
    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("amount", self.amount);
        v("currency", self.currency);
    }
    friend bool operator==(const Money&, const Money&) noexcept = default;
};

[[nodiscard]] constexpr Result<Decimal, DecimalError> notional(Price price, Quantity quantity) noexcept {
    return price.value().times(quantity.value().absolute());
}

[[nodiscard]] std::string to_text(const Quantity& value);
[[nodiscard]] bool from_text(std::string_view text, Quantity& value);
[[nodiscard]] std::string to_text(const Price& value);
[[nodiscard]] bool from_text(std::string_view text, Price& value);
[[nodiscard]] std::string to_text(const Currency& value);
[[nodiscard]] bool from_text(std::string_view text, Currency& value);

}  // namespace ibkr::events
