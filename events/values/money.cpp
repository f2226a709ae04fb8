#include "events/values/money.hpp"

#include <algorithm>

namespace ibkr::events {

Result<Currency> Currency::parse(std::string_view text) {
    Currency currency;
    const bool letters = std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (text.size() != 3 || !letters)
        return failure(ErrorCode::order_validation_failed, "a currency is three capital letters such as USD");
    std::copy(text.begin(), text.end(), currency.letters_);
    return currency;
}

std::string to_text(const Quantity& value) {
    return value.value().to_string();
}

bool from_text(std::string_view text, Quantity& value) {
    Decimal number;
    if (!from_text(text, number)) return false;
    value = Quantity(number);
    return true;
}

std::string to_text(const Price& value) {
    return value.value().to_string();
}

bool from_text(std::string_view text, Price& value) {
    Decimal number;
    if (!from_text(text, number)) return false;
    value = Price(number);
    return true;
}

std::string to_text(const Currency& value) {
    return std::string(value.code());
}

bool from_text(std::string_view text, Currency& value) {
    auto parsed = Currency::parse(text);
    if (parsed) value = *parsed;
    return parsed.has_value();
}

}  // namespace ibkr::events
