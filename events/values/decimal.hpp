#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "events/result.hpp"

namespace ibkr::events {

enum class DecimalError : std::uint8_t {
    malformed,  ///< not `-?digits[.digits]`, or longer than `Decimal::text_length_max`
    overflow,   ///< more than 36 digits, or more than 18 of them after the point; of a product also when the
                ///< digits of both factors multiply to more than 38
    division_by_zero,
};

/// IEEE 754 / General Decimal Arithmetic names.
enum class RoundingMode : std::uint8_t { down, up, floor, ceiling, half_up, half_even };

/// An exact decimal number: coefficient x 10^-scale. Never a binary fraction.
/// Invariants: 1. |coefficient| < 10^36 and 0 <= scale <= 18. 2. Normal form: no trailing zero in the
/// fraction, zero is 0 x 10^0, so equal numbers are equal objects and print the same. 3. No operation rounds
/// unless a RoundingMode is given; what does not fit is DecimalError::overflow, never a nearby number.
class Decimal {
public:
    static constexpr int scale_max = 18;
    static constexpr std::size_t text_length_max = 40;

    constexpr Decimal() noexcept = default;
    [[nodiscard]] static constexpr Decimal whole(std::int64_t value) noexcept { return Decimal{value, 0}; }
    /// units x 10^-scale with 0 <= scale <= 18, for literals in code: `Decimal::of(19955, 2)` is 199.55.
    [[nodiscard]] static constexpr Decimal of(std::int64_t units, int scale) noexcept {
        return normal(units, scale < 0 ? 0 : (scale > scale_max ? scale_max : scale));
    }
    [[nodiscard]] static constexpr Result<Decimal, DecimalError> parse(std::string_view text) noexcept;

    [[nodiscard]] constexpr Result<Decimal, DecimalError> plus(Decimal other) const noexcept;
    [[nodiscard]] constexpr Result<Decimal, DecimalError> minus(Decimal other) const noexcept {
        return plus(other.negated());
    }
    [[nodiscard]] constexpr Result<Decimal, DecimalError> times(Decimal other) const noexcept;
    /// The quotient rounded to `scale` decimals (0-18).
    [[nodiscard]] constexpr Result<Decimal, DecimalError> divided_by(Decimal divisor, int scale,
                                                                     RoundingMode mode) const noexcept;
    [[nodiscard]] constexpr Decimal rounded(int scale, RoundingMode mode) const noexcept;
    [[nodiscard]] constexpr Decimal negated() const noexcept { return Decimal{-coefficient_, scale_}; }
    [[nodiscard]] constexpr Decimal absolute() const noexcept { return coefficient_ < 0 ? negated() : *this; }

    [[nodiscard]] constexpr bool is_zero() const noexcept { return coefficient_ == 0; }
    [[nodiscard]] constexpr bool is_negative() const noexcept { return coefficient_ < 0; }
    [[nodiscard]] constexpr bool is_positive() const noexcept { return coefficient_ > 0; }
    [[nodiscard]] constexpr bool is_whole() const noexcept { return scale_ == 0; }
    [[nodiscard]] constexpr int scale() const noexcept { return scale_; }

    /// Plain notation with at least `decimals_min` decimals: 199.5 with 2 is "199.50".
    [[nodiscard]] std::string to_string(int decimals_min = 0) const;

    friend constexpr bool operator==(const Decimal&, const Decimal&) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) noexcept;

private:
    __extension__ using Wide = __int128;
    static constexpr int digits_max = 36;

    constexpr Decimal(Wide coefficient, int scale) noexcept : coefficient_(coefficient), scale_(scale) {}
    static constexpr Wide power_of_ten(int exponent) noexcept {
        Wide power = 1;
        for (int i = 0; i < exponent; ++i)
            power *= 10;
        return power;
    }
    static constexpr Wide magnitude(Wide value) noexcept { return value < 0 ? -value : value; }
    static constexpr bool multiply_fits(Wide a, Wide b) noexcept {
        return b == 0 || magnitude(a) <= (power_of_ten(38) - 1) / magnitude(b);
    }
    static constexpr Decimal normal(Wide coefficient, int scale) noexcept {
        while (scale > 0 && coefficient % 10 == 0) {
            coefficient /= 10;
            --scale;
        }
        return Decimal{coefficient, scale};
    }
    static constexpr Result<Decimal, DecimalError> checked(Wide coefficient, int scale) noexcept {
        const Decimal value = normal(coefficient, scale);
        if (value.scale_ > scale_max || magnitude(value.coefficient_) >= power_of_ten(digits_max))
            return tl::unexpected(DecimalError::overflow);
        return value;
    }
    /// The magnitude of a quotient whose division left `rest` of `divisor`.
    static constexpr Wide rounded_quotient(bool negative, Wide quotient, Wide rest, Wide divisor,
                                           RoundingMode mode) noexcept;

    Wide coefficient_ = 0;
    int scale_ = 0;
};

constexpr Result<Decimal, DecimalError> Decimal::parse(std::string_view text) noexcept {
    if (text.size() > text_length_max) return tl::unexpected(DecimalError::malformed);
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) text.remove_prefix(1);
    Wide coefficient = 0;
    int scale = 0;
    int digits_before_point = 0;
    bool point = false;
    for (const char c : text) {
        if (c == '.') {
            if (point || digits_before_point == 0) return tl::unexpected(DecimalError::malformed);
            point = true;
            continue;
        }
        if (c < '0' || c > '9') return tl::unexpected(DecimalError::malformed);
        if (magnitude(coefficient) >= power_of_ten(digits_max)) return tl::unexpected(DecimalError::overflow);
        coefficient = coefficient * 10 + (c - '0');
        point ? ++scale : ++digits_before_point;
    }
    if (digits_before_point == 0 || (point && scale == 0)) return tl::unexpected(DecimalError::malformed);
    if (digits_before_point > 1 && text.front() == '0') return tl::unexpected(DecimalError::malformed);
    return checked(negative ? -coefficient : coefficient, scale);
}

constexpr Result<Decimal, DecimalError> Decimal::plus(Decimal other) const noexcept {
    const int scale = scale_ > other.scale_ ? scale_ : other.scale_;
    const Wide lift_this = power_of_ten(scale - scale_);
    const Wide lift_other = power_of_ten(scale - other.scale_);
    if (!multiply_fits(coefficient_, lift_this) || !multiply_fits(other.coefficient_, lift_other))
        return tl::unexpected(DecimalError::overflow);
    return checked(coefficient_ * lift_this + other.coefficient_ * lift_other, scale);
}

constexpr Result<Decimal, DecimalError> Decimal::times(Decimal other) const noexcept {
    if (!multiply_fits(coefficient_, other.coefficient_)) return tl::unexpected(DecimalError::overflow);
    return checked(coefficient_ * other.coefficient_, scale_ + other.scale_);
}

constexpr Decimal::Wide Decimal::rounded_quotient(bool negative, Wide quotient, Wide rest, Wide divisor,
                                                  RoundingMode mode) noexcept {
    const bool above_half = rest > divisor - rest;
    const bool half = rest == divisor - rest;
    bool away = false;
    switch (mode) {
        case RoundingMode::down:
            break;
        case RoundingMode::up:
            away = rest != 0;
            break;
        case RoundingMode::floor:
            away = negative && rest != 0;
            break;
        case RoundingMode::ceiling:
            away = !negative && rest != 0;
            break;
        case RoundingMode::half_up:
            away = above_half || half;
            break;
        case RoundingMode::half_even:
            away = above_half || (half && quotient % 2 != 0);
            break;
    }
    return away ? quotient + 1 : quotient;
}

constexpr Decimal Decimal::rounded(int scale, RoundingMode mode) const noexcept {
    if (scale >= scale_) return *this;
    const int target = scale < 0 ? 0 : scale;
    const Wide divisor = power_of_ten(scale_ - target);
    const Wide digits = magnitude(coefficient_);
    const Wide quotient = rounded_quotient(is_negative(), digits / divisor, digits % divisor, divisor, mode);
    return normal(is_negative() ? -quotient : quotient, target);
}

/// Long division: one digit at a time, so that no intermediate is larger than ten times a coefficient.
constexpr Result<Decimal, DecimalError> Decimal::divided_by(Decimal divisor, int scale,
                                                            RoundingMode mode) const noexcept {
    if (divisor.is_zero()) return tl::unexpected(DecimalError::division_by_zero);
    if (scale < 0 || scale > scale_max) return tl::unexpected(DecimalError::overflow);
    const bool negative = is_negative() != divisor.is_negative();
    Wide denominator = magnitude(divisor.coefficient_);
    int shift = scale + divisor.scale_ - scale_;
    // Beyond 10^38 the quotient is below a hundredth of the last digit: a cap rounds the same.
    for (; shift < 0; ++shift)
        denominator = denominator >= power_of_ten(37) ? power_of_ten(38) - 1 : denominator * 10;
    Wide quotient = magnitude(coefficient_) / denominator;
    Wide rest = magnitude(coefficient_) % denominator;
    int digits_left = shift;
    for (; digits_left > 0 && rest != 0; --digits_left) {
        if (quotient >= power_of_ten(digits_max)) return tl::unexpected(DecimalError::overflow);
        quotient = quotient * 10 + rest * 10 / denominator;
        rest = rest * 10 % denominator;
    }
    if (rest != 0) quotient = rounded_quotient(negative, quotient, rest, denominator, mode);
    // An exact quotient may end before the last decimal asked for.
    int reached = scale - digits_left;
    for (; reached < 0; ++reached) {
        if (quotient >= power_of_ten(digits_max)) return tl::unexpected(DecimalError::overflow);
        quotient *= 10;
    }
    return checked(negative ? -quotient : quotient, reached);
}

constexpr std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) noexcept {
    using Wide = Decimal::Wide;
    if (a.is_negative() != b.is_negative())
        return a.is_negative() ? std::strong_ordering::less : std::strong_ordering::greater;
    const Wide unit_a = Decimal::power_of_ten(a.scale_);
    const Wide unit_b = Decimal::power_of_ten(b.scale_);
    if (const auto whole = a.coefficient_ / unit_a <=> b.coefficient_ / unit_b; whole != 0) return whole;
    // Fractions below 10^18 each, lifted by at most 10^18: no overflow.
    return (a.coefficient_ % unit_a) * unit_b <=> (b.coefficient_ % unit_b) * unit_a;
}

[[nodiscard]] std::string to_text(const Decimal& value);
[[nodiscard]] bool from_text(std::string_view text, Decimal& value);
[[nodiscard]] std::string_view to_string(DecimalError error) noexcept;

}  // namespace ibkr::events
