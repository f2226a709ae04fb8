#include "engine/lost_orders.hpp"

#include <catch2/catch.hpp>

#include "engine/fold/catch_up.hpp"
#include "engine/replay/replay.hpp"
#include "events/catalogue.hpp"
#include "events/event_codec.hpp"
#include "tests/support/engine_rig.hpp"
#include "tests/support/resumed_log.hpp"

// A disk that was rolled back: the log lost orders that the broker's book, and perhaps the old read models,
// still show. They are found, held in `unknown`, settled by the book, and never sent again.

using namespace ibkr;
using namespace ibkr::engine;
using events::IdempotencyKey;
using events::SequenceId;
using ibkr::testing::EngineRig;
using ibkr::testing::member;
using ibkr::testing::ScriptedBroker;

namespace {

const events::Price hundred_fifty{events::Decimal::whole(150)};

events::WorkflowId approved(EngineRig& rig, const std::string& quantity) {
    const auto preview = rig.preview(quantity, "150");
    REQUIRE(preview);
    const auto approval = rig.approve(events::WorkflowId(member(preview->payload, "preview_id")));
    REQUIRE(approval);
    return events::WorkflowId(member(approval->payload, "approval_id"));
}

events::BrokerOrderId submitted(EngineRig& rig, const events::WorkflowId& approval, const std::string& key) {
    const auto reply = rig.submit(approval, key);
    REQUIRE(reply);
    return events::BrokerOrderId(member(reply->payload, "broker_order_id"));
}

/// Read models of their own, folded from what the rig's log holds now.
struct Models {
    WorkflowProjection* workflows = nullptr;
    std::unique_ptr<projections::ProjectionStore> store;

    explicit Models(const events::LogReader& log) {
        auto made = std::make_unique<WorkflowProjection>();
        workflows = made.get();
        auto opened = projections::ProjectionStore::open(":memory:", all_projections(std::move(made)));
        REQUIRE(opened);
        store = std::make_unique<projections::ProjectionStore>(std::move(*opened));
        REQUIRE(catch_up(log, *store));
    }
};

/// `engine resume` on the rig's log: the record after the gap, then the engine.
struct Resumed {
    Models models;
    std::unique_ptr<Runtime> runtime;

    Resumed(EngineRig& rig, SequenceId lost_to, const std::vector<statemachines::RecordFoundOrder>& found)
        : models(append_resumed(rig, lost_to)) {
        RuntimeParts parts = rig.parts();
        RuntimeParts mine{parts.log,   parts.keys, *models.store,  *models.workflows, parts.broker,
                          parts.clock, parts.ids,  parts.accounts, parts.suspension,  "test"};
        mine.resumed = AfterResumption{"operator", "disk put back", found};
        auto opened = Runtime::open(std::move(mine), rig.policies);
        if (opened) runtime = std::move(*opened);
        REQUIRE((opened || rig.cut.fired()));
    }

    static const events::LogReader& append_resumed(EngineRig& rig, SequenceId lost_to) {
        events::LogResumed body;
        body.to = lost_to;
        body.reason = "disk put back";
        ibkr::testing::append_resumption(rig, std::move(body));
        return rig.log;
    }

    [[nodiscard]] events::OrderRecord order(const events::BrokerOrderId& id) const {
        auto found = models.store->order_by_broker_id(account(), id);
        REQUIRE(found);
        REQUIRE(*found);
        return **found;
    }
    [[nodiscard]] events::AccountHash account() const {
        return runtime->accounts().hash(ScriptedBroker::account());
    }
    [[nodiscard]] events::OrderCount counted() const {
        const auto day = runtime->day_start();
        REQUIRE(day);
        const auto count = models.store->count(account(), events::Environment::paper, "default", *day);
        REQUIRE(count);
        return *count;
    }
    [[nodiscard]] std::string state_of(const events::WorkflowId& approval) const {
        return (*models.store->approval(approval))->state;
    }
};

/// The types of the events from `from` on that belong to orders and approvals.
std::vector<std::string> order_events(const events::LogReader& log, SequenceId from) {
    std::vector<std::string> names;
    auto cursor = log.read(from);
    REQUIRE(cursor);
    events::Record record;
    while (*(*cursor)->next(record)) {
        const auto event = events::decode_record(record);
        REQUIRE(event);
        const std::string name(events::descriptor(event->body).name);
        if (name.starts_with("order_") || name.starts_with("paper_") || name.starts_with("approval_"))
            names.push_back(name);
    }
    return names;
}

void check_replay(const events::LogReader& log) {
    auto replay = Replay::start();
    REQUIRE(replay);
    auto cursor = log.read(SequenceId(1));
    REQUIRE(cursor);
    const auto report = replay->run(**cursor, {});
    REQUIRE(report);
    for (const auto& found : report->differences)
        UNSCOPED_INFO(found.sequence_id.value() << ": expected " << found.expected << ", got " << found.got);
    CHECK(report->difference_count == 0);
    CHECK(report->decisions_replayed > 0);
}

std::vector<statemachines::RecordFoundOrder> unknown_to(EngineRig& rig, const Models& models) {
    auto parts = rig.parts();
    auto found = orders_unknown_to_log(rig.broker, *models.store, parts.accounts,
                                       rig.log.identity().log_id_hex().substr(0, 8));
    REQUIRE(found);
    return std::move(*found);
}

/// Of models in order.
events::Result<std::vector<statemachines::RecordFoundOrder>> found_ahead(
    const projections::Queries& old_models, const projections::Queries& of_log) {
    auto ahead = orders_ahead(old_models, of_log);
    REQUIRE(ahead);
    CHECK(ahead->unreadable == 0);
    return std::move(ahead->found);
}

}  // namespace

TEST_CASE("an order that only the broker still shows is found, settled by its book, and its key is bound") {
    EngineRig rig;
    const auto used = approved(rig, "5");
    const auto unused = approved(rig, "7");
    const SequenceId kept = rig.log.head().sequence;
    REQUIRE(unknown_to(rig, Models(rig.log)).empty());
    const auto lost = submitted(rig, used, "lost");
    const SequenceId lost_to = rig.log.head().sequence;
    rig.log.truncate(kept);
    rig.broker.fill(lost, events::Quantity::whole(2), hundred_fifty);
    const auto writes = rig.broker.writes_begun();

    const auto found = unknown_to(rig, Models(rig.log));
    REQUIRE(found.size() == 1);
    CHECK(found.front().found_at == "broker");
    CHECK(found.front().idempotency_key.text() == "lost");
    CHECK(found.front().environment == events::Environment::paper);
    CHECK(found.front().broker_order_id == lost);
    CHECK(found.front().notional.amount == events::Decimal::whole(750));
    CHECK(can_record(found));

    Resumed resumed(rig, lost_to, {});
    const auto names = order_events(rig.log, lost_to.next());
    REQUIRE(names.size() >= 2);
    CHECK(names[0] == "order_submit_intended");
    CHECK(names[1] == "paper_order_submitted");
    const auto order = resumed.order(lost);
    CHECK(order.state == "partially_filled");
    CHECK(order.filled_quantity == events::Quantity::whole(2));
    CHECK(order.idempotency_key.text() == "lost");

    // Nothing that could still be used is left: what was lost may have used it.
    CHECK(resumed.state_of(used) == "revoked");
    CHECK(resumed.state_of(unused) == "revoked");

    const auto counted = resumed.counted();
    CHECK(counted.orders == 1);
    CHECK(counted.notional == events::Decimal::whole(750));
    const auto exposure =
        resumed.models.store->exposure(resumed.account(), ScriptedBroker::stock().contract_id);
    REQUIRE(exposure);
    CHECK(exposure->open_buys == events::Quantity::whole(3));

    // The same key again: a conflict that names the workflow; nothing is sent.
    Gateway gateway(*resumed.runtime);
    const auto again = gateway.paper_submit(rig.context("ibkr_paper_order_submit"),
                                            {ScriptedBroker::account(), used, IdempotencyKey("lost")});
    REQUIRE_FALSE(again);
    CHECK(again.error().error.code == events::ErrorCode::paper_idempotency_conflict);
    CHECK_FALSE(again.error().error.retryable);
    CHECK(again.error().error.message.find(order.order_id.text()) != std::string::npos);
    CHECK(rig.broker.writes_begun() == writes);
    CHECK(rig.broker.placed(order.client_order_id) == 1);
    check_replay(rig.log);
}

TEST_CASE(
    "what old read models know of a lost order is recorded with it, and its retry gets the stored answer") {
    EngineRig rig;
    const auto used = approved(rig, "5");
    const SequenceId kept = rig.log.head().sequence;
    const auto lost = submitted(rig, used, "lost");
    const SequenceId lost_to = rig.log.head().sequence;
    const Models old_models(rig.log);
    rig.log.truncate(kept);

    auto ahead = found_ahead(*old_models.store, *Models(rig.log).store);
    REQUIRE(ahead);
    REQUIRE(ahead->size() == 1);
    CHECK(ahead->front().found_at == "projection");
    CHECK(ahead->front().approval_id == used);
    CHECK_FALSE(ahead->front().request_hash.empty());
    CHECK(ahead->front().notional.amount == events::Decimal::whole(750));

    Resumed resumed(rig, lost_to, *ahead);
    const auto order = resumed.order(lost);
    CHECK(order.order_id == ahead->front().order_id);
    CHECK(order.state == "working");
    CHECK(resumed.state_of(used) == "consumed");  // reserved by the found order, used up by the book's word
    CHECK(order_events(rig.log, lost_to.next()) ==
          std::vector<std::string>{"order_submit_intended", "approval_reserved", "paper_order_submitted",
                                   "approval_revoked", "paper_order_lifecycle_changed", "approval_consumed"});

    const auto writes = rig.broker.writes_begun();
    const auto again = Gateway(*resumed.runtime)
                           .paper_submit(rig.context("ibkr_paper_order_submit"),
                                         {ScriptedBroker::account(), used, IdempotencyKey("lost")});
    REQUIRE(again);
    CHECK(member(again->payload, "broker_order_id") == lost.text());
    CHECK(rig.broker.writes_begun() == writes);
    check_replay(rig.log);
}

TEST_CASE("keys of lost changes are bound, and what they did is settled by the book") {
    EngineRig rig;
    const auto first = submitted(rig, approved(rig, "5"), "first");
    const SequenceId kept = rig.log.head().sequence;
    REQUIRE(rig.cancel(first, "lost-cancel"));
    const auto second = submitted(rig, approved(rig, "6"), "second");
    REQUIRE(rig.cancel(second, "second-cancel"));
    const SequenceId lost_to = rig.log.head().sequence;
    const Models old_models(rig.log);
    rig.log.truncate(kept);
    const auto ahead = found_ahead(*old_models.store, *Models(rig.log).store);
    REQUIRE(ahead);
    REQUIRE(ahead->size() == 3);
    CHECK(ahead->at(0).operation == events::Operation::submit);
    CHECK(ahead->at(1).operation == events::Operation::cancel);
    CHECK(ahead->at(1).idempotency_key.text() == "lost-cancel");
    CHECK(ahead->at(2).idempotency_key.text() == "second-cancel");

    Resumed resumed(rig, lost_to, *ahead);
    CHECK(resumed.order(first).state == "cancelled");
    CHECK(resumed.order(second).state == "cancelled");
    for (const auto& [order, key] : {std::pair(first, "lost-cancel"), std::pair(second, "second-cancel")}) {
        const auto bound = resumed.models.store->idempotency(events::Environment::paper, resumed.account(),
                                                             IdempotencyKey(key));
        REQUIRE(bound);
        REQUIRE(*bound);
        CHECK((*bound)->outcome == events::Outcome::unknown);
        const auto writes = rig.broker.writes_begun();
        const auto again = Gateway(*resumed.runtime)
                               .paper_cancel(rig.context("ibkr_paper_order_cancel"),
                                             {ScriptedBroker::account(), order, IdempotencyKey(key)});
        REQUIRE(again);
        CHECK(rig.broker.writes_begun() == writes);
    }
    check_replay(rig.log);
}

TEST_CASE("a lost modify is found with the size it asked for") {
    EngineRig rig;
    const auto order = submitted(rig, approved(rig, "5"), "first");
    const SequenceId kept = rig.log.head().sequence;
    ModifyRequestByKey request;
    request.account = ScriptedBroker::account();
    request.broker_order_id = order;
    request.idempotency_key = IdempotencyKey("bigger");
    request.changes.quantity = events::Quantity::whole(8);
    REQUIRE(rig.gateway().paper_modify(rig.context("ibkr_paper_order_modify"), request));
    const SequenceId lost_to = rig.log.head().sequence;
    const Models old_models(rig.log);
    rig.log.truncate(kept);
    const auto ahead = found_ahead(*old_models.store, *Models(rig.log).store);
    REQUIRE(ahead);
    REQUIRE(ahead->size() == 1);
    CHECK(ahead->front().notional.amount == events::Decimal::whole(450));

    Resumed resumed(rig, lost_to, *ahead);
    CHECK(resumed.order(order).state == "working");
    CHECK(resumed.order(order).terms.quantity == events::Quantity::whole(8));
    CHECK(resumed.counted().notional == events::Decimal::whole(1200));
    check_replay(rig.log);
}

TEST_CASE("a lost order that the broker never had ends as not placed and gives its room back") {
    EngineRig rig;
    const auto used = approved(rig, "5");
    const SequenceId kept = rig.log.head().sequence;
    rig.broker.next_write(ibkr::testing::WriteFault::drop_request);
    static_cast<void>(rig.submit(used, "lost"));
    const SequenceId lost_to = rig.log.head().sequence;
    const Models old_models(rig.log);
    rig.log.truncate(kept);
    const auto ahead = found_ahead(*old_models.store, *Models(rig.log).store);
    REQUIRE(ahead);
    REQUIRE(ahead->size() == 1);

    Resumed resumed(rig, lost_to, *ahead);
    const auto order = resumed.models.store->order(ahead->front().order_id);
    REQUIRE(order);
    REQUIRE(*order);
    CHECK((*order)->state == "not_placed");
    CHECK(resumed.counted().orders == 0);
    CHECK(rig.broker.book().empty());
    CHECK(resumed.state_of(used) == "revoked");  // while it was reserved, with effect at its release
    check_replay(rig.log);
}

TEST_CASE("a resumption cut off anywhere is held again or ended by the next start") {
    std::size_t held_again = 0;
    std::size_t ended_by_start = 0;
    for (std::uint64_t at = 1;; ++at) {
        EngineRig rig;
        const auto used = approved(rig, "5");
        const auto unused = approved(rig, "7");
        REQUIRE(rig.gateway().kill_switch_set(rig.context("ibkr_kill_switch"), true, "day begins"));
        const SequenceId kept = rig.log.head().sequence;
        const auto lost = submitted(rig, used, "lost");
        const SequenceId lost_to = rig.log.head().sequence;
        rig.log.truncate(kept);
        rig.cut.arm(at);
        const bool was_cut = Resumed(rig, lost_to, {}).runtime == nullptr;
        rig.cut.disarm();

        REQUIRE(rig.restart());
        if (rig.runtime().held()) {
            ++held_again;
            REQUIRE_FALSE(rig.submit(unused, "new"));
            REQUIRE(Resumed(rig, lost_to, {}).runtime != nullptr);
            REQUIRE(rig.restart());
        } else if (was_cut) {
            ++ended_by_start;
        }
        REQUIRE_FALSE(rig.runtime().held());
        const auto& store = rig.runtime().store();
        REQUIRE((*store.approval(used))->state == "revoked");
        REQUIRE((*store.approval(unused))->state == "revoked");
        REQUIRE((*store.gateway(events::kill_switch_workflow))->state == "closed");
        const auto order =
            store.order_by_broker_id(rig.runtime().accounts().hash(ScriptedBroker::account()), lost);
        REQUIRE(order);
        REQUIRE(*order);
        REQUIRE((*order)->state == "working");
        REQUIRE_FALSE(rig.submit(used, "lost"));
        REQUIRE(rig.broker.book().size() == 1);
        check_replay(rig.log);
        if (!was_cut) break;
    }
    CHECK(held_again > 0);
    CHECK(ended_by_start > 0);
}

TEST_CASE("recording what is recorded changes nothing, and the kill switch closes once") {
    EngineRig rig;
    const auto used = approved(rig, "5");
    REQUIRE(rig.gateway().kill_switch_set(rig.context("ibkr_kill_switch"), true, "day begins"));
    const SequenceId kept = rig.log.head().sequence;
    static_cast<void>(submitted(rig, used, "lost"));
    const SequenceId lost_to = rig.log.head().sequence;
    const Models old_models(rig.log);
    rig.log.truncate(kept);
    const auto ahead = found_ahead(*old_models.store, *Models(rig.log).store);
    REQUIRE(ahead);

    Resumed resumed(rig, lost_to, *ahead);
    const auto kill_switch = resumed.models.store->gateway(events::kill_switch_workflow);
    REQUIRE(kill_switch);
    REQUIRE(*kill_switch);
    CHECK((*kill_switch)->state == "closed");
    CHECK((*kill_switch)->reason == resumed_reason);

    const auto head = rig.log.head().sequence;
    REQUIRE(record_after_resumption(*resumed.runtime, {"operator", "again", *ahead}));
    CHECK(rig.log.head().sequence == head);
}

TEST_CASE("orders of others are not ours, and one that only looks like ours counts without a key") {
    EngineRig rig;
    const auto used = approved(rig, "5");
    const auto submitted_id = submitted(rig, used, "known");
    const std::string prefix = rig.log.identity().log_id_hex().substr(0, 8);
    const auto place = [&](const std::string& client_order_id) {
        SubmitRequest request;
        request.account_id = ScriptedBroker::account();
        request.client_order_id = events::ClientOrderId(client_order_id);
        request.terms = rig.broker.book().front().terms;
        static_cast<void>(rig.broker.submit(request));
    };
    const Models models(rig.log);
    place("by-hand");
    place("p00000000-another-log");
    place("x" + prefix + "-no-environment");
    place("");
    REQUIRE(unknown_to(rig, models).empty());

    place("p" + prefix + "-key:with:colons");
    place("p" + prefix + "?role");
    place("p" + prefix);
    place("l" + prefix + "-live");
    place("p" + prefix + "t-key");
    const auto found = unknown_to(rig, models);
    REQUIRE(found.size() == 5);
    std::map<std::string, std::string> keys;
    for (const auto& one : found)
        keys[one.client_order_id.text().substr(9)] = one.idempotency_key.text();
    CHECK(keys ==
          std::map<std::string, std::string>{
              {"", ""}, {"-key:with:colons", ""}, {"-live", "live"}, {"?role", ""}, {"t-key", "-key"}});
    const auto refused = can_record(found);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == events::ErrorCode::engine_held);
    CHECK(submitted_id.text() == "9001");
}

TEST_CASE("a lost modify that only the broker's book shows holds, and counts once it is recorded") {
    EngineRig rig;
    const auto order = submitted(rig, approved(rig, "5"), "first");
    const SequenceId kept = rig.log.head().sequence;
    REQUIRE(unknown_to(rig, Models(rig.log)).empty());
    ModifyRequestByKey request;
    request.account = ScriptedBroker::account();
    request.broker_order_id = order;
    request.idempotency_key = IdempotencyKey("bigger");
    request.changes.quantity = events::Quantity::whole(8);
    REQUIRE(rig.gateway().paper_modify(rig.context("ibkr_paper_order_modify"), request));
    REQUIRE(unknown_to(rig, Models(rig.log)).empty());
    const SequenceId lost_to = rig.log.head().sequence;
    rig.log.truncate(kept);

    const auto found = unknown_to(rig, Models(rig.log));
    REQUIRE(found.size() == 1);
    CHECK(found.front().operation == events::Operation::modify);
    CHECK(found.front().notional.amount == events::Decimal::whole(450));

    Resumed resumed(rig, lost_to, {});
    CHECK_FALSE(resumed.runtime->held());
    CHECK(resumed.order(order).terms.quantity == events::Quantity::whole(8));
    CHECK(resumed.counted().notional == events::Decimal::whole(1200));
    CHECK(unknown_to(rig, resumed.models).empty());
    check_replay(rig.log);
}
