#pragma once

#include <string_view>
#include <vector>

#include "engine/account_directory.hpp"
#include "engine/ports/broker.hpp"
#include "engine/runtime.hpp"
#include "events/result.hpp"
#include "projections/queries.hpp"
#include "statemachines/commands.hpp"

namespace ibkr::engine {

// What a loss of log records left behind elsewhere (design section 4, rule 4): orders that the broker's book
// still holds, and orders and bound keys that read models ahead of the log still know.

/// Why approvals are revoked and the kill switch is closed.
inline constexpr std::string_view resumed_reason = "log resumed after a loss";

/// Found orders and keys of one resumption, at most.
inline constexpr std::size_t found_orders_max = 100'000;

/// Every order in the books of the broker's accounts whose client order id carries this log's prefix and that
/// the read models do not know: the log was rolled back. Key and environment come from the client order id; a
/// client order id that only looks like one of ours has no key and counts all the same. Also every open order
/// of ours that the book shows with other terms than the log, as a modify: it was lost with the log's end, or
/// somebody changed the order at the broker. Puts the broker's
/// accounts into `accounts`. `log_prefix`: first 8 hex of the log id. Fails as the broker's and the read
/// models' reads do.
[[nodiscard]] events::Result<std::vector<statemachines::RecordFoundOrder>> orders_unknown_to_log(
    Broker& broker, const projections::Queries& queries, AccountDirectory& accounts,
    std::string_view log_prefix);

/// What read models that may be damaged know and the log does not.
struct OrdersAhead {
    std::vector<statemachines::RecordFoundOrder> found;
    std::size_t unreadable = 0;  ///< rows that were left out, and tables that could not be read to their end
};
/// Orders and bound keys of `old_models` that the log's own do not have, in the order in which they were
/// bound. Errors: ENGINE_BUSY, and those of `of_the_log`.
[[nodiscard]] events::Result<OrdersAhead> orders_ahead(const projections::Queries& old_models,
                                                       const projections::Queries& of_the_log);

/// ENGINE_HELD when this version cannot record one of them (live orders), so that nothing is resumed that
/// would lose it.
[[nodiscard]] events::Result<void> can_record(const std::vector<statemachines::RecordFoundOrder>& found);

/// What follows `log_resumed`, before anything else is decided: records what read models had, then what the
/// broker's book shows, as orders in `unknown`; revokes every approval that is open (a reserved one with
/// effect at its release), because what was lost may have used it; closes the kill switch, which is its last
/// act. Approvals are revoked and the switch is closed even when an order could not be recorded; its error is
/// then the answer. Does nothing when the resumption that began
/// the log's branch is recorded.
[[nodiscard]] events::Result<void> record_after_resumption(Runtime& runtime, const AfterResumption& resumed);

/// False after a crash between `log_resumed` and the last act of `record_after_resumption`: it is to be
/// called again. True also for a log that was never resumed.
[[nodiscard]] events::Result<bool> resumption_is_recorded(const projections::Queries& queries,
                                                          const events::LogIdentity& log);

}  // namespace ibkr::engine
