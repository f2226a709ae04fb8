#include <algorithm>
#include <utility>

#include "engine/lost_orders.hpp"
#include "engine/lost_orders_internal.hpp"
#include "projections/store.hpp"
#include "statemachines/hashing.hpp"

namespace ibkr::engine {

using events::failure;
using events::Result;
using statemachines::RecordFoundOrder;

namespace {

constexpr std::string_view tool_name = "ibkr_engine_resume";

/// The same for the same order or key, whatever was found of it.
std::string command_id_of(const RecordFoundOrder& found) {
    const bool is_order = found.operation == events::Operation::submit;
    return "found:" + statemachines::found_id(found.account, found.environment,
                                              is_order ? "order " + found.order_id.text()
                                                       : "key " + found.idempotency_key.text());
}

/// The book knows an order's terms better than models that stood still.
void take_from_book(RecordFoundOrder& found, Runtime& runtime) {
    const auto account = runtime.accounts().find(found.account);
    if (!account || found.operation != events::Operation::submit) return;
    const auto book = runtime.broker().find_by_client_order_id(*account, found.client_order_id);
    if (!book || !*book) return;
    found.terms = recordable((*book)->terms, runtime.accounts());
    found.broker_order_id = recordable((*book)->broker_order_id);
}

Result<void> record(Runtime& runtime, const std::vector<RecordFoundOrder>& found) {
    if (auto checked = can_record(found); !checked) return checked;
    for (const RecordFoundOrder& one : found)
        if (auto done = runtime.record_engine_command(one, command_id_of(one), std::string(tool_name)); !done)
            return failure(done.error());
    return {};
}

Result<void> record_what_the_broker_has(Runtime& runtime) {
    const auto found =
        orders_unknown_to_log(runtime.broker(), runtime.store(), runtime.accounts(), runtime.log_prefix());
    if (!found) return failure(found.error());
    return record(runtime, *found);
}

/// Of a reserved one the word takes effect if its order gives it back.
Result<void> revoke_approvals(Runtime& runtime) {
    projections::TablePosition position;
    for (;;) {
        const auto open = runtime.store().open_approvals_after(position);
        if (!open) return failure(open.error());
        if (open->empty()) return {};
        for (const events::ApprovalRecord& approval : *open) {
            if (approval.revoked_meanwhile) continue;
            const statemachines::RevokeApproval revoke{approval.approval_id, std::string(resumed_reason)};
            auto done = runtime.record_engine_command(revoke, "revoke:" + approval.approval_id.text(),
                                                      std::string(tool_name));
            if (!done) return failure(done.error());
        }
    }
}

/// Marks the resumption that began the log's branch as recorded to its end.
std::string last_act_of(const events::LogIdentity& log) {
    return "resumed-branch:" + std::to_string(log.branch);
}

/// Recorded also when it is closed already: this is the last act of a resumption.
Result<void> close_kill_switch(Runtime& runtime, std::string command_id) {
    const statemachines::SetKillSwitch close{false, std::string(resumed_reason)};
    auto done = runtime.record_engine_command(close, std::move(command_id), std::string(tool_name));
    if (!done) return failure(done.error());
    return {};
}

}  // namespace

Result<void> can_record(const std::vector<RecordFoundOrder>& found) {
    const auto live = std::find_if(found.begin(), found.end(), [](const RecordFoundOrder& one) {
        return one.environment == events::Environment::live;
    });
    if (live == found.end()) return {};
    return failure(events::ErrorCode::engine_held,
                   "live order " + live->client_order_id.text() +
                       " of this log is not in it, and this version cannot record live orders",
                   "Resume with the version that placed it, or put back a newer copy of the log.");
}

Result<bool> resumption_is_recorded(const projections::Queries& queries, const events::LogIdentity& log) {
    if (log.branch == events::first_branch) return true;
    const auto last_act = queries.events_of_command(events::CommandId(last_act_of(log)));
    if (!last_act) return failure(last_act.error());
    return !last_act->empty();
}

Result<void> record_after_resumption(Runtime& runtime, const AfterResumption& resumed) {
    const events::LogIdentity log = runtime.log().identity();
    const auto done = resumption_is_recorded(runtime.store(), log);
    if (!done) return failure(done.error());
    if (*done) return {};
    std::vector<RecordFoundOrder> ahead = resumed.found;
    for (RecordFoundOrder& found : ahead)
        take_from_book(found, runtime);
    auto recorded = record(runtime, ahead);
    if (recorded) recorded = record_what_the_broker_has(runtime);
    // Of an order of which the outcome was lost nothing could be said yet.
    if (recorded) recorded = runtime.settle_changed_orders();
    if (recorded) recorded = record_what_the_broker_has(runtime);
    // Whatever could not be recorded, nothing may go on where it stood before the loss.
    if (auto revoked = revoke_approvals(runtime); !revoked) return revoked;
    auto closed = close_kill_switch(runtime, recorded ? last_act_of(log) : "resumption-cut-off");
    return recorded ? closed : recorded;
}

}  // namespace ibkr::engine
