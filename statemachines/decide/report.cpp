#include <algorithm>

#include "statemachines/decide/approval_use.hpp"
#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"

namespace ibkr::statemachines {
namespace {

using events::ErrorCode;
using events::OrderRecord;

/// The executions that we do not hold yet, each once, in the order they happened.
std::vector<events::Execution> new_executions(const ReportOrder& command, const OrderView& view) {
    std::vector<events::Execution> executions;
    for (const auto& execution : command.executions)
        if (!view.known_executions.contains(execution.execution_id)) executions.push_back(execution);
    std::sort(executions.begin(), executions.end(), [](const auto& a, const auto& b) {
        return std::tie(a.executed_at, a.execution_id) < std::tie(b.executed_at, b.execution_id);
    });
    const auto same = [](const auto& a, const auto& b) { return a.execution_id == b.execution_id; };
    executions.erase(std::unique(executions.begin(), executions.end(), same), executions.end());
    return executions;
}

EventDraft execution_draft(OrderRecord& order, const events::Execution& execution, events::Timestamp now) {
    events::OrderExecutionRecorded body{execution, {}, {}};
    apply(order, draft(body, order.order_id, order.account), now);
    body.filled_quantity = order.filled_quantity;
    return draft(std::move(body), order.order_id, order.account);
}

/// What makes two records the same for the question whether a report said anything.
bool says_the_same(OrderRecord a, const OrderRecord& b) {
    a.position = b.position;
    a.last_event_id = b.last_event_id;
    a.updated_at = b.updated_at;
    a.broker_status = b.broker_status;
    a.message = b.message;
    return a == b;
}

/// The report's word on the order, if it moves the order or contradicts us for the first time.
std::optional<EventDraft> lifecycle_draft(OrderRecord& order, const ReportOrder& command,
                                          events::Timestamp now) {
    if (command.evidence.empty()) return std::nullopt;
    events::PaperOrderLifecycleChanged body;
    body.previous_state = order.state;
    body.broker_status = command.broker_status;
    body.broker_order_id = command.broker_order_id;
    body.evidence = command.evidence;
    body.message = command.message;
    if (order.lost_modify) body.terms = command.terms;
    EventDraft made = draft(std::move(body), order.order_id, order.account);
    OrderRecord after = order;
    const Folded answer = apply(after, made, now);
    if (answer == Folded::refused) return std::nullopt;
    const bool new_fault = answer == Folded::faulted && command.broker_status != order.broker_status;
    if (says_the_same(after, order) && !new_fault) return std::nullopt;
    if (answer == Folded::faulted) made.result_status = events::ResultStatus::failed;
    order = std::move(after);
    return made;
}

}  // namespace

Decided decide(const ReportOrder& command, const ActFacts& facts, const OrderView& view) {
    if (!view.order)
        return failed(error_of(ErrorCode::broker_capability_unavailable,
                               "a report names order " + command.order_id.text() + ", which is not ours",
                               "Look at the broker's order list for orders placed elsewhere."),
                      {});
    Decided decided;
    OrderRecord order = *view.order;
    decided.subject = order.order_id;
    for (const auto& execution : new_executions(command, view))
        decided.events.push_back(execution_draft(order, execution, facts.now));
    if (auto changed = lifecycle_draft(order, command, facts.now))
        decided.events.push_back(std::move(*changed));
    if (auto use = approval_use(view.approval, *view.order, order, std::nullopt))
        decided.events.push_back(std::move(*use));
    return decided;
}

}  // namespace ibkr::statemachines
