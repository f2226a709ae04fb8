#include <algorithm>
#include <map>
#include <set>

#include "tests/simulation/world/invariants.hpp"

// What holds between the log's orders and the broker's.

namespace ibkr::simulation {

using namespace ibkr::events;

namespace {

/// No limit order of a world is below it, so that a limit in money is one in shares.
constexpr std::int64_t lowest_price = 150;

bool ended_without_order(const std::string& state) {
    return state == "not_placed" || state == "not_sent" || state == "rejected";
}

}  // namespace

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
    // The rules count a modify as an order.
    std::map<std::string, std::uint32_t> orders_of_day = world_.observer.modifies_sent();
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
        world_.violations.require(orders <= limit_orders_per_day, "O8",
                                  std::to_string(orders) + " orders and modifies on " + day);
}

void Invariants::check_exposure() {
    if (world_.lost_records()) return;
    const auto counted = world_.store().exposure(world_.account(), BrokerModel::stock().contract_id);
    if (!counted) return world_.violations.add("O6", counted.error().message);
    if (!counted->as_of) return;
    Quantity most = world_.broker.position();
    Quantity least = most;
    for (const BrokerModel::Truth& truth : world_.broker.book())
        if (truth.order.terms.side == Side::buy)
            most = most.plus(truth.open_quantity()).value();
        else
            least = least.minus(truth.open_quantity()).value();
    const Quantity counted_most = counted->position.plus(counted->open_buys).value();
    const Quantity counted_least = counted->position.minus(counted->open_sells).value();
    world_.violations.require(
        counted_most >= most, "O6",
        "the engine counts up to " + to_text(counted_most) + ", the broker's truth is " + to_text(most));
    world_.violations.require(
        counted_least <= least, "O6",
        "the engine counts down to " + to_text(counted_least) + ", the broker's truth is " + to_text(least));
}

void Invariants::check_booked() {
    // What has filled stays so.
    if (world_.disk.head() == booked_at_) return;
    booked_at_ = world_.disk.head();
    const auto& fills = world_.broker.fills();
    for (const Observer::Booked& one : world_.observer.booked()) {
        const std::string& id = one.execution.execution_id.text();
        const auto fill = std::ranges::find_if(fills, [&](const BrokerModel::Fill& some) {
            return some.execution.execution_id == one.execution.execution_id;
        });
        if (fill == fills.end()) {
            world_.violations.add("O3", "execution " + id + " is booked, and the broker has none");
            continue;
        }
        world_.violations.require(fill->execution == one.execution, "O3",
                                  "execution " + id + " is not booked as the broker has it");
        const ClientOrderId& order = world_.observer.orders().at(one.order).intent.client_order_id;
        world_.violations.require(
            fill->client_order_id == order, "O3",
            "execution " + id + " of " + fill->client_order_id.text() + " is booked to " + order.text());
    }
    std::map<ClientOrderId, Quantity> filled;
    for (const BrokerModel::Truth& truth : world_.broker.book())
        filled[truth.order.client_order_id] = truth.order.filled_quantity;
    for (const auto& [order_id, order] : world_.observer.orders())
        world_.violations.require(order.filled <= filled[order.intent.client_order_id], "O3",
                                  order.intent.client_order_id.text() + " is filled " +
                                      to_text(order.filled) + " here, more than at the broker");
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
        const OrderTerms& here = (*order)->terms;
        const OrderTerms& there = truth.order.terms;
        // A modify that nobody has answered may still arrive; one that the end overtook is never settled.
        const bool settled = truth.live() && state != "modify_pending";
        const bool same_terms = here.quantity == there.quantity && here.limit_price == there.limit_price;
        world_.violations.require(!settled || same_terms, "O3",
                                  id + " is of " + to_text(there.quantity) + " at the broker and of " +
                                      to_text(here.quantity) + " here, or of another price");
        world_.violations.require(!truth.live() || (*order)->progress.cancel != "accepted", "O3",
                                  id + " works at the broker, and its cancel counts as accepted here");
        world_.violations.require(truth.live() == open.contains(state), "O3",
                                  id + " is " + std::string(events::name_of(truth.order.status)) +
                                      " at the broker and " + state + " here");
    }
}

}  // namespace ibkr::simulation
