#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/broker.hpp"
#include "engine/ports/clock.hpp"
#include "tests/simulation/world/random.hpp"

namespace ibkr::simulation {

/// What becomes of one broker write on its way.
enum class WriteFault : std::uint8_t {
    none,
    lose_request,   ///< never arrives
    lose_answer,    ///< processed; the answer never arrives
    deliver_twice,  ///< the broker gets it twice and answers the second one
    refuse,         ///< a definite no
    hold_up,        ///< arrives only later, perhaps after ones that were sent after it; no answer comes
                    ///< (network brokers)
    answer_late,    ///< processed at once; its answer comes when other things have happened
};
inline constexpr std::uint64_t write_faults = 7;
[[nodiscard]] std::string_view name_of(WriteFault fault) noexcept;

/// Lists of a network broker that are not of now.
struct StaleReads {
    std::int64_t orders_ms = 0;      ///< orders are listed, and looked up, as they were so long ago
    std::int64_t executions_ms = 0;  ///< executions likewise
};

/// A broker with an order book of truth of its own; it outlives the engine. It has one stock, fills only when
/// told to, and never trusts a client: two orders that arrive are two orders. Shares no code with the
/// simulated venue.
class BrokerModel final : public engine::Broker {
public:
    /// `is_local`: a venue beside the log, whose book is complete at every read. Otherwise a broker across a
    /// network: its reads may lag, and absence from them proves nothing.
    BrokerModel(engine::VirtualClock& clock, bool is_local) : clock_(clock), is_local_(is_local) {}

    /// An order as the broker itself knows it.
    struct Truth {
        engine::BrokerOrder order;
        events::Timestamp listed_from;  ///< reads show it from then on
        std::vector<engine::BrokerOrder>
            versions;  ///< as it was before, the oldest first; `order` is the last
        [[nodiscard]] bool live() const;
        [[nodiscard]] events::Quantity open_quantity() const;  ///< what may still fill
    };
    [[nodiscard]] const std::vector<Truth>& book() const { return book_; }
    /// What filled, oldest first, and of which order.
    struct Fill {
        events::Execution execution;
        events::Timestamp listed_from;
        events::ClientOrderId client_order_id;
    };
    [[nodiscard]] const std::vector<Fill>& fills() const { return fills_; }
    [[nodiscard]] events::Quantity position() const;
    /// Requests that began, by client order id: an order is sent once, ever.
    [[nodiscard]] const std::map<events::ClientOrderId, int>& submits_begun() const { return submits_begun_; }
    [[nodiscard]] bool is_local() const { return is_local_; }

    // What the market and other people do. `nth` counts live orders, modulo their number; false: there is
    // none.
    bool fill(std::uint64_t nth, std::int64_t units);
    /// What has filled is not rejected any more, but cancelled.
    bool end(std::uint64_t nth, engine::BrokerOrderStatus status);
    /// The order that these two mean; nullptr: there is none.
    [[nodiscard]] const Truth* live_order(std::uint64_t nth) const;
    /// Every accepted limit order at or above this price fills at once.
    void fill_at_or_above(std::int64_t price) { fill_from_ = price; }

    // Faults.
    /// `ms`: how long a request is held up, or an answer is late. `meanwhile`: what else happens before a
    /// late answer; it must not call the broker, which takes one call at a time.
    void next_write(WriteFault fault, std::int64_t ms = hold_up_ms,
                    std::function<void()> meanwhile = nullptr) {
        write_faults_.push_back({fault, ms, std::move(meanwhile)});
    }
    void before_next_write(std::function<void()> event) { before_write_ = std::move(event); }
    void set_lag_ms(std::int64_t ms) { lag_ms_ = is_local_ ? 0 : ms; }
    void set_reads_fail(bool fail) { reads_fail_ = fail; }
    void set_executions_twice(bool twice) { executions_twice_ = twice; }
    void set_says_live(bool live) { says_live_ = live; }
    /// Whether executions carry the client order id.
    void set_names_owner(bool names) { names_owner_ = names; }
    void set_quote_age_ms(std::int64_t ms) { quote_age_ms_ = ms; }
    /// A network broker lists orders and executions in an order that each read draws anew; nullopt: no more.
    void set_shuffled(std::optional<std::uint64_t> seed);
    void set_stale(StaleReads stale) { stale_ = is_local_ ? StaleReads{} : stale; }
    /// Its order list may be an old one.
    [[nodiscard]] bool lists_old_orders() const { return stale_.orders_ms > 0; }
    [[nodiscard]] bool executions_twice() const { return executions_twice_; }
    [[nodiscard]] bool shuffled() const { return shuffle_.has_value(); }
    [[nodiscard]] bool reads_fail() const { return reads_fail_; }
    [[nodiscard]] bool says_live() const { return says_live_; }
    /// The session ends and begins anew: a network broker gives out the ids of its newest orders again,
    /// those of orders that live too.
    void restart_session(std::int64_t ids_back);
    /// Requests that were held up and are due by now arrive, in the order in which they are due.
    void deliver_held_up();
    void heal();
    static constexpr std::int64_t hold_up_ms = 4'000;
    static constexpr std::int64_t hold_up_ms_max = 20'000;

    /// Asked when a write begins, before anything happens to it.
    std::function<void(const engine::SubmitRequest&)> on_submit;
    std::function<void(const engine::CancelRequest&)> on_cancel;
    std::function<void(const engine::ModifyRequest&)> on_modify;
    /// Told of each fault that took effect, by its name, and of the order it met.
    std::function<void(std::string_view fault, const events::ClientOrderId& order)> on_fault;

    [[nodiscard]] static events::AccountId account() { return events::AccountId("DU2468024"); }
    [[nodiscard]] static events::Contract stock();

    std::string_view backend_name() const override { return "broker_model"; }
    bool book_read_proves_absence() const override { return is_local_; }
    bool leaves_process() const override { return !is_local_; }
    events::Result<engine::BrokerSession> session() override;
    events::Result<std::vector<engine::BrokerAccount>> accounts() override;
    events::Result<engine::BrokerPortfolio> portfolio(const events::AccountId& account) override;
    events::Result<std::vector<engine::BrokerPosition>> positions(const events::AccountId& account) override;
    events::Result<std::vector<events::Contract>> search_contracts(std::string_view query) override;
    events::Result<events::Contract> contract(const events::ContractId& id) override;
    events::Result<events::Quote> quote(const events::ContractId& id) override;
    events::Result<std::vector<engine::Bar>> bars(const events::ContractId& id, std::string_view duration,
                                                  std::string_view bar_size) override;
    events::Result<std::vector<engine::BrokerOrder>> orders(const events::AccountId& account) override;
    events::Result<std::optional<engine::BrokerOrder>> find_by_client_order_id(
        const events::AccountId& account, const events::ClientOrderId& id) override;
    events::Result<std::vector<events::Execution>> executions(const events::AccountId& account) override;
    engine::BrokerAnswer submit(const engine::SubmitRequest& request) override;
    engine::BrokerAnswer cancel(const engine::CancelRequest& request) override;
    engine::BrokerAnswer modify(const engine::ModifyRequest& request) override;

private:
    struct NextWrite {
        WriteFault fault = WriteFault::none;
        std::int64_t ms = 0;
        std::function<void()> meanwhile;
    };
    /// Runs one write through its fault: `process` is the broker's own doing.
    engine::BrokerAnswer carry(events::Operation operation, const events::ClientOrderId& order,
                               const std::function<engine::BrokerAnswer()>& process);
    engine::BrokerAnswer deliver_twice(events::Operation operation,
                                       const std::function<engine::BrokerAnswer()>& process);
    NextWrite take_next_write();
    events::ClientOrderId client_id_of(const events::BrokerOrderId& id) const;
    engine::BrokerAnswer place(const engine::SubmitRequest& request);
    engine::BrokerAnswer take_cancel(const engine::CancelRequest& request);
    engine::BrokerAnswer take_modify(const engine::ModifyRequest& request);
    Truth* newest_with(const events::BrokerOrderId& id);
    Truth* nth_live(std::uint64_t nth);
    void execute(Truth& truth, events::Quantity quantity);
    /// After each change of `order`.
    void changed(Truth& truth);
    void met(std::string_view fault, const events::ClientOrderId& order) const {
        if (on_fault) on_fault(fault, order);
    }
    /// As reads show it now; nullptr: they do not.
    const engine::BrokerOrder* as_listed(const Truth& truth) const;
    template <class Listed>
    void shuffle(std::vector<Listed>& list);

    struct HeldUp {
        events::ClientOrderId order;
        std::function<engine::BrokerAnswer()> process;
    };
    engine::VirtualClock& clock_;
    bool is_local_;
    std::vector<Truth> book_;
    std::vector<Fill> fills_;
    std::multimap<events::Timestamp, HeldUp> held_up_;  ///< by when they are due
    std::map<events::ClientOrderId, int> submits_begun_;
    std::deque<NextWrite> write_faults_;
    std::function<void()> before_write_;
    std::optional<std::int64_t> fill_from_;
    std::int64_t next_id_ = 7'000;
    std::int64_t lag_ms_ = 0;
    std::int64_t quote_age_ms_ = 0;
    StaleReads stale_;
    std::optional<RandomStream> shuffle_;
    bool reads_fail_ = false;
    bool executions_twice_ = false;
    bool says_live_ = false;
    bool names_owner_ = true;
};

}  // namespace ibkr::simulation
