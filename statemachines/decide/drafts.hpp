#pragma once

#include <optional>
#include <string>
#include <utility>

#include "statemachines/decide/decision.hpp"
#include "statemachines/decide/views.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::statemachines {

// How deciders make events. Private to this folder.

[[nodiscard]] EventDraft draft(events::Body body, events::WorkflowId workflow, events::AccountHash account);

/// A body with its base members taken from `base`: PaperOrderSubmitted from OrderOutcome and the like.
template <class Body, class Base>
[[nodiscard]] events::Body body_of(Base base) {
    Body body;
    static_cast<Base&>(body) = std::move(base);
    return body;
}

/// `error` recorded as `tool_refused` after what `decided` already holds, and answered.
[[nodiscard]] Decided refused(events::Error error, const events::AccountHash& account, Decided decided = {});
/// Something went wrong that no gate said: recorded as `tool_failed`, and answered.
[[nodiscard]] Decided failed(events::Error error, const events::AccountHash& account);
/// Nothing to change: recorded as `tool_completed`.
[[nodiscard]] Decided completed(events::WorkflowId subject, const events::AccountHash& account);

[[nodiscard]] events::Error error_of(events::ErrorCode code, std::string message);
[[nodiscard]] events::Error error_of(events::ErrorCode code, std::string message, std::string user_action);

/// A moment counts as passed at its very millisecond.
[[nodiscard]] constexpr bool has_passed(events::Timestamp moment, events::Timestamp now) noexcept {
    return now >= moment;
}
[[nodiscard]] bool is_blank(std::string_view text) noexcept;

/// `order_send_started` of `write`, made in the decision that releases it: recovery must never take a request
/// to a network broker for one that did not begin (design 5.9). Nothing for a book of our own, which recovery
/// reads.
void add_send_started(Decided& decided, const BrokerWrite& write, bool network_broker);

/// What the record will be once `made` is in the log.
template <class Record>
Folded apply(Record& record, const EventDraft& made, events::Timestamp now) {
    events::Event event;
    event.workflow_id = made.workflow_id;
    event.workflow_position = record.position + 1;
    event.timestamp = now;
    event.account_id_hash = made.account;
    event.body = made.body;
    return evolve(record, event);
}

/// Texts that people give with an act or an order, in bytes.
inline constexpr std::size_t given_text_bytes_max = 500;

}  // namespace ibkr::statemachines
