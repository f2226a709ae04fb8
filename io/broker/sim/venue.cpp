#include "io/broker/sim/venue.hpp"

#include <algorithm>
#include <tuple>

#include "io/broker/sim/accounts.hpp"
#include "io/broker/sim/matching.hpp"
#include "io/broker/sim/order_entry.hpp"
#include "io/broker/sim/venue_internal.hpp"

namespace ibkr::io {
namespace {

constexpr sim::Millis quote_interval = 1'000;  ///< the venue stamps its quotes every second

events::Result<const sim::Instrument*> listed(const events::ContractId& id) {
    if (const sim::Instrument* instrument = sim::find_instrument(id)) return instrument;
    return events::failure(events::ErrorCode::input_invalid_contract,
                           "the simulated venue lists no contract with this id",
                           "search with `ibkr-agent contracts search TEXT`");
}

events::Result<const sim::Instrument*> quoted(const events::ContractId& id) {
    auto instrument = listed(id);
    if (!instrument || (*instrument)->is_traded()) return instrument;
    return events::failure(events::ErrorCode::input_unsupported_asset_class,
                           "the simulated venue quotes stocks and ETFs only");
}

engine::BrokerPosition position_report(const events::AccountId& account, const sim::Holding& holding,
                                       const sim::Market& market, sim::Millis now) {
    const sim::Cents last = market.at(*holding.instrument, now).last;
    const sim::Cents value = holding.quantity * last;
    const auto cost =
        sim::decimal_of(holding.basis)
            .divided_by(events::Decimal::whole(holding.quantity), 6, events::RoundingMode::half_even)
            .value_or(events::Decimal{});
    return {account,
            contract_of(*holding.instrument),
            events::Quantity::whole(holding.quantity),
            events::Price(cost),
            sim::price_of(last),
            sim::decimal_of(value),
            sim::decimal_of(value - holding.basis),
            events::Timestamp(now)};
}

template <class Rows, class Report>
auto reports(const Rows& rows, Report report) {
    std::vector<decltype(report(rows.front()))> result;
    result.reserve(rows.size());
    std::ranges::transform(rows, std::back_inserter(result), report);
    return result;
}

}  // namespace

std::vector<engine::BrokerAccount> venue_accounts() {
    return reports(sim::account_terms(), [](const sim::AccountTerms& account) {
        return engine::BrokerAccount{events::AccountId(std::string(account.account_id)),
                                     std::string(account.label), account.mode, events::Currency{}};
    });
}

events::Result<std::unique_ptr<engine::Broker>> SimulatedVenue::open(const std::string& path,
                                                                     const VenueSettings& settings) {
    auto book = sim::BookStore::open(path, settings.seed, settings.clock.now().unix_ms());
    if (!book) return events::failure(std::move(book.error()));
    return std::make_unique<SimulatedVenue>(std::move(*book), settings);
}

SimulatedVenue::SimulatedVenue(std::unique_ptr<sim::BookStore> book, const VenueSettings& settings)
    : book_(std::move(book)),
      clock_(settings.clock),
      faults_(settings.faults),
      market_(book_->seed(), book_->created()) {}

sim::Millis SimulatedVenue::carry_to_now() {
    const sim::Millis recorded = book_->clock();
    const sim::Millis now = std::max({recorded, seen_, clock_.now().unix_ms()});
    if (book_->failure()) return now;
    seen_ = now;
    std::vector<Booking> bookings;
    for (sim::BookOrder& order : book_->open_orders()) {
        const sim::BookOrder before = order;
        const auto fills = sim::match_through(order, market_, recorded, now);
        if (order == before) continue;
        book_->update_order(order);
        std::ranges::move(bookings_of(order, fills), std::back_inserter(bookings));
    }
    // What a position costs depends on the sequence of its fills, so they are booked as they happened.
    std::ranges::sort(bookings, {}, [](const Booking& b) {
        return std::tuple(b.execution.fill.at, b.execution.order_id, b.execution.number);
    });
    book(bookings);
    // Between slots the market stands still, so a read writes nothing then.
    if (now >= sim::Market::next_slot(recorded)) book_->set_clock(now);
    return now;
}

std::vector<SimulatedVenue::Booking> SimulatedVenue::bookings_of(const sim::BookOrder& order,
                                                                 std::span<const sim::Fill> fills) {
    std::vector<Booking> result;
    std::int64_t number = order.fills - static_cast<std::int64_t>(fills.size());
    for (const sim::Fill& fill : fills)
        result.push_back({order.account_id, {order.order_id, ++number, order.instrument, order.side, fill}});
    return result;
}

void SimulatedVenue::book(std::span<const Booking> bookings) {
    for (const auto& [account_id, execution] : bookings) {
        if (book_->failure()) return;
        sim::CashState cash = book_->cash_of(account_id);
        sim::Holding holding{execution.instrument, 0, 0};
        for (const sim::Holding& held : book_->holdings_of(account_id))
            if (held.instrument == execution.instrument) holding = held;
        sim::book_fill(cash, holding, execution.side, execution.fill);
        book_->insert_execution(account_id, execution);
        book_->set_cash(account_id, cash);
        book_->set_holding(account_id, holding);
    }
}

std::string_view SimulatedVenue::backend_name() const {
    return venue_backend_name;
}

events::Result<engine::BrokerSession> SimulatedVenue::session() {
    return read([this](sim::Millis now) {
        const events::Timestamp time(now);
        return engine::BrokerSession{"usable", std::string(backend_name()), time, time};
    });
}

events::Result<std::vector<engine::BrokerAccount>> SimulatedVenue::accounts() {
    return venue_accounts();
}

events::Result<engine::BrokerPortfolio> SimulatedVenue::portfolio(const events::AccountId& account) {
    if (const auto known = known_account(account); !known) return events::failure(known.error());
    return read([this, &account](sim::Millis now) {
        const sim::CashState cash = book_->cash_of(account.raw());
        const auto value = sim::value_account(cash, book_->holdings_of(account.raw()),
                                              book_->open_orders_of(account.raw()), market_, now);
        engine::BrokerPortfolio report;
        report.account_id = account;
        report.net_liquidation = sim::decimal_of(value.net_liquidation);
        report.available_funds = sim::decimal_of(value.available_funds);
        report.buying_power = sim::decimal_of(value.buying_power);
        report.gross_position_value = sim::decimal_of(value.gross_position_value);
        report.unrealized_pnl = sim::decimal_of(value.unrealized);
        report.realized_pnl = sim::decimal_of(cash.realized);
        report.cash_balances = {{events::Currency{}, sim::decimal_of(cash.cash)}};
        report.as_of = events::Timestamp(now);
        return report;
    });
}

events::Result<std::vector<engine::BrokerPosition>> SimulatedVenue::positions(
    const events::AccountId& account) {
    if (const auto known = known_account(account); !known) return events::failure(known.error());
    return read([this, &account](sim::Millis now) {
        return reports(book_->holdings_of(account.raw()), [&](const sim::Holding& holding) {
            return position_report(account, holding, market_, now);
        });
    });
}

events::Result<std::vector<events::Contract>> SimulatedVenue::search_contracts(std::string_view query) {
    if (query.empty() || query.size() > query_length_max)
        return events::failure(events::ErrorCode::input_invalid_contract,
                               "a contract search takes 1 to 64 bytes of text");
    return reports(sim::search_instruments(query),
                   [](const sim::Instrument* instrument) { return contract_of(*instrument); });
}

events::Result<events::Contract> SimulatedVenue::contract(const events::ContractId& id) {
    return listed(id).map([](const sim::Instrument* instrument) { return contract_of(*instrument); });
}

events::Result<events::Quote> SimulatedVenue::quote(const events::ContractId& id) {
    const auto instrument = quoted(id);
    if (!instrument) return events::failure(instrument.error());
    return read([this, &id, &instrument](sim::Millis now) {
        const sim::Touch touch = market_.at(**instrument, now);
        return events::Quote{id,
                             sim::price_of(touch.bid),
                             sim::price_of(touch.ask),
                             sim::price_of(touch.last),
                             events::Currency{},
                             events::Timestamp(now - now % quote_interval),
                             clock_.now(),
                             events::DataStatus::live};
    });
}

events::Result<std::vector<engine::Bar>> SimulatedVenue::bars(const events::ContractId& id,
                                                              std::string_view duration,
                                                              std::string_view bar_size) {
    const auto instrument = quoted(id);
    if (!instrument) return events::failure(instrument.error());
    const auto now = read([](sim::Millis moment) { return moment; });
    if (!now) return events::failure(now.error());
    return market_.bars(**instrument, duration, bar_size, *now);
}

events::Result<std::vector<engine::BrokerOrder>> SimulatedVenue::orders(const events::AccountId& account) {
    if (const auto known = known_account(account); !known) return events::failure(known.error());
    return read([this, &account](sim::Millis now) {
        const sim::Millis day_start = sim::next_day_end(now) - sim::Millis{86'400'000};
        return reports(book_->recent_orders_of(account.raw(), day_start), sim::order_report);
    });
}

events::Result<std::optional<engine::BrokerOrder>> SimulatedVenue::find_by_client_order_id(
    const events::AccountId& account, const events::ClientOrderId& id) {
    if (const auto known = known_account(account); !known) return events::failure(known.error());
    return read([this, &account, &id](sim::Millis) {
        const auto order = book_->order_by_client_id(account.raw(), id.text());
        return order ? std::optional(sim::order_report(*order)) : std::nullopt;
    });
}

events::Result<std::vector<events::Execution>> SimulatedVenue::executions(const events::AccountId& account) {
    if (const auto known = known_account(account); !known) return events::failure(known.error());
    return read([this, &account](sim::Millis now) {
        return reports(book_->executions_of(account.raw(), now - executions_kept), sim::execution_report);
    });
}

events::Result<std::vector<events::Execution>> SimulatedVenue::executions_of_order(
    const events::AccountId& account, const events::BrokerOrderId& order) {
    if (const auto known = known_account(account); !known) return events::failure(known.error());
    const auto number = order_number(order);
    if (!number) return std::vector<events::Execution>{};
    return read([this, &account, &number](sim::Millis now) {
        return reports(book_->executions_of_order(account.raw(), *number, now - executions_kept),
                       sim::execution_report);
    });
}

}  // namespace ibkr::io
