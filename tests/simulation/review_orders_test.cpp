#include <catch2/catch.hpp>

#include "engine/replay/replay.hpp"
#include "events/event_codec.hpp"
#include "tests/support/engine_rig.hpp"

// Order-safety scenarios, each of which once ended wrongly: a request taken for one that never began, fills
// that came before a cancel's answer or after an order's end, a lost modify given up too early, account ids
// in what callers write.

using namespace ibkr;
using ibkr::testing::EngineRig;
using ibkr::testing::member;
using ibkr::testing::ScriptedBroker;
using ibkr::testing::WriteFault;

namespace {

const events::Price hundred_fifty{events::Decimal::whole(150)};

struct Placed {
    events::WorkflowId preview_id, approval_id, order_id;
    events::BrokerOrderId broker_id;
};

Placed place(EngineRig& rig, const std::string& quantity, const std::string& key) {
    Placed placed;
    const auto preview = rig.preview(quantity, "150");
    REQUIRE(preview);
    placed.preview_id = events::WorkflowId(member(preview->payload, "preview_id"));
    const auto approval = rig.approve(placed.preview_id);
    REQUIRE(approval);
    placed.approval_id = events::WorkflowId(member(approval->payload, "approval_id"));
    const auto submitted = rig.submit(placed.approval_id, key);
    if (!submitted) return placed;
    placed.broker_id = events::BrokerOrderId(member(submitted->payload, "broker_order_id"));
    const auto orders = rig.runtime().store().orders({}, 1);
    placed.order_id = orders->front().order_id;
    return placed;
}

events::OrderRecord order_of(EngineRig& rig, const events::WorkflowId& id) {
    const auto order = rig.runtime().store().order(id);
    REQUIRE(order);
    REQUIRE(*order);
    return **order;
}

std::string approval_state(EngineRig& rig, const events::WorkflowId& id) {
    return (*rig.runtime().store().approval(id))->state;
}

engine::CallResult modify(EngineRig& rig, const Placed& placed, std::int64_t quantity,
                          const std::string& key) {
    engine::ModifyRequestByKey request;
    request.account = ScriptedBroker::account();
    request.broker_order_id = placed.broker_id;
    request.idempotency_key = events::IdempotencyKey(key);
    request.changes.quantity = events::Quantity::whole(quantity);
    return rig.gateway().paper_modify(rig.context("ibkr_paper_order_modify"), request);
}

/// Nothing the log holds has `text` in it, and it decides again alike.
void check_log(EngineRig& rig, const std::string& text = {}) {
    auto cursor = rig.log.read(events::SequenceId(1));
    REQUIRE(cursor);
    events::Record record;
    while (*(*cursor)->next(record)) {
        REQUIRE(events::decode_event(record.header.type_number, record.bytes));
        if (!text.empty()) REQUIRE(record.bytes.find(text) == std::string::npos);
    }
    auto replay = engine::Replay::start();
    REQUIRE(replay);
    auto again = rig.log.read(events::SequenceId(1));
    const auto report = replay->run(**again, {});
    REQUIRE(report);
    for (const auto& found : report->differences)
        UNSCOPED_INFO(found.sequence_id.value() << ": expected " << found.expected << ", got " << found.got);
    REQUIRE(report->difference_count == 0);
}

/// The number of the suspension point at which the first write of a submit comes back.
std::uint64_t point_after_write() {
    for (std::uint64_t at = 1;; ++at) {
        EngineRig probe;
        const auto shown = probe.preview("5", "150");
        const auto approved = probe.approve(events::WorkflowId(member(shown->payload, "preview_id")));
        probe.broker.set_absence_provable(false);
        probe.cut.arm(at);
        static_cast<void>(probe.submit(events::WorkflowId(member(approved->payload, "approval_id")), "k"));
        REQUIRE(probe.cut.fired());
        if (probe.cut.where() == engine::SuspensionPoint::after_write) return at;
    }
}

}  // namespace

TEST_CASE("a request to a network broker that began before a crash is unknown, never not_sent") {
    EngineRig rig;
    rig.broker.set_absence_provable(false);
    const auto preview = rig.preview("5", "150");
    const events::WorkflowId approval(member(
        rig.approve(events::WorkflowId(member(preview->payload, "preview_id")))->payload, "approval_id"));
    rig.cut.arm(point_after_write());
    REQUIRE_FALSE(rig.submit(approval, "once"));
    REQUIRE(rig.broker.book().size() == 1);
    rig.cut.disarm();
    REQUIRE(rig.restart());

    REQUIRE_FALSE(rig.submit(approval, "twice"));  // a new key must not send the same approval again
    REQUIRE(rig.broker.book().size() == 1);
    REQUIRE(rig.runtime().store().orders({}, 10)->front().state == "working");
    REQUIRE(approval_state(rig, approval) == "consumed");
    check_log(rig);
}

TEST_CASE("what filled before the broker took a cancel is booked, and nothing is contradicted") {
    EngineRig rig;
    const Placed placed = place(rig, "10", "partly");
    rig.broker.before_next_write(
        [&] { rig.broker.fill(placed.broker_id, events::Quantity::whole(4), hundred_fifty); });
    const auto cancelled = rig.cancel(placed.broker_id, "cancel");
    REQUIRE(cancelled);
    REQUIRE(member(cancelled->payload, "status") == "cancelled");
    const auto order = order_of(rig, placed.order_id);
    REQUIRE(order.state == "cancelled");
    REQUIRE(order.filled_quantity == events::Quantity::whole(4));
    REQUIRE_FALSE(order.contradicted);
    check_log(rig);
}

TEST_CASE("a cancel that the fill overtook answers the filled order") {
    EngineRig rig;
    const Placed placed = place(rig, "10", "whole");
    rig.broker.before_next_write(
        [&] { rig.broker.fill(placed.broker_id, events::Quantity::whole(10), hundred_fifty); });
    const auto answer = rig.cancel(placed.broker_id, "cancel");
    REQUIRE(answer);
    REQUIRE(member(answer->payload, "status") == "filled");
    REQUIRE_FALSE(order_of(rig, placed.order_id).pending);
    const auto again = rig.cancel(placed.broker_id, "cancel");
    REQUIRE(again);
    REQUIRE(rig.broker.writes_begun() == 2);
    check_log(rig);
}

TEST_CASE("an execution of an order that has ended is booked when it comes") {
    EngineRig rig;
    rig.broker.set_absence_provable(false);
    const Placed placed = place(rig, "10", "late");
    REQUIRE(rig.cancel(placed.broker_id, "cancel"));
    REQUIRE(rig.runtime().reconcile());
    REQUIRE(order_of(rig, placed.order_id).state == "cancelled");
    rig.broker.fill(placed.broker_id, events::Quantity::whole(3), hundred_fifty);
    REQUIRE(rig.runtime().reconcile());
    REQUIRE(rig.runtime().reconcile());
    const auto order = order_of(rig, placed.order_id);
    REQUIRE(order.state == "cancelled");
    REQUIRE(order.filled_quantity == events::Quantity::whole(3));
    REQUIRE(order.contradicted);
    check_log(rig);
}

TEST_CASE("a network broker's old terms do not settle a modify whose answer was lost") {
    EngineRig rig;
    rig.broker.set_absence_provable(false);
    const Placed placed = place(rig, "10", "grows");
    rig.broker.next_write(WriteFault::drop_request);
    const auto lost = modify(rig, placed, 20, "more");
    REQUIRE(lost);
    REQUIRE(lost->unknown_outcome);
    REQUIRE(rig.runtime().reconcile());
    REQUIRE(order_of(rig, placed.order_id).modify_unknown);
    const auto exposure = rig.runtime().store().exposure(
        rig.runtime().accounts().hash(ScriptedBroker::account()), ScriptedBroker::stock().contract_id);
    REQUIRE(exposure->open_buys == events::Quantity::whole(20));
    check_log(rig);
}

TEST_CASE("an account id in a key, an id, a symbol or a reason never reaches the log") {
    const std::string raw = ScriptedBroker::account().raw();
    EngineRig rig;
    const Placed placed = place(rig, "10", "plain");
    REQUIRE_FALSE(rig.cancel(placed.broker_id, raw));
    REQUIRE_FALSE(rig.cancel(events::BrokerOrderId(raw), "key-1"));
    REQUIRE_FALSE(rig.submit(events::WorkflowId(raw), "key-2"));
    REQUIRE_FALSE(rig.approve(events::WorkflowId(raw)));
    REQUIRE_FALSE(rig.gateway().approval_act(rig.context("ibkr_approval_act"),
                                             {engine::ApprovalAct::revoke, events::WorkflowId(raw), raw}));
    engine::PreviewRequest request;
    request.account = ScriptedBroker::account();
    request.symbol = raw;
    request.quantity = events::Quantity::whole(1);
    request.rationale = "for " + raw;
    REQUIRE_FALSE(rig.gateway().order_preview(rig.context("ibkr_order_preview"), request));
    check_log(rig, raw);
}

TEST_CASE("an order filled in hundreds of pieces is booked whole, by a report and around an answer") {
    EngineRig rig;
    const events::Quantity piece{events::Decimal::of(1, 1)};
    const auto fill_pieces = [&](const events::BrokerOrderId& id, int count) {
        for (int i = 0; i < count; ++i)
            rig.broker.fill(id, piece, hundred_fifty);
    };
    const Placed placed = place(rig, "100", "pieces");
    fill_pieces(placed.broker_id, 450);
    REQUIRE(rig.runtime().reconcile());
    REQUIRE(order_of(rig, placed.order_id).filled_quantity == events::Quantity::whole(45));
    rig.broker.before_next_write([&] { fill_pieces(placed.broker_id, 400); });
    REQUIRE(rig.cancel(placed.broker_id, "cancel"));
    const auto order = order_of(rig, placed.order_id);
    REQUIRE(order.state == "cancelled");
    REQUIRE(order.filled_quantity == events::Quantity::whole(85));
    REQUIRE_FALSE(order.contradicted);
    check_log(rig);
}
