#include "engine/payloads/payload_parts.hpp"

#include "events/redaction/redaction.hpp"

namespace ibkr::engine {
namespace {

constexpr std::size_t answered_text_bytes_max = 512;
constexpr int amount_decimals_min = 2;
constexpr int average_decimals = 8;

}  // namespace

std::string amount_text(const events::Decimal& amount) {
    return amount.to_string(amount_decimals_min);
}
std::string amount_text(const events::Price& price) {
    return amount_text(price.value());
}

std::string outside_text(std::string_view text) {
    static const events::Redactor redactor;
    return redactor.text(text, answered_text_bytes_max);
}

std::string average_price_text(const events::Decimal& value, const events::Quantity& quantity) {
    const auto average =
        value.divided_by(quantity.value(), average_decimals, events::RoundingMode::half_even);
    return amount_text(average.value_or(events::Decimal{}));
}

}  // namespace ibkr::engine
