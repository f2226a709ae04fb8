#include "projections/row_internal.hpp"

namespace ibkr::projections {

tl::unexpected<events::Error> damaged_row(std::string_view table) {
    auto failed = events::failure(events::ErrorCode::audit_write_failed,
                                  "projection database: a row of " + std::string(table) + " is damaged",
                                  std::string(rebuild_advice));
    failed.value().retryable = false;
    return failed;
}

events::Decimal add_or_largest(const events::Decimal& a, const events::Decimal& b) {
    static const events::Decimal largest =
        events::Decimal::parse("999999999999999999999999999999999999").value();
    if (const auto sum = a.plus(b)) return *sum;
    const bool negative = a.absolute() > b.absolute() ? a.is_negative() : b.is_negative();
    return negative ? largest.negated() : largest;
}

}  // namespace ibkr::projections
