#pragma once

#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "engine/ports/broker.hpp"
#include "engine/ports/clock.hpp"

namespace ibkr::testing {

/// What the broker does with the next write.
enum class WriteFault : std::uint8_t {
    none,
    lose_answer,   ///< processed; the answer never arrives
    drop_request,  ///< never processed; no answer
    refuse,        ///< a definite no
};

/// The broker's virtual twin: a book of truth of its own, sharing no code with the simulated venue. It
/// outlives the engine that is cut off, as a broker does. Fills only when told to.
class ScriptedBroker final : public engine::Broker {
public:
    explicit ScriptedBroker(engine::Clock& clock) : clock_(clock) {}

    void next_write(WriteFault fault) { faults_.push_back(fault); }
    /// What happens at the broker right before it looks at the next write.
    void before_next_write(std::function<void()> event) { before_write_ = std::move(event); }
    /// Every accepted limit order at or above this price fills at once (buys).
    void fill_buys_at_or_above(events::Price price) { fill_from_ = price; }
    void fill(const events::BrokerOrderId& id, events::Quantity quantity, events::Price price);
    void set_absence_provable(bool provable) { absence_provable_ = provable; }
    /// While false, its order list cannot be read.
    void set_lists_orders(bool lists) { lists_orders_ = lists; }
    /// An order that somebody placed: in the book, as working.
    void add_order(engine::BrokerOrder order) { book_.push_back(std::move(order)); }
    void set_quote(events::Price bid, events::Price ask) { bid_ = bid, ask_ = ask; }

    /// Orders ever accepted under a client order id, however they ended.
    [[nodiscard]] std::size_t placed(const events::ClientOrderId& id) const;
    [[nodiscard]] const std::vector<engine::BrokerOrder>& book() const { return book_; }
    [[nodiscard]] std::size_t writes_begun() const { return writes_begun_; }
    [[nodiscard]] events::Quantity position() const;

    [[nodiscard]] static events::AccountId account() { return events::AccountId("DU7654321"); }
    [[nodiscard]] static events::Contract stock();

    std::string_view backend_name() const override { return "scripted"; }
    bool book_read_proves_absence() const override { return absence_provable_; }
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
    WriteFault take_fault();
    engine::BrokerOrder* find(const events::BrokerOrderId& id);
    static engine::BrokerAnswer answer(WriteFault fault, const engine::BrokerOrder& order);

    engine::Clock& clock_;
    std::vector<engine::BrokerOrder> book_;
    std::vector<events::Execution> executions_;
    std::deque<WriteFault> faults_;
    std::optional<events::Price> fill_from_;
    events::Price bid_{events::Decimal::of(19950, 2)};
    events::Price ask_{events::Decimal::of(19960, 2)};
    std::function<void()> before_write_;
    std::size_t writes_begun_ = 0;
    bool absence_provable_ = true;
    bool lists_orders_ = true;
};

}  // namespace ibkr::testing
