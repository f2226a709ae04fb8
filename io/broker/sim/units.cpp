#include "io/broker/sim/units.hpp"

#include <cassert>
#include <charconv>
#include <string>

namespace ibkr::io::sim {
namespace {

__extension__ using Wide = __int128;
constexpr std::int64_t units_max = 1'000'000'000'000'000;

std::int64_t rounded(Wide numerator, Wide denominator) noexcept {
    assert(denominator > 0);
    const bool negative = numerator < 0;
    const Wide magnitude = negative ? -numerator : numerator;
    Wide quotient = magnitude / denominator;
    const Wide rest = magnitude % denominator;
    const Wide to_next = denominator - rest;
    if (rest > to_next || (rest == to_next && quotient % 2 != 0)) ++quotient;
    return static_cast<std::int64_t>(negative ? -quotient : quotient);
}

}  // namespace

std::optional<std::int64_t> units_of(const events::Decimal& value, int scale) {
    if (value.scale() > scale) return std::nullopt;
    std::string text = value.to_string(scale);
    std::erase(text, '.');
    std::int64_t units = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), units);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (units > units_max || units < -units_max) return std::nullopt;
    return units;
}

std::int64_t divide_half_even(std::int64_t numerator, std::int64_t denominator) noexcept {
    return rounded(numerator, denominator);
}

std::int64_t scale_half_even(std::int64_t a, std::int64_t b, std::int64_t denominator) noexcept {
    return rounded(static_cast<Wide>(a) * b, denominator);
}

}  // namespace ibkr::io::sim
