#include "events/catalogue.hpp"

#include <algorithm>
#include <cassert>

namespace ibkr::events {
namespace {

using enum Retention;

// In the order of Body's alternatives.
constexpr auto table = std::to_array<EventDescriptor>({
    {1, "log_created", 1, audit, "The log was made: its id, the format of its records and its first key."},
    {6, "policy_loaded", 1, audit, "A policy came into force; the event holds its content."},
    {11, "tool_completed", 1, audit, "A call that changed no workflow was answered."},
    {12, "tool_failed", 1, audit, "A call did not do what was asked; the error code says why."},
    {13, "tool_refused", 1, audit, "A gate or a machine refused a call."},
    {14, "tool_denied_scope", 1, audit, "A call was denied because the caller lacks a scope."},
    {15, "backend_session_checked", 1, audit, "The broker was asked about its session."},
    {16, "backend_session_changed", 1, audit, "The broker session went from one state to another."},
    {60, "kill_switch_opened", 1, trading, "An operator opened the kill switch: live writes may pass."},
    {61, "kill_switch_closed", 1, trading, "The kill switch was closed: live writes are refused."},
    {20, "order_intent_received", 1, trading, "An order was described for preview; opens the preview."},
    {21, "order_risk_checked", 1, trading, "A risk policy was evaluated, at preview or again at execution."},
    {22, "order_preview_created", 1, trading, "The order passed every check and may be approved."},
    {23, "order_preview_refused", 1, trading, "The order failed at least one check; every reason is named."},
    {24, "order_preview_expired", 1, trading, "A preview was not used in time."},
    {30, "paper_approval_recorded", 1, trading, "An approval of a paper order was asked for or given."},
    {31, "live_approval_recorded", 1, trading, "An approval of a live order was asked for or given."},
    {32, "approval_granted", 1, trading, "An operator granted a pending approval."},
    {33, "approval_denied", 1, trading, "An operator denied a pending approval."},
    {34, "approval_revoked", 1, trading, "An approval was taken back."},
    {35, "approval_expired", 1, trading, "An approval was not used in time."},
    {36, "approval_reserved", 1, trading, "An order took the approval for itself before its send."},
    {37, "approval_released", 1, trading,
     "The order that reserved the approval provably never reached the broker."},
    {38, "approval_consumed", 1, trading, "The approval's order may have reached the broker."},
    {40, "order_submit_intended", 1, trading,
     "A submit passed every gate and will be sent; binds the idempotency key."},
    {43, "order_cancel_intended", 1, trading, "A cancel passed every gate and will be sent."},
    {45, "order_modify_intended", 1, trading, "A modify passed every gate and will be sent."},
    {41, "order_send_started", 1, trading, "A request to a network broker is about to begin."},
    {42, "paper_order_submitted", 1, trading, "What the submit of a paper order came to."},
    {44, "paper_order_cancelled", 1, trading, "What the cancel of a paper order came to."},
    {46, "paper_order_modified", 1, trading, "What the modify of a paper order came to."},
    {47, "paper_order_lifecycle_changed", 1, trading, "The broker's book says something new of an order."},
    {48, "order_execution_recorded", 2, trading, "One fill of one of our orders."},
    {50, "position_recorded", 1, trading, "A broker's position, the base that later fills are added to."},
    {2, "log_tail_discarded", 1, audit,
     "Unacknowledged bytes at the log's end, torn by a crash, were dropped."},
    {3, "log_resumed", 1, audit, "An operator resumed a held log; attests what was lost and opens a branch."},
    {4, "audit_key_retired", 1, audit, "Last record under a chain key."},
    {5, "audit_key_activated", 1, audit, "First record under the next chain key."},
    {7, "anchor_rewritten", 1, audit, "An anchor file without a usable slot was written anew."},
});
static_assert(table.size() == std::variant_size_v<Body>);

template <class Key>
constexpr bool all_different(Key key) {
    for (std::size_t i = 0; i < table.size(); ++i)
        for (std::size_t k = i + 1; k < table.size(); ++k)
            if (key(table[i]) == key(table[k])) return false;
    return true;
}
static_assert(all_different([](const EventDescriptor& d) { return d.number; }));
static_assert(all_different([](const EventDescriptor& d) { return d.name; }));

}  // namespace

std::span<const EventDescriptor> event_catalogue() noexcept {
    return table;
}

const EventDescriptor& descriptor(const Body& body) noexcept {
    assert(body.index() < table.size());
    return table[body.index()];
}

const EventDescriptor* find_descriptor(std::uint16_t number) noexcept {
    const auto* found = std::find_if(table.begin(), table.end(),
                                     [&](const EventDescriptor& row) { return row.number == number; });
    return found == table.end() ? nullptr : found;
}

const EventDescriptor* find_descriptor(std::string_view name) noexcept {
    const auto* found = std::find_if(table.begin(), table.end(),
                                     [&](const EventDescriptor& row) { return row.name == name; });
    return found == table.end() ? nullptr : found;
}

}  // namespace ibkr::events
