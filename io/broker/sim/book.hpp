#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/ports/broker.hpp"
#include "io/broker/sim/instruments.hpp"
#include "io/broker/sim/units.hpp"

namespace ibkr::io::sim {

/// One order as the book holds it. Invariants: 1. 0 <= filled <= quantity. 2. `filled_value` is the sum of
/// price x shares over its `fills` executions. 3. A terminal order never changes again.
struct BookOrder {
    std::int64_t order_id = 0;  ///< 1001, 1002, ... in the order of arrival, over all accounts
    std::string account_id;
    std::string client_order_id;  ///< unique within the account for ever
    const Instrument* instrument = nullptr;
    events::Side side = events::Side::buy;
    events::OrderType order_type = events::OrderType::limit;
    events::TimeInForce time_in_force = events::TimeInForce::day;
    Shares quantity = 0;
    std::optional<Cents> limit_price;
    std::optional<Cents> stop_price;
    std::optional<Cents> trailing_amount;
    std::optional<events::Decimal> trailing_percent;

    engine::BrokerOrderStatus status = engine::BrokerOrderStatus::working;
    Shares filled = 0;
    Cents filled_value = 0;
    std::int64_t fills = 0;
    bool triggered = false;              ///< a stop or trailing stop has gone off
    std::optional<Cents> trail_extreme;  ///< best last price since arrival (trailing stop)
    Millis not_before = 0;               ///< no fill before this moment
    std::optional<Millis> expires;       ///< end of the venue's day; none when good till cancelled
    Millis created = 0;
    Millis updated = 0;
    std::string reason;

    [[nodiscard]] Shares remaining() const noexcept { return quantity - filled; }
    [[nodiscard]] bool is_open() const noexcept {
        return status == engine::BrokerOrderStatus::working ||
               status == engine::BrokerOrderStatus::partially_filled ||
               status == engine::BrokerOrderStatus::pending;
    }
    friend bool operator==(const BookOrder&, const BookOrder&) = default;
};

/// One fill of an order, before it is booked.
struct Fill {
    Shares quantity;
    Cents price;
    Millis at;
    friend bool operator==(const Fill&, const Fill&) = default;
};

/// A booked fill. Its execution id is "<order id>.<number>", number 1, 2, ... within the order.
struct BookExecution {
    std::int64_t order_id = 0;
    std::int64_t number = 0;
    const Instrument* instrument = nullptr;
    events::Side side = events::Side::buy;
    Fill fill{};
};

struct CashState {
    Cents cash = 0;
    Cents realized = 0;  ///< profit and loss of what was closed, since the book was made
};

/// Signed: short below zero. `basis` is what the open shares cost, with the sign of `quantity`.
struct Holding {
    const Instrument* instrument = nullptr;
    Shares quantity = 0;
    Cents basis = 0;
};

}  // namespace ibkr::io::sim
