#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "events/values/decimal.hpp"
#include "tests/unit/events/big_integer.hpp"

namespace ibkr::test {

/// sign x digits x 10^-scale with no limit at all.
struct ReferenceDecimal {
    bool negative = false;
    BigInteger digits;
    std::size_t scale = 0;

    static ReferenceDecimal of(std::string_view text) {
        ReferenceDecimal value;
        value.negative = text.front() == '-';
        std::string digits;
        bool fraction = false;
        for (const char c : text.substr(value.negative ? 1 : 0)) {
            fraction = fraction || c == '.';
            if (c == '.') continue;
            digits.push_back(c);
            value.scale += fraction ? 1 : 0;
        }
        value.digits = BigInteger(digits);
        return value;
    }

    /// Its plain text if it fits a Decimal: at most 36 digits, at most 18 of them after the point.
    [[nodiscard]] std::optional<std::string> text_if_it_fits() const {
        BigInteger rest = digits;
        std::size_t decimals = rest.is_zero() ? 0 : scale;
        for (; decimals > 0 && rest.ends_in_zero(); --decimals)
            rest = rest.without_last_digit();
        if (decimals > 18 || rest.length() > 36) return std::nullopt;
        std::string text = rest.text();
        if (text.size() <= decimals) text.insert(0, decimals + 1 - text.size(), '0');
        if (decimals > 0) text.insert(text.size() - decimals, ".");
        return (negative && !rest.is_zero() ? "-" : "") + text;
    }
};

inline ReferenceDecimal sum(const ReferenceDecimal& a, const ReferenceDecimal& b) {
    const std::size_t scale = std::max(a.scale, b.scale);
    const BigInteger x = a.digits.shifted(scale - a.scale);
    const BigInteger y = b.digits.shifted(scale - b.scale);
    if (a.negative == b.negative) return {a.negative, x + y, scale};
    return x < y ? ReferenceDecimal{b.negative, y - x, scale} : ReferenceDecimal{a.negative, x - y, scale};
}

inline ReferenceDecimal product(const ReferenceDecimal& a, const ReferenceDecimal& b) {
    return {a.negative != b.negative, a.digits * b.digits, a.scale + b.scale};
}

inline ReferenceDecimal quotient(const ReferenceDecimal& a, const ReferenceDecimal& b, std::size_t scale,
                                 events::RoundingMode mode) {
    using events::RoundingMode;
    const BigInteger divisor = b.digits.shifted(a.scale);
    auto [whole, rest] = a.digits.shifted(scale + b.scale).divided_by(divisor);
    const bool negative = a.negative != b.negative;
    const BigInteger twice = rest + rest;
    const bool half = twice == divisor;
    const bool above_half = divisor < twice;
    const bool away = (mode == RoundingMode::up && !rest.is_zero()) ||
                      (mode == RoundingMode::floor && negative && !rest.is_zero()) ||
                      (mode == RoundingMode::ceiling && !negative && !rest.is_zero()) ||
                      (mode == RoundingMode::half_up && (half || above_half)) ||
                      (mode == RoundingMode::half_even && (above_half || (half && whole.is_odd())));
    return {negative, away ? whole + BigInteger("1") : whole, scale};
}

}  // namespace ibkr::test
