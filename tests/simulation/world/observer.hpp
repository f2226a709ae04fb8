#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/ports/broker.hpp"
#include "events/event.hpp"
#include "events/log/chain/chain.hpp"
#include "tests/simulation/world/disk.hpp"
#include "tests/simulation/world/violations.hpp"

namespace ibkr::simulation {

/// Reads the log record by record as it grows and knows, from the records alone and with no code of the
/// engine, what was intended and where every order stands by its events' claims. Checks what each record and
/// each broker write must be: I2, O2, O4, O5, O9, of O1 that no order is intended twice, and of O3 that an
/// order's fills are its executions.
class Observer {
public:
    Observer(const Disk& disk, Violations& violations);

    template <class Intent>
    struct Pending {
        Intent intent;
        events::Timestamp intended_at;
    };
    template <class Intent>
    using Intents = std::map<std::string, Pending<Intent>>;  ///< by intent id, no outcome
    struct Order {
        events::AccountHash account;
        events::OrderSubmitIntended intent;
        events::Timestamp intended_at;
        std::string state;  ///< claimed by its newest event that claims one
        events::BrokerOrderId broker_order_id;
        events::Quantity filled;  ///< the sum of its executions
        Intents<events::OrderModifyIntended> modifies;
        Intents<events::OrderCancelIntended> cancels;
    };
    /// An execution that was booked.
    struct Booked {
        events::WorkflowId order;
        events::Execution execution;
    };

    /// Reads what is new.
    void follow();
    /// Reads everything again: the log is another one than it was.
    void start_over();
    /// What a crash took was never acknowledged, and is not known any more.
    void forget_beyond_head() {
        if (read_to_ > disk_.head().sequence) start_over();
    }

    /// Verifies every record again, those that were read long ago too.
    void check_whole_chain();

    /// A broker write begins at `now`: its intent must be durable and allow exactly this.
    void check_submit(const engine::SubmitRequest& request, const events::AccountHash& account,
                      events::Timestamp now);
    void check_cancel(const engine::CancelRequest& request, events::Timestamp now);
    void check_modify(const engine::ModifyRequest& request, events::Timestamp now);
    /// Also, of a write that leaves the process: without an anchor on the disk nobody would notice that the
    /// log was put back to before it.
    void check_anchored();

    [[nodiscard]] const std::map<events::WorkflowId, Order>& orders() const { return orders_; }
    /// In the order of the log.
    [[nodiscard]] const std::vector<Booked>& booked() const { return booked_; }
    /// Modifies that went to the broker, by the day of their intent.
    [[nodiscard]] const std::map<std::string, std::uint32_t>& modifies_sent() const { return modifies_sent_; }
    /// The state of the order with this client order id or broker order id; empty when there is none.
    [[nodiscard]] std::string state_of(const std::string& id) const;
    [[nodiscard]] bool has_event(const events::EventId& id) const;
    [[nodiscard]] events::SequenceId read_to() const { return read_to_; }

private:
    struct Approval {
        std::string state, order_hash;
        events::Timestamp expires_at;
        events::WorkflowId reserved_by;
    };
    /// The intent that allows a change, if there is one.
    template <class Intent, class Request>
    const Pending<Intent>* intent_of(const Request& request, Intents<Intent> Order::* intents,
                                     events::Timestamp now);
    void take(const events::Event& event);
    void take_order_event(const events::Event& event);
    void take_execution(const events::Event& event, const events::OrderExecutionRecorded& filled);
    void take_approval_event(const events::Event& event);
    void check_transition(const Order& order, const events::Event& event, const std::string& next);

    const Disk& disk_;
    Violations& violations_;
    events::SequenceId read_to_;
    std::unique_ptr<events::ChainVerifier> verifier_;
    std::map<events::WorkflowId, Order> orders_;
    std::map<events::WorkflowId, Approval> approvals_;
    std::map<events::EventId, events::SequenceId> events_;
    std::vector<Booked> booked_;
    std::set<events::ExecutionId> execution_ids_;
    std::map<std::string, std::uint32_t> modifies_sent_;
};

}  // namespace ibkr::simulation
