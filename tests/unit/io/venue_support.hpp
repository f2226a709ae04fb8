#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "engine/ports/clock.hpp"
#include "io/broker/sim/venue.hpp"

namespace ibkr::io::venue_test {

inline const events::AccountId paper{"DU1234567"};
inline const events::AccountId live{"U1234567"};

/// 2026-01-05T15:00:00Z, six hours before the venue's day ends; a multiple of the market's slot.
inline constexpr events::Timestamp start{1'767'625'200'000};

inline events::Decimal decimal(std::string_view text) {
    return events::Decimal::parse(text).value();
}
inline events::Price price(std::string_view text) {
    return events::Price(decimal(text));
}

inline std::unique_ptr<engine::Broker> open_venue(engine::Clock& clock, const std::string& path = ":memory:",
                                                  std::uint64_t seed = 1, VenueFaults* faults = nullptr) {
    auto venue = SimulatedVenue::open(path, VenueSettings{seed, clock, faults});
    REQUIRE(venue.has_value());
    return *std::move(venue);
}

/// A limit order for the paper account; change what a test is about.
inline engine::SubmitRequest limit_order(std::string client_id, std::string contract, events::Side side,
                                         std::int64_t quantity, std::string_view limit) {
    engine::SubmitRequest request;
    request.account_id = paper;
    request.environment = events::Environment::paper;
    request.client_order_id = events::ClientOrderId(std::move(client_id));
    request.terms.contract.contract_id = events::ContractId(std::move(contract));
    request.terms.side = side;
    request.terms.quantity = events::Quantity::whole(quantity);
    request.terms.order_type = events::OrderType::limit;
    request.terms.time_in_force = events::TimeInForce::day;
    request.terms.limit_price = price(limit);
    return request;
}

inline engine::CancelRequest cancel_of(const events::BrokerOrderId& id, std::string client_id) {
    return {paper, events::Environment::paper, id, events::ClientOrderId(std::move(client_id))};
}
inline engine::ModifyRequest modify_of(const events::BrokerOrderId& id, std::string client_id = "p-1") {
    engine::ModifyRequest request;
    request.account_id = paper;
    request.environment = events::Environment::paper;
    request.broker_order_id = id;
    request.client_order_id = events::ClientOrderId(std::move(client_id));
    return request;
}

inline engine::BrokerOrder order_of(engine::Broker& venue, const std::string& client_id) {
    const auto found = venue.find_by_client_order_id(paper, events::ClientOrderId(client_id));
    REQUIRE(found.has_value());
    REQUIRE(found->has_value());
    return **found;
}

/// A copy of what a read gave, safe to iterate over.
template <class T>
T value_of(events::Result<T> result) {
    return std::move(result).value();
}

/// A property as a test: RapidCheck's 100 cases, the counterexample printed by RapidCheck.
template <class Property>
void check_property(const char* description, Property property) {
    CHECK(rc::check(description, property));
}

/// Answers, orders, executions, positions and cash as one text, to compare books by.
inline std::string book_text(engine::Broker& venue) {
    std::string text;
    for (const auto& account : {paper, live}) {
        for (const auto& order : value_of(venue.orders(account)))
            text += order.broker_order_id.text() + " " + order.client_order_id.text() + " " +
                    std::string(events::name_of(order.status)) + " " + to_text(order.filled_quantity) + "/" +
                    to_text(order.terms.quantity) + " " + order.updated_at.to_string() + " " + order.reason +
                    "\n";
        for (const auto& fill : value_of(venue.executions(account)))
            text += fill.execution_id.text() + " " + to_text(fill.quantity) + "@" + to_text(fill.price) +
                    " " + fill.executed_at.to_string() + "\n";
        for (const auto& position : value_of(venue.positions(account)))
            text += position.contract.symbol + " " + to_text(position.quantity) + " " +
                    to_text(position.average_cost) + "\n";
        const auto portfolio = venue.portfolio(account).value();
        text += to_text(portfolio.cash_balances.front().amount) + " " + to_text(portfolio.realized_pnl) +
                " " + to_text(portfolio.net_liquidation) + " " + to_text(portfolio.available_funds) + "\n";
    }
    return text;
}

}  // namespace ibkr::io::venue_test
