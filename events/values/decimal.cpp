#include "events/values/decimal.hpp"

#include <algorithm>

namespace ibkr::events {

std::string Decimal::to_string(int decimals_min) const {
    Wide rest = magnitude(coefficient_);
    std::string reversed;
    const int decimals = std::max(scale_, std::min(decimals_min, scale_max));
    reversed.append(static_cast<std::size_t>(decimals - scale_), '0');
    for (int position = 0; position <= scale_ || rest != 0; ++position) {
        if (position == scale_ && decimals > 0) reversed.push_back('.');
        reversed.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    }
    if (is_negative()) reversed.push_back('-');
    std::reverse(reversed.begin(), reversed.end());
    return reversed;
}

std::string to_text(const Decimal& value) {
    return value.to_string();
}

bool from_text(std::string_view text, Decimal& value) {
    const auto parsed = Decimal::parse(text);
    if (parsed) value = *parsed;
    return parsed.has_value();
}

std::string_view to_string(DecimalError error) noexcept {
    switch (error) {
        case DecimalError::malformed:
            return "not a plain decimal number such as 190 or 190.25";
        case DecimalError::overflow:
            return "more digits than an exact decimal holds (36, of them 18 after the point)";
        case DecimalError::division_by_zero:
            return "division by zero";
    }
    return "unknown decimal error";
}

}  // namespace ibkr::events
