#pragma once

#include <string>

#include "events/event.hpp"
#include "events/records.hpp"
#include "projections/store.hpp"

// Events and records as plain structs, for folds.
namespace ibkr::unit {

inline const events::AccountHash account_a{std::string(64, 'a')};
inline const events::AccountHash account_b{std::string(64, 'b')};
inline constexpr std::int64_t start_ms = 1'767'625'200'000;  // 2026-01-05T15:00:00Z, a whole hour

[[nodiscard]] events::Decimal decimal(std::string_view text);
[[nodiscard]] events::OrderTerms terms_of(std::string_view contract, events::Side side,
                                          std::int64_t quantity);

/// Gives events their place in a log: sequence and id from a counter, time from `now_ms`.
class Feed {
public:
    std::int64_t now_ms = start_ms;

    events::Event event(events::Body body, std::string_view workflow_id = {},
                        const events::AccountHash& account = account_a);
    [[nodiscard]] events::SequenceId last() const noexcept { return events::SequenceId(count_); }

    events::Event submit(std::string_view order, std::string_view notional, std::string_view key = {},
                         std::string_view policy = "default", const events::AccountHash& account = account_a);
    events::Event modify(std::string_view order, std::string_view intent, std::string_view added_notional);
    events::Event cancel(std::string_view order, std::string_view intent, std::string_view key);
    template <class Outcome>
    events::Event outcome(std::string_view order, std::string_view intent, events::Outcome outcome,
                          std::string_view state) {
        Outcome body;
        body.intent_id = intent;
        body.outcome = outcome;
        body.state = state;
        body.broker_order_id = events::BrokerOrderId("B-" + std::string(order));
        return event(body, order);
    }
    events::Event lifecycle(std::string_view order, std::string_view state);
    events::Event execution(std::string_view order, std::string_view execution_id, events::Side side,
                            std::string_view quantity, std::int64_t executed_at_ms,
                            const events::AccountHash& account = account_a,
                            std::string_view contract = "265598");
    events::Event position(std::string_view quantity, std::int64_t as_of_ms,
                           const events::AccountHash& account = account_a,
                           std::string_view contract = "265598");

private:
    std::uint64_t count_ = 0;
};

[[nodiscard]] events::OrderRecord order_record(std::string_view id, std::string_view state,
                                               const events::OrderTerms& terms);

/// A store in memory over this room's projections, with the record tables of the workflows.
[[nodiscard]] projections::ProjectionStore memory_store();
/// The same list for a file. Its first projection only makes the workflows' tables and keeps an order's
/// record at submit, outcome and execution: enough for exposure, no state machine.
[[nodiscard]] projections::ProjectionList projections_of_test();

/// One transaction with these events; the checkpoint's mac is made from the last sequence.
void fold(projections::ProjectionStore& store, const std::vector<events::Event>& list);
[[nodiscard]] projections::Checkpoint checkpoint_at(events::SequenceId sequence);

/// Every row of every table, except how SQLite numbers them.
[[nodiscard]] std::string dump(projections::Database& database);

}  // namespace ibkr::unit
