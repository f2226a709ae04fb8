#pragma once

#include "engine/account_directory.hpp"
#include "engine/ports/broker.hpp"
#include "engine/ports/clock.hpp"
#include "statemachines/commands.hpp"
#include "statemachines/decide/decision.hpp"

namespace ibkr::engine {

/// Bytes of a broker's own words that an event keeps; longer ones are cut with their length and sha256.
inline constexpr std::size_t broker_message_bytes_max = 1024;

/// The effect shell: makes the broker write a decision asked for and brings its outcome back as a command.
/// Called only after the decision's events are durable, one write at a time, never twice for one intent.
/// Before anything is sent it checks that `send_by` has not passed and that the account is known and of the
/// write's environment (engine order-safety rule 23); otherwise the outcome is `not_sent`.
[[nodiscard]] statemachines::RecordOutcome make_broker_write(const statemachines::BrokerWrite& write,
                                                             Broker& broker, Clock& clock,
                                                             const AccountDirectory& accounts);

/// What the book says of one of our orders, as a report: status, terms, and its executions.
[[nodiscard]] statemachines::ReportOrder report_from_book(const events::WorkflowId& order_id,
                                                          const BrokerOrder& book,
                                                          std::vector<events::Execution> executions,
                                                          const AccountDirectory& accounts);

}  // namespace ibkr::engine
