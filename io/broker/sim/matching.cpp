#include "io/broker/sim/matching.hpp"

#include <algorithm>

namespace ibkr::io::sim {
namespace {

using engine::BrokerOrderStatus;
using events::OrderType;
using events::Side;

constexpr Millis day_length = 86'400'000;

bool waits_for_trigger(const BookOrder& order) {
    return !order.triggered &&
           (order.order_type == OrderType::stop || order.order_type == OrderType::stop_limit ||
            order.order_type == OrderType::trailing_stop);
}

Cents trailing_distance(const BookOrder& order) {
    if (order.trailing_amount) return *order.trailing_amount;
    // Checked on entry: a percentage below 100 with at most four decimals, so nothing can overflow.
    const auto part = events::Decimal::of(*order.trail_extreme, 4).times(*order.trailing_percent);
    return *cents_of(part->rounded(2, events::RoundingMode::half_even));
}

Cents trigger_price(BookOrder& order, Cents last) {
    if (order.order_type != OrderType::trailing_stop) return *order.stop_price;
    const bool sell = order.side == Side::sell;
    if (!order.trail_extreme) order.trail_extreme = last;
    order.trail_extreme = sell ? std::max(*order.trail_extreme, last) : std::min(*order.trail_extreme, last);
    const Cents distance = trailing_distance(order);
    return sell ? *order.trail_extreme - distance : *order.trail_extreme + distance;
}

void look_for_trigger(BookOrder& order, Cents last) {
    const Cents stop = trigger_price(order, last);
    order.triggered = order.side == Side::sell ? last <= stop : last >= stop;
}

bool is_marketable(const BookOrder& order, const Touch& touch) {
    if (waits_for_trigger(order)) return false;
    if (!order.limit_price) return true;
    return order.side == Side::buy ? *order.limit_price >= touch.ask : *order.limit_price <= touch.bid;
}

/// Shares the venue will ever fill of this order beyond what it has.
Shares fillable(const BookOrder& order) {
    switch (order.instrument->behaviour) {
        case Behaviour::halted:
        case Behaviour::rejecting:
            return 0;
        case Behaviour::half_only:
            return std::max<Shares>(0, std::max<Shares>(1, order.quantity / 2) - order.filled);
        case Behaviour::ordinary:
        case Behaviour::slow:
            return order.remaining();
    }
    return 0;
}

Fill take(BookOrder& order, Shares quantity, Cents price, Millis moment) {
    order.filled += quantity;
    order.filled_value += price * quantity;
    ++order.fills;
    order.status = order.remaining() == 0 ? BrokerOrderStatus::filled : BrokerOrderStatus::partially_filled;
    order.not_before = moment + slice_interval;
    order.updated = moment;
    return {quantity, price, moment};
}

/// The next moment after `moment` at which the order is looked at.
Millis next_look(const BookOrder& order, Millis moment) {
    const Millis slot = Market::next_slot(moment);
    return order.not_before > moment ? std::min(slot, order.not_before) : slot;
}

}  // namespace

Millis next_day_end(Millis moment) noexcept {
    const Millis today = moment - moment % day_length + day_end_after_midnight;
    return moment < today ? today : today + day_length;
}

std::vector<Fill> match_at(BookOrder& order, const Market& market, Millis moment) {
    if (!order.is_open()) return {};
    const Touch touch = market.at(*order.instrument, moment);
    if (waits_for_trigger(order)) look_for_trigger(order, touch.last);
    if (moment < order.not_before || !is_marketable(order, touch)) return {};
    const Shares quantity = std::min(fillable(order), order.instrument->display);
    if (quantity == 0) return {};
    return {take(order, quantity, order.side == Side::buy ? touch.ask : touch.bid, moment)};
}

std::vector<Fill> match_through(BookOrder& order, const Market& market, Millis from, Millis to) {
    std::vector<Fill> fills;
    Millis last_look = std::min(to, from + idle_matching_max);
    if (order.expires) last_look = std::min(last_look, *order.expires - 1);
    Millis moment = from;
    while (order.is_open() && fillable(order) > 0) {
        moment = next_look(order, moment);
        if (moment > last_look) break;
        std::ranges::copy(match_at(order, market, moment), std::back_inserter(fills));
    }
    if (order.is_open() && order.expires && to >= *order.expires) {
        order.status = BrokerOrderStatus::expired;
        order.updated = *order.expires;
        order.reason = "the venue's day ended";
    }
    return fills;
}

}  // namespace ibkr::io::sim
