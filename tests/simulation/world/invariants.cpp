#include "tests/simulation/world/invariants.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "engine/replay/record/record_fixture.hpp"
#include "engine/replay/state_at.hpp"

namespace ibkr::simulation {

using namespace ibkr::events;
using engine::BrokerOrderStatus;

namespace {

/// No limit order of a world is below it, so that a limit in money is one in shares.
constexpr std::int64_t lowest_price = 150;

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

bool ended_without_order(const std::string& state) {
    return state == "not_placed" || state == "not_sent" || state == "rejected";
}

}  // namespace

void Invariants::check_step() {
    world_.observer.follow();
    check_acknowledged();
    check_orders();
    check_limits();
    if (!world_.running() || world_.held()) return;
    check_exposure();
    world_.replay_new();
}

void Invariants::check_acknowledged() {
    if (!acknowledged_) return;
    world_.violations.require(world_.disk.mac_at(acknowledged_->sequence) == acknowledged_->mac, "I1",
                              "acknowledged record " + number(acknowledged_->sequence.value()) + " is gone");
}

void Invariants::check_answer(const engine::CallResult& answer, bool sync_had_failed) {
    const EventId id = answer ? answer->audit_event_id : answer.error().audit_event_id;
    if (id.empty()) {
        const bool unrecorded = answer && answer->unrecorded_reason.empty();
        world_.violations.require(!unrecorded, "I5", "an answer names no event and no reason");
        return;
    }
    world_.observer.follow();
    world_.violations.require(!sync_had_failed, "I6", "an answer after a failed sync: " + id.text());
    world_.violations.require(world_.observer.has_event(id), "I5",
                              "the answer's event " + id.text() + " is not in the log");
    const Head head = world_.disk.head();
    world_.violations.require(world_.disk.synced() == head, "I5",
                              "an answer before record " + number(head.sequence.value()) + " was synced");
    acknowledged_ = head;
}

void Invariants::note_start() {
    anchor_ahead_ = world_.disk.highest_anchor() > world_.disk.head().sequence;
}

void Invariants::check_start() {
    if (!world_.running()) return;
    world_.violations.require(world_.held() || !anchor_ahead_, "I4", "an anchor is ahead of an open log");
    world_.violations.require(!world_.held() || world_.lost_records(), "I4",
                              "the log is held although nothing was lost");
}

void Invariants::check_orders() {
    std::map<ClientOrderId, int> placed;
    for (const BrokerModel::Truth& truth : world_.broker.book()) {
        const std::string& id = truth.order.client_order_id.text();
        world_.violations.require(++placed[truth.order.client_order_id] == 1, "O1",
                                  "two orders at the broker for " + id);
        const std::string state = world_.observer.state_of(id);
        const bool worked = truth.live() || truth.order.filled_quantity > Quantity();
        world_.violations.require(!worked || !ended_without_order(state), "O1",
                                  id + " is " + state + ", and the broker has it");
        world_.violations.require(!truth.live() || (state != "cancelled" && state != "expired"), "O1",
                                  id + " is " + state + ", and works at the broker");
    }
    // A key that was lost with its order, and that is nowhere to be found, may be used again.
    if (world_.lost_records()) return;
    for (const auto& [id, times] : world_.broker.submits_begun())
        world_.violations.require(times == 1, "O1",
                                  id.text() + " was sent " + std::to_string(times) + " times");
}

void Invariants::check_limits() {
    Quantity buys = world_.broker.position();
    Quantity sells = world_.broker.position();
    std::map<std::string, std::uint32_t> orders_of_day;
    std::map<std::string, std::string> day_of;
    for (const auto& [order_id, order] : world_.observer.orders())
        day_of[order.intent.client_order_id.text()] = order.intended_at.day();
    for (const BrokerModel::Truth& truth : world_.broker.book()) {
        if (truth.order.terms.side == Side::buy)
            buys = buys.plus(truth.open_quantity()).value();
        else
            sells = sells.minus(truth.open_quantity()).value();
        ++orders_of_day[day_of[truth.order.client_order_id.text()]];
    }
    world_.violations.require(buys <= Quantity::whole(limit_position_notional / lowest_price), "O6",
                              "the broker's orders may lead to a position of " + to_text(buys));
    world_.violations.require(sells >= Quantity(), "O6",
                              "the broker's orders may sell short, to " + to_text(sells));
    if (world_.lost_records()) return;
    for (const auto& [day, orders] : orders_of_day)
        world_.violations.require(orders <= limit_orders_per_day, "O8", number(orders) + " orders on " + day);
}

void Invariants::check_exposure() {
    if (world_.lost_records()) return;
    const auto counted = world_.store().exposure(world_.account(), BrokerModel::stock().contract_id);
    if (!counted) return world_.violations.add("O6", counted.error().message);
    if (!counted->as_of) return;
    Quantity truth = world_.broker.position();
    for (const BrokerModel::Truth& order : world_.broker.book())
        if (order.order.terms.side == Side::buy) truth = truth.plus(order.open_quantity()).value();
    // A network broker's fills may be recorded later than the end of their order: until then they are in the
    // position that every decision reads, and the larger of the two counts.
    const Quantity position =
        world_.broker.is_local() ? counted->position : std::max(counted->position, world_.broker.position());
    const Quantity engine = position.plus(counted->open_buys).value();
    world_.violations.require(
        engine >= truth, "O6",
        "the engine counts " + to_text(engine) + ", the broker's truth is " + to_text(truth));
}

void Invariants::check_replay() {
    world_.replay_new();
    engine::ReplayReport none;
    const auto live = engine::state_payload(world_.store(), none);
    const auto folded = engine::state_payload(world_.replay().state(), none);
    if (!live || !folded) return world_.violations.add("R1", "a state cannot be read");
    world_.violations.require(*live == *folded, "R1", "the live state is not the fold of the log");
    const auto live_rows = projections::table_counts(world_.store().database());
    const auto folded_rows = projections::table_counts(world_.replay().state().database());
    if (!live_rows || !folded_rows) return world_.violations.add("R2", "a projection cannot be read");
    world_.violations.require(*live_rows == *folded_rows, "R2", "the read models are not those of a rebuild");
    const ContractId stock = BrokerModel::stock().contract_id;
    const auto live_exposure = world_.store().exposure(world_.account(), stock);
    const auto folded_exposure = world_.replay().state().exposure(world_.account(), stock);
    world_.violations.require(live_exposure && folded_exposure && *live_exposure == *folded_exposure, "R2",
                              "the exposure is not that of a rebuild");
}

void Invariants::check_recorded() {
    const auto& orders = world_.observer.orders();
    if (orders.empty()) return;
    const auto chosen = std::next(
        orders.begin(), static_cast<std::ptrdiff_t>(world_.disk.head().sequence.value() % orders.size()));
    const auto fixture = engine::record_fixture(world_.disk, chosen->first, {});
    world_.violations.require(
        fixture.has_value(), "R5",
        "no fixture of order " + chosen->first.text() + ": " + (fixture ? "" : fixture.error().message));
}

void Invariants::check_filled() {
    for (const BrokerModel::Truth& truth : world_.broker.book()) {
        const std::string& id = truth.order.client_order_id.text();
        const auto order = world_.store().order_by_client_id(truth.order.client_order_id);
        if (!order || !*order) {
            world_.violations.add("O3", id + " is at the broker and not in the log");
            continue;
        }
        world_.violations.require((*order)->filled_quantity == truth.order.filled_quantity, "O3",
                                  id + " is filled " + to_text(truth.order.filled_quantity) +
                                      " at the broker and " + to_text((*order)->filled_quantity) + " here");
        const std::set<std::string> open{"working", "partially_filled", "cancel_pending", "modify_pending"};
        const std::string& state = (*order)->state;
        world_.violations.require(truth.live() == open.contains(state), "O3",
                                  id + " is " + std::string(events::name_of(truth.order.status)) +
                                      " at the broker and " + state + " here");
    }
}

void Invariants::check_quiescence() {
    check_step();
    if (!world_.running() || world_.held())
        return world_.violations.add("L1", "the engine does not come up after every fault is over");
    check_replay();
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
