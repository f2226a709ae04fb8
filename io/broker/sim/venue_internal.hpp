#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/broker/sim/accounts.hpp"
#include "io/broker/sim/venue.hpp"

namespace ibkr::io {

inline constexpr std::string_view venue_backend_name = "simulated_venue";

/// The accounts there are, whatever the book says.
[[nodiscard]] std::vector<engine::BrokerAccount> venue_accounts();

template <class Body>
auto SimulatedVenue::read(Body body) -> events::Result<decltype(body(sim::Millis{}))> {
    if (!book_->begin()) return events::failure(*book_->failure());
    auto result = body(carry_to_now());
    if (book_->commit()) return result;
    book_->rollback();
    return events::failure(*book_->failure());
}

[[nodiscard]] inline events::Result<void> known_account(const events::AccountId& account) {
    if (sim::find_account(account.raw()) != nullptr) return {};
    return events::failure(events::ErrorCode::input_unauthorized_account,
                           "the simulated venue has no such account");
}

/// The book's number of an order; nothing when the id is not one of this venue's.
[[nodiscard]] inline std::optional<std::int64_t> order_number(const events::BrokerOrderId& id) {
    const std::string& text = id.text();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace ibkr::io
