#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/broker.hpp"
#include "engine/ports/clock.hpp"
#include "io/broker/sim/book_store.hpp"
#include "io/broker/sim/market.hpp"

namespace ibkr::io {

/// Faults of the way to the venue, for tests. Asked once per write, in this order.
class VenueFaults {
public:
    virtual ~VenueFaults() = default;
    /// The request never begins: the answer is `not_sent`.
    [[nodiscard]] virtual bool fail_to_begin(events::Operation) { return false; }
    /// The request is lost on its way: nothing is booked, the answer is `unknown`.
    [[nodiscard]] virtual bool drop_before_commit(events::Operation) { return false; }
    /// The answer is lost on its way back: what was booked stays, the answer is `unknown`.
    [[nodiscard]] virtual bool lose_answer_after_commit(events::Operation) { return false; }
};

struct VenueSettings {
    std::uint64_t seed = 1;         ///< of the market, for a new book; an existing book keeps its own
    engine::Clock& clock;           ///< outlives the venue
    VenueFaults* faults = nullptr;  ///< none, or outlives the venue
};

/// The product's default broker: a small deterministic market with a book of its own on disk.
///
/// Durable: `submit`, `cancel` and `modify` commit (WAL, synchronous FULL) before they answer, so an order
/// whose answer is lost is found by its client order id, by any later process. Venue time is kept in the book
/// and never goes back: the greater of the recorded time and the clock. Each call first carries open orders
/// to the present (`matching.hpp`), then does its work, in one transaction.
///
/// Answers: `confirmed` with the order's id and status; `refused` with a message, nothing booked, or with id
/// and status `rejected` when the venue booked the order as rejected (symbol REJ, buying power); `not_sent`
/// when nothing can have been committed; `unknown` when the commit itself failed. A client order id is taken
/// once per account for ever: again is `refused` "duplicate client order id" without an order id. Paper
/// requests on the live account and live ones on the paper account are refused.
///
/// Accounts DU1234567 (paper) and U1234567 (live), 100,000.00 USD each; the first also holds 10 AAPL that
/// cost 180.00. No commission. At most `open_orders_max` open orders per account. Broker order ids are 1001,
/// 1002, ...; execution ids "<order id>.<n>". `orders` covers the venue's day (it ends at 21:00 UTC),
/// `executions` the last 7 days, at most 10,000.
class SimulatedVenue final : public engine::Broker {
public:
    static constexpr std::size_t open_orders_max = 500;
    static constexpr std::size_t query_length_max = 64;  ///< bytes
    static constexpr sim::Millis executions_kept = sim::Millis{7} * 86'400'000;

    /// `path` is the file `venue.sqlite3` or ":memory:". A file that is damaged, read-only or not a book of
    /// this venue: BROKER_BACKEND_UNAVAILABLE.
    [[nodiscard]] static events::Result<std::unique_ptr<engine::Broker>> open(const std::string& path,
                                                                              const VenueSettings& settings);
    /// For `open`.
    SimulatedVenue(std::unique_ptr<sim::BookStore> book, const VenueSettings& settings);

    [[nodiscard]] std::string_view backend_name() const override;
    [[nodiscard]] bool book_read_proves_absence() const override { return true; }
    [[nodiscard]] bool leaves_process() const override { return false; }

    [[nodiscard]] events::Result<engine::BrokerSession> session() override;
    [[nodiscard]] events::Result<std::vector<engine::BrokerAccount>> accounts() override;
    [[nodiscard]] events::Result<engine::BrokerPortfolio> portfolio(
        const events::AccountId& account) override;
    [[nodiscard]] events::Result<std::vector<engine::BrokerPosition>> positions(
        const events::AccountId& account) override;
    [[nodiscard]] events::Result<std::vector<events::Contract>> search_contracts(
        std::string_view query) override;
    [[nodiscard]] events::Result<events::Contract> contract(const events::ContractId& id) override;
    [[nodiscard]] events::Result<events::Quote> quote(const events::ContractId& id) override;
    [[nodiscard]] events::Result<std::vector<engine::Bar>> bars(const events::ContractId& id,
                                                                std::string_view duration,
                                                                std::string_view bar_size) override;
    [[nodiscard]] events::Result<std::vector<engine::BrokerOrder>> orders(
        const events::AccountId& account) override;
    [[nodiscard]] events::Result<std::optional<engine::BrokerOrder>> find_by_client_order_id(
        const events::AccountId& account, const events::ClientOrderId& id) override;
    [[nodiscard]] events::Result<std::vector<events::Execution>> executions(
        const events::AccountId& account) override;
    [[nodiscard]] events::Result<std::vector<events::Execution>> executions_of_order(
        const events::AccountId& account, const events::BrokerOrderId& order) override;

    [[nodiscard]] engine::BrokerAnswer submit(const engine::SubmitRequest& request) override;
    [[nodiscard]] engine::BrokerAnswer cancel(const engine::CancelRequest& request) override;
    [[nodiscard]] engine::BrokerAnswer modify(const engine::ModifyRequest& request) override;

private:
    struct Booking {
        std::string account_id;
        sim::BookExecution execution;
    };

    /// Runs `body(now)` in one transaction after open orders were carried to `now`.
    template <class Body>
    auto read(Body body) -> events::Result<decltype(body(sim::Millis{}))>;
    template <class Body>
    engine::BrokerAnswer write(events::Operation operation, Body body);

    [[nodiscard]] sim::Millis carry_to_now();
    /// The newest `fills` of an order whose totals hold them already.
    [[nodiscard]] static std::vector<Booking> bookings_of(const sim::BookOrder& order,
                                                          std::span<const sim::Fill> fills);
    /// Executions, cash and positions, in this sequence.
    void book(std::span<const Booking> bookings);
    /// Whether the rest of the order can be paid; other open orders of the account come first.
    [[nodiscard]] bool is_affordable(const sim::BookOrder& order, sim::Millis now);
    [[nodiscard]] engine::BrokerAnswer place(const engine::SubmitRequest& request, sim::Millis now);
    [[nodiscard]] engine::BrokerAnswer change(const engine::ModifyRequest& request, sim::Millis now);
    [[nodiscard]] engine::BrokerAnswer withdraw(const engine::CancelRequest& request, sim::Millis now);
    /// The account's order, still open; otherwise what to answer.
    [[nodiscard]] tl::expected<sim::BookOrder, engine::BrokerAnswer> open_order(
        const events::AccountId& account, events::Environment environment, const events::BrokerOrderId& id,
        const events::ClientOrderId& owner);

    std::unique_ptr<sim::BookStore> book_;
    engine::Clock& clock_;
    VenueFaults* faults_;
    sim::Market market_;
    sim::Millis seen_ = 0;  ///< latest venue time this object has shown
};

}  // namespace ibkr::io
