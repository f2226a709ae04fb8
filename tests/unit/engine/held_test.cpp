#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/engine_rig.hpp"
#include "tests/support/forwarding_log.hpp"

// What the engine does when it may not write: a log that is held, a disk that is nearly full, anchors that
// cannot be made durable.

using namespace ibkr;
using namespace ibkr::engine;
using events::ErrorCode;
using ibkr::testing::EngineRig;
using ibkr::testing::member;
using ibkr::testing::ScriptedBroker;

namespace {

events::Hold a_hold() {
    events::Hold hold;
    hold.reason = "records 7 to 9 are missing";
    hold.readable_head = events::SequenceId(6);
    hold.highest_anchor = events::SequenceId(9);
    return hold;
}

ErrorCode code_of(const CallResult& result) {
    REQUIRE_FALSE(result);
    return result.error().error.code;
}

/// The calls that add to the log, as far as a refusal at the door goes.
std::vector<CallResult> new_work(EngineRig& rig) {
    std::vector<CallResult> all;
    all.push_back(rig.preview("5", "150"));
    all.push_back(rig.approve(events::WorkflowId("some-preview")));
    all.push_back(rig.gateway().approval_act(rig.context("ibkr_approvals"),
                                             {ApprovalAct::grant, events::WorkflowId("some-approval"), {}}));
    all.push_back(rig.submit(events::WorkflowId("some-approval"), "k1"));
    events::OrderChanges changes;
    changes.limit_price = events::Price(events::Decimal::whole(151));
    all.push_back(
        rig.gateway().paper_modify(rig.context("ibkr_paper_order_modify"), {ScriptedBroker::account(),
                                                                            events::BrokerOrderId("9001"),
                                                                            events::IdempotencyKey("k2"),
                                                                            changes,
                                                                            {}}));
    return all;
}

/// An order that works at the broker, by its broker id.
events::BrokerOrderId working_order(EngineRig& rig) {
    const auto preview = rig.preview("5", "150");
    REQUIRE(preview);
    const auto approval = rig.approve(events::WorkflowId(member(preview->payload, "preview_id")));
    REQUIRE(approval);
    const auto order = rig.submit(events::WorkflowId(member(approval->payload, "approval_id")), "first");
    REQUIRE(order);
    return events::BrokerOrderId(member(order->payload, "broker_order_id"));
}

/// A disk of which a test says how full it is.
class ScriptedDisk final : public events::DiskSpace {
public:
    events::DiskRoom now = events::DiskRoom::ample;
    std::size_t asked = 0;
    [[nodiscard]] events::DiskRoom room() override {
        ++asked;
        return now;
    }
    [[nodiscard]] std::string describe_limit() const override { return "less than 256 MiB are free"; }
};

/// Counts how often the head was secured, and on which head; fails and dies when told to.
class WatchedLog final : public ibkr::testing::ForwardingLog {
public:
    using ForwardingLog::ForwardingLog;
    std::vector<events::SequenceId> secured;
    bool fails = false;
    [[nodiscard]] events::Result<void> secure_head() override {
        if (fails) {
            dead_ = true;
            return events::failure(ErrorCode::audit_write_failed, "the anchor could not be synced");
        }
        secured.push_back(head().sequence);
        return {};
    }
    [[nodiscard]] bool alive() const override { return !dead_ && ForwardingLog::alive(); }

private:
    bool dead_ = false;
};

}  // namespace

TEST_CASE("a held log is read without a record and takes nothing", "[held]") {
    EngineRig rig;
    const auto order = working_order(rig);
    const auto head = rig.log.head();
    rig.hold = a_hold();
    REQUIRE(rig.restart());
    REQUIRE(rig.runtime().held());
    auto gateway = rig.gateway();

    const auto health = gateway.health(rig.context("ibkr_health"));
    REQUIRE(health);
    CHECK(member(health->payload, "gateway") == "held");
    CHECK(health->audit_event_id.empty());
    CHECK(health->unrecorded_reason == "the log is held: records 7 to 9 are missing");
    for (const CallResult& read : {gateway.backend_status(rig.context("ibkr_session_status")),
                                   gateway.approvals_list(rig.context("ibkr_approvals"), {}),
                                   gateway.audit_tail(rig.context("ibkr_audit"), 5, false),
                                   gateway.audit_export(rig.context("ibkr_audit"), {})}) {
        REQUIRE(read);
        CHECK_FALSE(read->unrecorded_reason.empty());
    }
    const auto kill_switch = gateway.kill_switch_status(rig.context("ibkr_kill_switch"));
    REQUIRE(kill_switch);
    const auto shown = nlohmann::json::parse(kill_switch->payload);
    CHECK(shown.at("audit_event_id").is_null());
    CHECK(shown.at("audit_note") == kill_switch->unrecorded_reason);

    for (const CallResult& refused : new_work(rig))
        CHECK(code_of(refused) == ErrorCode::engine_held);
    CHECK(code_of(rig.cancel(order, "c1")) == ErrorCode::engine_held);
    CHECK(code_of(gateway.kill_switch_set(rig.context("ibkr_kill_switch"), false, "x")) ==
          ErrorCode::engine_held);
    // A call that fails or is denied leaves nothing either.
    auto without_scopes = rig.context("ibkr_health");
    without_scopes.actor.scopes.clear();
    CHECK(code_of(gateway.health(without_scopes)) == ErrorCode::auth_missing_scope);
    CHECK(rig.runtime().reconcile());
    CHECK(rig.runtime().fire_due_timers());
    CHECK(rig.log.head() == head);
    CHECK(rig.broker.writes_begun() == 1);
}

TEST_CASE("a log that lacks an order of ours is held, and goes on when the order was recorded", "[held]") {
    EngineRig rig;
    const auto kept = rig.log.head().sequence;
    static_cast<void>(working_order(rig));
    rig.log.truncate(kept);
    REQUIRE(rig.restart());
    REQUIRE(rig.runtime().held());
    CHECK(rig.runtime().held()->can_resume);
    CHECK(rig.runtime().held()->reason.find("broker's book") != std::string::npos);
    CHECK(rig.log.head().sequence == kept);
    for (const CallResult& refused : new_work(rig))
        CHECK(code_of(refused) == ErrorCode::engine_held);
}

TEST_CASE("a broker that could not be asked at the start is asked before an order is sent", "[held]") {
    EngineRig rig;
    const auto preview = rig.preview("5", "150");
    REQUIRE(preview);
    const auto approval = rig.approve(events::WorkflowId(member(preview->payload, "preview_id")));
    REQUIRE(approval);
    const events::WorkflowId approval_id(member(approval->payload, "approval_id"));
    rig.broker.set_lists_orders(false);
    REQUIRE(rig.restart());
    CHECK_FALSE(rig.runtime().held());
    REQUIRE(rig.runtime().notes().size() == 1);
    CHECK(code_of(rig.submit(approval_id, "first")) == ErrorCode::broker_backend_unavailable);
    CHECK(rig.broker.writes_begun() == 0);

    BrokerOrder lost;
    lost.account_id = ScriptedBroker::account();
    lost.broker_order_id = events::BrokerOrderId("8001");
    lost.client_order_id = events::ClientOrderId("p" + rig.runtime().log_prefix() + "-lost");
    lost.terms.contract = ScriptedBroker::stock();
    lost.terms.quantity = events::Quantity::whole(1);
    rig.broker.add_order(lost);
    rig.broker.set_lists_orders(true);
    CHECK(code_of(rig.submit(approval_id, "first")) == ErrorCode::engine_held);
    CHECK(rig.broker.writes_begun() == 0);
    CHECK(rig.runtime().held());
}

TEST_CASE("on a nearly full disk new work is refused and what is under way goes on", "[held]") {
    EngineRig rig;
    ScriptedDisk disk;
    rig.disk = &disk;
    REQUIRE(rig.restart());
    const auto order = working_order(rig);
    disk.now = events::DiskRoom::low;
    const auto head = rig.log.head();
    for (const CallResult& refused : new_work(rig)) {
        REQUIRE_FALSE(refused);
        CHECK(refused.error().error.code == ErrorCode::audit_write_failed);
        CHECK(refused.error().error.retryable);
        CHECK(refused.error().error.message == "less than 256 MiB are free");
    }
    auto gateway = rig.gateway();
    CHECK(code_of(gateway.approvals_list(rig.context("ibkr_approvals"), {})) ==
          ErrorCode::audit_write_failed);
    CHECK(code_of(gateway.audit_export(rig.context("ibkr_audit"), {})) == ErrorCode::audit_write_failed);
    for (const CallResult& read : {gateway.health(rig.context("ibkr_health")),
                                   gateway.backend_status(rig.context("ibkr_session_status")),
                                   gateway.kill_switch_status(rig.context("ibkr_kill_switch")),
                                   gateway.audit_tail(rig.context("ibkr_audit"), 5, false)}) {
        REQUIRE(read);
        CHECK(read->unrecorded_reason == "less than 256 MiB are free");
    }
    CHECK(rig.log.head() == head);

    // Fills, a cancel and the kill switch are recorded, and the disk was asked before each append.
    rig.broker.fill(order, events::Quantity::whole(2), events::Price(events::Decimal::whole(150)));
    const std::size_t asked = disk.asked;
    REQUIRE(rig.runtime().reconcile());
    CHECK(rig.log.head().sequence > head.sequence);
    CHECK(disk.asked > asked);
    CHECK(rig.cancel(order, "c1"));
    CHECK(gateway.kill_switch_set(rig.context("ibkr_kill_switch"), true, "x"));
    CHECK(gateway.kill_switch_set(rig.context("ibkr_kill_switch"), false, "x"));

    disk.now = events::DiskRoom::ample;
    CHECK(rig.preview("5", "150"));
    CHECK(gateway.approvals_list(rig.context("ibkr_approvals"), {})->unrecorded_reason.empty());
}

TEST_CASE("on a nearly full disk a bound key is answered, and neither that nor a refusal leaves a record",
          "[held]") {
    EngineRig rig;
    ScriptedDisk disk;
    rig.disk = &disk;
    REQUIRE(rig.restart());
    const auto order = working_order(rig);
    disk.now = events::DiskRoom::low;
    const auto head = rig.log.head();
    const std::size_t writes = rig.broker.writes_begun();

    const auto orders = rig.runtime().store().orders({}, 1);
    REQUIRE(orders);
    const auto again = rig.submit(orders->front().approval_id, "first");
    REQUIRE(again);
    CHECK(member(again->payload, "broker_order_id") == order.text());
    CHECK(again->audit_event_id.empty());
    CHECK(again->unrecorded_reason == "less than 256 MiB are free");
    CHECK_FALSE(rig.cancel(events::BrokerOrderId("4711"), "c9"));
    CHECK(rig.log.head() == head);
    CHECK(rig.broker.writes_begun() == writes);
    CHECK(rig.cancel(order, "c1"));
    CHECK(rig.log.head().sequence > head.sequence);
}

TEST_CASE("the anchors of the intent are durable before the broker sees the order", "[held]") {
    EngineRig rig;
    WatchedLog watched(rig.log);
    rig.log_in_front = &watched;
    REQUIRE(rig.restart());
    events::SequenceId at_write;
    rig.broker.before_next_write([&] {
        REQUIRE(watched.secured.size() == 1);
        at_write = rig.log.head().sequence;
    });
    const auto order = working_order(rig);
    REQUIRE(watched.secured.size() == 1);
    CHECK(watched.secured.front() == at_write);
    REQUIRE(rig.cancel(order, "c1"));
    CHECK(watched.secured.size() == 2);
}

TEST_CASE("anchors that cannot be made durable stop the order and the process", "[held]") {
    EngineRig rig;
    WatchedLog watched(rig.log);
    rig.log_in_front = &watched;
    REQUIRE(rig.restart());
    const auto preview = rig.preview("5", "150");
    REQUIRE(preview);
    const auto approval = rig.approve(events::WorkflowId(member(preview->payload, "preview_id")));
    REQUIRE(approval);
    const events::WorkflowId approval_id(member(approval->payload, "approval_id"));
    watched.fails = true;
    CHECK(code_of(rig.submit(approval_id, "first")) == ErrorCode::audit_write_failed);
    CHECK(rig.broker.writes_begun() == 0);
    CHECK_FALSE(rig.runtime().alive());

    // The next start finds that it never began; the same key says so, and the approval is free again.
    rig.log_in_front = nullptr;
    REQUIRE(rig.restart());
    const auto answer = rig.submit(approval_id, "first");
    REQUIRE(answer);
    CHECK(nlohmann::json::parse(answer->payload).at("current").at("order_state") == "not_placed");
    CHECK(rig.broker.writes_begun() == 0);
    CHECK(rig.submit(approval_id, "again"));
}
