#include "io/broker/sim/order_entry.hpp"

#include "io/broker/sim/matching.hpp"

namespace ibkr::io::sim {
namespace {

using events::OrderType;

constexpr int percent_decimals_max = 4;

/// Which of the four price fields an order type takes; a trailing stop takes one of its two.
struct PriceFields {
    bool limit;
    bool stop;
    bool trailing;
};

constexpr PriceFields fields_of(OrderType type) noexcept {
    switch (type) {
        case OrderType::limit:
            return {true, false, false};
        case OrderType::market:
            return {false, false, false};
        case OrderType::stop:
            return {false, true, false};
        case OrderType::stop_limit:
            return {true, true, false};
        case OrderType::trailing_stop:
            return {false, false, true};
    }
    return {false, false, false};
}

/// Puts a price into `field`; the refusal says what is wrong with it, empty when nothing is.
Refusal set_price(const events::Decimal& value, std::optional<Cents>& field) {
    const auto cents = cents_of(value);
    if (!cents) return "a price is not on the tick of 0.01";
    if (*cents <= 0 || *cents > price_cents_max) return "a price is not between 0.01 and 1000000.00";
    field = cents;
    return {};
}

Refusal set_percent(const events::Decimal& value, std::optional<events::Decimal>& field) {
    if (!value.is_positive() || value >= events::Decimal::whole(100) || value.scale() > percent_decimals_max)
        return "a trailing percentage is not between 0.0001 and 99.9999";
    field = value;
    return {};
}

Refusal set_quantity(const events::Quantity& value, Shares& field) {
    const auto shares = units_of(value.value(), 0);
    if (!shares || *shares <= 0 || *shares > order_shares_max)
        return "the quantity is not a whole number of 1 to 1000000 shares";
    field = *shares;
    return {};
}

Refusal check_fields(const BookOrder& order) {
    const PriceFields takes = fields_of(order.order_type);
    if (takes.limit != order.limit_price.has_value())
        return takes.limit ? "a limit price is missing" : "this order type takes no limit price";
    if (takes.stop != order.stop_price.has_value())
        return takes.stop ? "a stop price is missing" : "this order type takes no stop price";
    const int trailing = (order.trailing_amount ? 1 : 0) + (order.trailing_percent ? 1 : 0);
    if (trailing != (takes.trailing ? 1 : 0))
        return takes.trailing ? "a trailing stop takes either an amount or a percentage"
                              : "this order type takes no trailing value";
    return {};
}

void set_lifetime(BookOrder& order, events::TimeInForce lifetime, Millis now) {
    order.time_in_force = lifetime;
    order.expires.reset();
    if (lifetime == events::TimeInForce::day) order.expires = next_day_end(now);
}

Refusal set_terms(BookOrder& order, const events::OrderTerms& terms) {
    Refusal refusal = set_quantity(terms.quantity, order.quantity);
    if (refusal.empty() && terms.limit_price)
        refusal = set_price(terms.limit_price->value(), order.limit_price);
    if (refusal.empty() && terms.stop_price) refusal = set_price(terms.stop_price->value(), order.stop_price);
    if (refusal.empty() && terms.trailing_amount)
        refusal = set_price(*terms.trailing_amount, order.trailing_amount);
    if (refusal.empty() && terms.trailing_percent)
        refusal = set_percent(*terms.trailing_percent, order.trailing_percent);
    return refusal.empty() ? check_fields(order) : refusal;
}

Refusal set_changes(BookOrder& order, const engine::ModifyRequest& request) {
    Refusal refusal;
    if (request.quantity) refusal = set_quantity(*request.quantity, order.quantity);
    if (refusal.empty() && request.limit_price)
        refusal = set_price(request.limit_price->value(), order.limit_price);
    if (refusal.empty() && request.stop_price)
        refusal = set_price(request.stop_price->value(), order.stop_price);
    if (request.trailing_amount || request.trailing_percent) {
        order.trailing_amount.reset();
        order.trailing_percent.reset();
    }
    if (refusal.empty() && request.trailing_amount)
        refusal = set_price(*request.trailing_amount, order.trailing_amount);
    if (refusal.empty() && request.trailing_percent)
        refusal = set_percent(*request.trailing_percent, order.trailing_percent);
    return refusal.empty() ? check_fields(order) : refusal;
}

}  // namespace

tl::expected<BookOrder, Refusal> enter_order(const engine::SubmitRequest& request, Millis now) {
    BookOrder order;
    order.instrument = find_instrument(request.terms.contract.contract_id);
    if (order.instrument == nullptr) return tl::unexpected(Refusal("the contract is not listed here"));
    if (!order.instrument->is_traded())
        return tl::unexpected(Refusal("the venue trades stocks and ETFs only"));
    order.account_id = request.account_id.raw();
    order.client_order_id = request.client_order_id.text();
    order.side = request.terms.side;
    order.order_type = request.terms.order_type;
    set_lifetime(order, request.terms.time_in_force, now);
    order.created = now;
    order.updated = now;
    if (order.instrument->behaviour == Behaviour::slow) order.not_before = now + slow_delay;
    if (Refusal refusal = set_terms(order, request.terms); !refusal.empty())
        return tl::unexpected(std::move(refusal));
    return order;
}

tl::expected<BookOrder, Refusal> change_order(BookOrder order, const engine::ModifyRequest& request,
                                              Millis now) {
    const BookOrder before = order;
    if (Refusal refusal = set_changes(order, request); !refusal.empty())
        return tl::unexpected(std::move(refusal));
    if (request.time_in_force && *request.time_in_force != order.time_in_force)
        set_lifetime(order, *request.time_in_force, now);
    if (order == before) return tl::unexpected(Refusal("nothing to change"));
    if (order.quantity < order.filled)
        return tl::unexpected(Refusal("the quantity is below what is already filled"));
    if (order.remaining() == 0) order.status = engine::BrokerOrderStatus::filled;
    order.updated = now;
    return order;
}

engine::BrokerOrder order_report(const BookOrder& order) {
    const auto price = [](std::optional<Cents> cents) {
        return cents ? std::optional(price_of(*cents)) : std::nullopt;
    };
    engine::BrokerOrder report;
    report.account_id = events::AccountId(order.account_id);
    report.broker_order_id = events::BrokerOrderId(std::to_string(order.order_id));
    report.client_order_id = events::ClientOrderId(order.client_order_id);
    report.terms.contract = contract_of(*order.instrument);
    report.terms.side = order.side;
    report.terms.quantity = events::Quantity::whole(order.quantity);
    report.terms.order_type = order.order_type;
    report.terms.time_in_force = order.time_in_force;
    report.terms.limit_price = price(order.limit_price);
    report.terms.stop_price = price(order.stop_price);
    if (order.trailing_amount) report.terms.trailing_amount = decimal_of(*order.trailing_amount);
    report.terms.trailing_percent = order.trailing_percent;
    report.status = order.status;
    report.filled_quantity = events::Quantity::whole(order.filled);
    if (order.filled > 0)
        if (const auto average =
                decimal_of(order.filled_value)
                    .divided_by(events::Decimal::whole(order.filled), 6, events::RoundingMode::half_even))
            report.average_fill_price = events::Price(*average);
    report.reason = order.reason;
    report.created_at = events::Timestamp(order.created);
    report.updated_at = events::Timestamp(order.updated);
    return report;
}

events::Execution execution_report(const BookExecution& execution) {
    const std::string order_id = std::to_string(execution.order_id);
    return {events::ExecutionId(order_id + "." + std::to_string(execution.number)),
            events::BrokerOrderId(order_id),
            {},
            events::ContractId(std::to_string(execution.instrument->number)),
            execution.side,
            events::Quantity::whole(execution.fill.quantity),
            price_of(execution.fill.price),
            events::Currency{},
            events::Timestamp(execution.fill.at)};
}

}  // namespace ibkr::io::sim
