#pragma once

#include <optional>
#include <string>

#include "io/broker/sim/venue.hpp"

namespace ibkr::io {

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

}  // namespace ibkr::io
