#include <set>

#include <catch2/catch.hpp>

#include "engine/replay/replay.hpp"
#include "events/log/chain/chain.hpp"
#include "tests/support/engine_rig.hpp"

// The paper scenario, cut at every suspension point, then again at every point of the restart that follows.
// Claims: 1. what was acknowledged is in the log after the restart; 2. an intent has at most one order at the
// broker, whatever is asked again; 3. the scenario, continued by a client that asks with the same keys, ends
// as if nothing had happened; 4. the log verifies and decides again alike.

using namespace ibkr;
using ibkr::testing::EngineRig;
using ibkr::testing::member;

namespace {

/// A client that follows the documentation: it repeats a step that was not answered, with the same key.
struct Client {
    EngineRig& rig;
    std::set<std::string> acknowledged;  ///< audit event ids of released answers
    std::string submitted_id;
    std::string working_id;
    int step = 0;
    std::string preview_id, approval_id;
    std::string key_suffix;  ///< a key whose order was proved never placed is spent; the approval is not

    /// Takes the next step; false when the process was cut off meanwhile.
    bool advance() {
        const engine::CallResult answer = take_step();
        if (!answer) {
            if (!answer.error().audit_event_id.empty())
                acknowledged.insert(answer.error().audit_event_id.text());
            if (step == 6 && !rig.cut.fired() &&
                answer.error().error.code == events::ErrorCode::broker_response_invalid) {
                key_suffix += "-again";  // the cancel was cut off before it began; its key is spent
                return true;
            }
            if (const auto open = approval_made_before_the_cut()) {
                approval_id = *open;
                ++step;
                return true;
            }
            INFO("step " << step << ": " << answer.error().error.message);
            REQUIRE(rig.cut.fired());
            return false;
        }
        acknowledged.insert(answer->audit_event_id.text());
        if (never_placed(answer->payload)) {
            key_suffix += "-again";
            return true;
        }
        keep(answer->payload);
        ++step;
        return true;
    }
    [[nodiscard]] bool done() const { return step == 7; }

private:
    /// An approval whose answer was lost: the refusal of a second one says to use it.
    [[nodiscard]] std::optional<std::string> approval_made_before_the_cut() {
        if ((step != 1 && step != 4) || rig.cut.fired()) return std::nullopt;
        const auto open = rig.runtime().store().open_approval_of(events::WorkflowId(preview_id));
        if (!open || !*open) return std::nullopt;
        return (*open)->approval_id.text();
    }
    engine::CallResult take_step() {
        switch (step) {
            case 0:
                return rig.preview("5", "200");
            case 1:
                return rig.approve(events::WorkflowId(preview_id));
            case 2:
                return rig.submit(events::WorkflowId(approval_id), "fills" + key_suffix);
            case 3:
                return rig.preview("7", "150");
            case 4:
                return rig.approve(events::WorkflowId(preview_id));
            case 5:
                return rig.submit(events::WorkflowId(approval_id), "rests" + key_suffix);
            default:
                return rig.cancel(events::BrokerOrderId(working_id), "cancel-it" + key_suffix);
        }
    }
    /// The stored answer of an intent that was cut off before its request began.
    [[nodiscard]] static bool never_placed(const std::string& payload) {
        return payload.find("\"replayed\":true") != std::string::npos &&
               payload.find("\"order_state\":\"not_placed\"") != std::string::npos;
    }
    void keep(const std::string& payload) {
        if (step == 0 || step == 3) preview_id = member(payload, "preview_id");
        if (step == 1 || step == 4) approval_id = member(payload, "approval_id");
        if (step == 2) submitted_id = member(payload, "broker_order_id");
        if (step == 5) working_id = member(payload, "broker_order_id");
    }
};

std::set<std::string> event_ids(const EngineRig& rig) {
    std::set<std::string> ids;
    auto cursor = rig.log.read(events::SequenceId(1));
    REQUIRE(cursor);
    events::Record record;
    while (*(*cursor)->next(record))
        ids.insert(events::event_id_in(record.bytes));
    return ids;
}

void check_invariants(EngineRig& rig, const Client& client) {
    const std::set<std::string> stored = event_ids(rig);
    for (const std::string& id : client.acknowledged)
        REQUIRE(stored.count(id) == 1);

    std::set<std::string> keys;
    for (const engine::BrokerOrder& order : rig.broker.book()) {
        INFO(order.client_order_id.text());
        REQUIRE(rig.broker.placed(order.client_order_id) == 1);
        keys.insert(order.client_order_id.text());
    }
    REQUIRE(keys.size() == 2);

    const auto verified = events::verify_chain(rig.log, rig.log.keys().ring());
    REQUIRE(verified);
    REQUIRE(verified->chain_valid);

    auto replay = engine::Replay::start();
    REQUIRE(replay);
    auto cursor = rig.log.read(events::SequenceId(1));
    const auto report = replay->run(**cursor, {});
    REQUIRE(report);
    for (const auto& found : report->differences)
        UNSCOPED_INFO(found.sequence_id.value() << ": expected " << found.expected << ", got " << found.got);
    REQUIRE(report->difference_count == 0);
}

void check_end_state(EngineRig& rig) {
    const auto orders = rig.runtime().store().orders({}, 10);
    REQUIRE(orders);
    std::set<std::string> states;
    for (const events::OrderRecord& order : *orders) {
        if (order.state == "not_placed") continue;
        states.insert(order.state);
        const auto approval = rig.runtime().store().approval(order.approval_id);
        REQUIRE((*approval)->state == "consumed");
        REQUIRE_FALSE(order.contradicted);
    }
    REQUIRE(states == std::set<std::string>{"filled", "cancelled"});
    REQUIRE(rig.broker.position() == events::Quantity::whole(5));
}

/// Runs the scenario to its end; `cut_at` 0 never cuts. `cut_again_at` cuts the first restart too.
std::uint64_t run_scenario(std::uint64_t cut_at, std::uint64_t cut_again_at, bool* cut_reached = nullptr,
                           bool* cut_again_reached = nullptr) {
    EngineRig rig(7);
    rig.broker.fill_buys_at_or_above(events::Price(events::Decimal::whole(195)));
    rig.cut.arm(cut_at);
    Client client{rig, {}, {}, {}, 0, {}, {}, {}};
    while (!client.done() && client.advance()) {
    }
    const std::uint64_t points = rig.cut.count();
    if (cut_reached != nullptr) *cut_reached = rig.cut.fired();
    if (rig.cut.fired()) {
        rig.cut.disarm();
        if (cut_again_at != 0) rig.cut.arm(cut_again_at);
        if (!rig.restart()) {
            REQUIRE(rig.cut.fired());
            if (cut_again_reached != nullptr) *cut_again_reached = true;
            rig.cut.disarm();
            REQUIRE(rig.restart());
        }
        rig.cut.disarm();
        while (!client.done())
            REQUIRE(client.advance());
    }
    REQUIRE(client.done());
    check_invariants(rig, client);
    check_end_state(rig);
    return points;
}

}  // namespace

TEST_CASE("the paper scenario ends as it should when nothing is cut") {
    REQUIRE(run_scenario(0, 0) > 20);
}

TEST_CASE("the paper scenario survives a cut at every suspension point") {
    const std::uint64_t points = run_scenario(0, 0);
    for (std::uint64_t at = 1; at <= points; ++at) {
        CAPTURE(at);
        bool reached = false;
        run_scenario(at, 0, &reached);
        REQUIRE(reached);
    }
}

TEST_CASE("and a second cut at every point of the restart") {
    const std::uint64_t points = run_scenario(0, 0);
    std::uint64_t second_cuts = 0;
    for (std::uint64_t at = 1; at <= points; ++at)
        for (std::uint64_t again = 1;; ++again) {
            CAPTURE(at, again);
            bool cut_again = false;
            run_scenario(at, again, nullptr, &cut_again);
            if (!cut_again) break;
            ++second_cuts;
        }
    REQUIRE(second_cuts > 10);
}

TEST_CASE("an order whose answer was lost is found at the broker and never sent again") {
    EngineRig rig;
    rig.broker.next_write(testing::WriteFault::lose_answer);
    const std::string preview = member(rig.preview("5", "150")->payload, "preview_id");
    const std::string approval = member(rig.approve(events::WorkflowId(preview))->payload, "approval_id");
    const auto lost = rig.submit(events::WorkflowId(approval), "lost");
    REQUIRE(lost);
    REQUIRE(lost->unknown_outcome);
    REQUIRE(member(lost->payload, "order_state") == "unknown");
    REQUIRE_FALSE(member(lost->payload, "user_action").empty());

    const auto again = rig.submit(events::WorkflowId(approval), "lost");
    REQUIRE(again);
    REQUIRE(rig.broker.writes_begun() == 1);
    REQUIRE(rig.broker.book().size() == 1);

    REQUIRE(rig.runtime().reconcile());
    const auto orders = rig.runtime().store().orders({}, 10);
    REQUIRE(orders->front().state == "working");
    REQUIRE((*rig.runtime().store().approval(events::WorkflowId(approval)))->state == "consumed");
}

TEST_CASE("a request that never arrived is proved absent, and its approval can be used again") {
    EngineRig rig;
    rig.broker.next_write(testing::WriteFault::drop_request);
    const std::string preview = member(rig.preview("5", "150")->payload, "preview_id");
    const std::string approval = member(rig.approve(events::WorkflowId(preview))->payload, "approval_id");
    REQUIRE(rig.submit(events::WorkflowId(approval), "dropped")->unknown_outcome);
    REQUIRE(rig.runtime().reconcile());
    REQUIRE(rig.runtime().store().orders({}, 10)->front().state == "not_placed");
    REQUIRE((*rig.runtime().store().approval(events::WorkflowId(approval)))->state == "approved");

    const auto second = rig.submit(events::WorkflowId(approval), "second-key");
    REQUIRE(second);
    REQUIRE(member(second->payload, "order_state") == "working");
    const auto first_key = rig.submit(events::WorkflowId(approval), "dropped");
    REQUIRE(first_key);
    CHECK(member(first_key->payload, "user_action").find("new idempotency key") != std::string::npos);
    REQUIRE(rig.broker.book().size() == 1);
}

TEST_CASE("where absence cannot be proved by one read, the order stays unknown and keeps its approval") {
    EngineRig rig;
    rig.broker.set_absence_provable(false);
    rig.broker.next_write(testing::WriteFault::drop_request);
    const std::string preview = member(rig.preview("5", "150")->payload, "preview_id");
    const std::string approval = member(rig.approve(events::WorkflowId(preview))->payload, "approval_id");
    REQUIRE(rig.submit(events::WorkflowId(approval), "dropped")->unknown_outcome);
    for (int poll = 0; poll < 5; ++poll)
        REQUIRE(rig.runtime().reconcile());
    REQUIRE(rig.restart());
    REQUIRE(rig.runtime().store().orders({}, 10)->front().state == "unknown");
    const auto reuse = rig.submit(events::WorkflowId(approval), "other-key");
    REQUIRE_FALSE(reuse);
    REQUIRE(reuse.error().error.code == events::ErrorCode::approval_consumed);
    const auto exposure = rig.runtime().store().exposure(
        rig.runtime().accounts().hash(testing::ScriptedBroker::account()), events::ContractId("265598"));
    REQUIRE(exposure->open_buys == events::Quantity::whole(5));
}

TEST_CASE("an append that fails is not acknowledged, and the process does nothing more") {
    for (const auto fault : {events::AppendFault::not_stored, events::AppendFault::stored_unknown}) {
        EngineRig rig;
        const std::string preview = member(rig.preview("5", "150")->payload, "preview_id");
        const std::string approval = member(rig.approve(events::WorkflowId(preview))->payload, "approval_id");
        rig.log.fail_append(1, fault);
        const auto failed = rig.submit(events::WorkflowId(approval), "key-1");
        REQUIRE_FALSE(failed);
        REQUIRE(failed.error().error.code == events::ErrorCode::audit_write_failed);
        REQUIRE_FALSE(rig.runtime().alive());
        REQUIRE(rig.broker.writes_begun() == 0);
        REQUIRE_FALSE(rig.preview("5", "150"));

        REQUIRE(rig.restart());
        const auto again = rig.submit(events::WorkflowId(approval), "key-1");
        const bool intent_was_stored = fault == events::AppendFault::stored_unknown;
        // The stored intent was settled at the restart as never placed; its key is never sent again.
        REQUIRE(again);
        const auto orders = rig.runtime().store().orders({}, 10);
        REQUIRE(orders->front().state == (intent_was_stored ? "not_placed" : "working"));
        REQUIRE((member(again->payload, "order_state") == "unknown") == intent_was_stored);
        REQUIRE(rig.broker.book().size() == (intent_was_stored ? 0U : 1U));
    }
}

TEST_CASE("the same key answers what was answered first, and says what holds now") {
    EngineRig rig;
    rig.broker.fill_buys_at_or_above(events::Price(events::Decimal::whole(195)));
    const std::string preview = member(rig.preview("5", "200")->payload, "preview_id");
    const std::string approval = member(rig.approve(events::WorkflowId(preview))->payload, "approval_id");
    const auto first = rig.submit(events::WorkflowId(approval), "one-key");
    const auto again = rig.submit(events::WorkflowId(approval), "one-key");
    REQUIRE(first);
    REQUIRE(again);
    for (const char* name : {"order_state", "status", "broker_order_id", "order_id"})
        CHECK(member(first->payload, name) == member(again->payload, name));
    CHECK(member(again->payload, "order_state") == "filled");
    CHECK(rig.broker.writes_begun() == 1);
}
