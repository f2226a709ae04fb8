#include <catch2/catch.hpp>

#include "engine/replay/replay.hpp"
#include "events/catalogue.hpp"
#include "events/event_codec.hpp"
#include "tests/support/engine_rig.hpp"
#include "tests/support/resumed_log.hpp"

// A loss need not be at the log's end: a damaged block takes records out of its middle. What comes after them
// builds on what is gone, and the engine must still start, go on and be replayed.

using namespace ibkr;
using namespace ibkr::engine;
using events::SequenceId;
using ibkr::testing::EngineRig;
using ibkr::testing::member;

namespace {

/// Two orders, one filled in part and cancelled, and the kill switch: every kind of workflow.
void trade(EngineRig& rig) {
    const auto submit = [&](const char* key) {
        const auto preview = rig.preview("5", "150");
        REQUIRE(preview);
        const auto approval = rig.approve(events::WorkflowId(member(preview->payload, "preview_id")));
        REQUIRE(approval);
        const auto order = rig.submit(events::WorkflowId(member(approval->payload, "approval_id")), key);
        REQUIRE(order);
        return events::BrokerOrderId(member(order->payload, "broker_order_id"));
    };
    const auto first = submit("first");
    REQUIRE(rig.gateway().kill_switch_set(rig.context("ibkr_kill_switch"), true, "day begins"));
    rig.broker.fill(first, events::Quantity::whole(2), events::Price(events::Decimal::whole(150)));
    REQUIRE(rig.runtime().reconcile());
    static_cast<void>(submit("second"));
    REQUIRE(rig.cancel(first, "cancel"));
}

/// What `engine resume` appends when `from` to `to` cannot be read.
void resume_without(EngineRig& rig, SequenceId from, SequenceId to) {
    auto cursor = rig.log.read(to);
    REQUIRE(cursor);
    events::Record last_lost;
    REQUIRE(*(*cursor)->next(last_lost));
    events::LogResumed body;
    body.gaps = {{from, to, events::hex(last_lost.mac)}};
    body.reason = "a block was damaged";
    ibkr::testing::append_resumption(rig, std::move(body));
    REQUIRE(rig.log.gaps().size() == 1);
}

ReplayReport replayed(const events::LogReader& log) {
    auto replay = Replay::start();
    REQUIRE(replay);
    auto cursor = log.read(SequenceId(1));
    REQUIRE(cursor);
    auto report = replay->run(**cursor, {});
    REQUIRE(report);
    for (const ReplayDifference& found : report->differences)
        UNSCOPED_INFO(found.sequence_id.value() << ": expected " << found.expected << ", got " << found.got);
    return *report;
}

}  // namespace

TEST_CASE("whatever range the log lost, the engine goes on and replay agrees with it", "[lost]") {
    std::uint64_t count = 0;
    {
        EngineRig rig;
        trade(rig);
        count = rig.log.head().sequence.value();
        CHECK(replayed(rig.log).decisions_on_lost_events == 0);
    }
    REQUIRE(count > 20);
    std::uint64_t not_compared = 0;
    for (std::uint64_t from = 2; from < count; ++from) {
        // Short and long ones, up to all but the last record.
        for (const std::uint64_t length :
             {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{7}, count - from}) {
            const std::uint64_t to = from + length - 1;
            if (to >= count) continue;
            CAPTURE(from, to);
            EngineRig rig;
            trade(rig);
            resume_without(rig, SequenceId(from), SequenceId(to));
            rig.resumed = AfterResumption{"operator", "a block was damaged", {}};
            REQUIRE(rig.restart());
            REQUIRE_FALSE(rig.runtime().held());
            const ReplayReport report = replayed(rig.log);
            REQUIRE(report.difference_count == 0);
            not_compared += report.decisions_on_lost_events;
            // Every order of the broker's book is known again, and the next start is an ordinary one.
            rig.resumed.reset();
            REQUIRE(rig.restart());
            REQUIRE_FALSE(rig.runtime().held());
            const auto account = rig.runtime().accounts().hash(ibkr::testing::ScriptedBroker::account());
            for (const BrokerOrder& order : rig.broker.book()) {
                const auto known = rig.runtime().store().order_by_client_id(account, order.client_order_id);
                REQUIRE(known);
                REQUIRE(*known);
            }
            REQUIRE(rig.preview("1", "150"));
            REQUIRE(replayed(rig.log).difference_count == 0);
        }
    }
    CHECK(not_compared > 0);
}
