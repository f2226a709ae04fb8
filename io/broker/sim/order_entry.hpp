#pragma once

#include <string>

#include <tl/expected.hpp>

#include "engine/ports/broker.hpp"
#include "io/broker/sim/book.hpp"

namespace ibkr::io::sim {

/// What the venue tells a sender whose request it does not take; holds no account id.
using Refusal = std::string;

/// Reads a request as an order that arrives at `now`: a listed stock or ETF, 1 to 1,000,000 whole shares,
/// prices on the tick of 0.01 up to 1,000,000.00, a trailing percentage below 100 with at most four decimals,
/// and exactly the prices that the order type takes. Neither id nor status is decided here.
[[nodiscard]] tl::expected<BookOrder, Refusal> enter_order(const engine::SubmitRequest& request, Millis now);
/// The open order as the request wants it: at least one change, the quantity not below what is filled. A
/// trailing amount takes the place of a percentage and the other way round.
[[nodiscard]] tl::expected<BookOrder, Refusal> change_order(BookOrder order,
                                                            const engine::ModifyRequest& request, Millis now);

/// How the venue reports an order and a fill.
[[nodiscard]] engine::BrokerOrder order_report(const BookOrder& order);
[[nodiscard]] events::Execution execution_report(const BookExecution& execution);

}  // namespace ibkr::io::sim
