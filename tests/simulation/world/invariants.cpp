#include "tests/simulation/world/invariants.hpp"

// Of the log and its answers. Those of orders and of folds stand beside.

namespace ibkr::simulation {

using namespace ibkr::events;

namespace {

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

}  // namespace

void Invariants::check_step() {
    world_.observer.follow();
    check_acknowledged();
    check_orders();
    check_limits();
    check_booked();
    if (!world_.running() || world_.held()) return;
    check_exposure();
    check_folds();
}

void Invariants::check_acknowledged() {
    if (!acknowledged_) return;
    world_.violations.require(world_.disk.mac_at(acknowledged_->sequence) == acknowledged_->mac, "I1",
                              "acknowledged record " + number(acknowledged_->sequence.value()) + " is gone");
}

void Invariants::check_answer(const engine::CallResult& answer, bool sync_had_failed) {
    const EventId id = answer ? answer->audit_event_id : answer.error().audit_event_id;
    // What is answered beside the log says so and promises nothing.
    const bool from_log = !id.empty() || (answer && answer->unrecorded_reason.empty());
    world_.violations.require(!sync_had_failed || !from_log, "I6",
                              "an answer after a failed sync: " + id.text());
    if (id.empty()) {
        const bool unrecorded = answer && answer->unrecorded_reason.empty();
        world_.violations.require(!unrecorded, "I5", "an answer names no event and no reason");
        return;
    }
    world_.observer.follow();
    world_.violations.require(world_.observer.has_event(id), "I5",
                              "the answer's event " + id.text() + " is not in the log");
    const Head head = world_.disk.head();
    world_.violations.require(world_.disk.synced() == head, "I5",
                              "an answer before record " + number(head.sequence.value()) + " was synced");
    acknowledged_ = head;
}

void Invariants::check_failed_sync() {
    if (!world_.disk.sync_failed() || !world_.has_process()) return;
    const Head head = world_.disk.head();
    engine::Gateway gateway = world_.gateway();
    check_answer(gateway.health(world_.context("ibkr_health")), true);
    check_answer(gateway.approvals_list(world_.context("ibkr_approvals"), BrokerModel::account()), true);
    check_answer(gateway.kill_switch_set(world_.context("ibkr_kill_switch"), false, "after a failed sync"),
                 true);
    world_.violations.require(world_.disk.head() == head, "I6", "records were written after a failed sync");
}

void Invariants::note_start() {
    anchor_ahead_ = world_.disk.highest_anchor() > world_.disk.head().sequence;
}

void Invariants::check_start() {
    world_.observer.check_whole_chain();
    compared_at_ = {};
    if (!world_.running()) return;
    world_.violations.require(world_.held() || !anchor_ahead_, "I4", "an anchor is ahead of an open log");
    // An order as it was before a change looks like one that the log has lost a change of.
    world_.violations.require(!world_.held() || world_.may_be_held() || world_.broker.lists_old_orders(),
                              "I4", "the log is held although nothing was lost since it was resumed");
}

void Invariants::check_quiescence() {
    check_step();
    world_.observer.check_whole_chain();
    if (!world_.running() || world_.held())
        return world_.violations.add("L1", "the engine does not come up after every fault is over");
    check_rebuild();
    check_recorded();
    check_filled();
    const auto pending = world_.store().orders_with_pending_intent();
    world_.violations.require(pending && pending->empty(), "O3", "an intent has no outcome");
    if (!world_.broker.is_local()) return;
    const auto unknown = world_.store().unknown_orders();
    world_.violations.require(unknown && unknown->empty(), "O3",
                              "an order stays unknown beside a book that is complete");
}

}  // namespace ibkr::simulation
