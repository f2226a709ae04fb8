// Several threads on one engine: the queue before the writer, batches, and what must not come of it.

#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "events/crypto/hmac.hpp"
#include "events/event_codec.hpp"
#include "tests/support/engine_rig.hpp"
#include "tests/support/gated_log.hpp"

using namespace ibkr::engine;
using namespace ibkr::events;
using ibkr::testing::EngineRig;
using ibkr::testing::GatedLog;
using ibkr::testing::member;
using ibkr::testing::ScriptedBroker;

namespace {

constexpr std::size_t callers = 8;

struct SharedRig : EngineRig {
    SharedRig() : gate(log) {
        many_callers = true;
        log_in_front = &gate;
        broker.fill_buys_at_or_above(Price(Decimal::of(19960, 2)));
        REQUIRE(restart());
    }
    GatedLog gate;
};

WorkflowId approved(EngineRig& rig) {
    const auto preview = rig.preview("1", "199.60");
    REQUIRE(preview.has_value());
    const auto approval = rig.approve(WorkflowId(member(preview->payload, "preview_id")));
    REQUIRE(approval.has_value());
    return WorkflowId(member(approval->payload, "approval_id"));
}

/// Calls `work(i)` on as many threads as there are callers, at once.
template <class Work>
void together(const Work& work) {
    std::atomic<bool> go = false;
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < callers; ++i)
        threads.emplace_back([&, i] {
            while (!go)
                std::this_thread::yield();
            work(i);
        });
    go = true;
}

/// Every event of the log; its chain of times is checked.
std::vector<Event> events_of(const EngineRig& rig) {
    std::vector<Event> all;
    auto cursor = rig.log.read(SequenceId(1));
    REQUIRE(cursor.has_value());
    Record record;
    for (auto more = (*cursor)->next(record); more && *more; more = (*cursor)->next(record)) {
        auto event = decode_record(record);
        REQUIRE(event.has_value());
        if (!all.empty()) CHECK(event->timestamp >= all.back().timestamp);
        all.push_back(std::move(*event));
    }
    return all;
}

template <class B>
std::size_t count(const std::vector<Event>& events) {
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(), [](const Event& e) { return std::holds_alternative<B>(e.body); }));
}

/// Each caller submits under an approval of its own; a policy refuses all but three.
void check_that_three_fill(SharedRig& rig, const std::string& keys) {
    std::vector<WorkflowId> approvals;
    for (std::size_t i = 0; i < callers; ++i)
        approvals.push_back(approved(rig));
    std::atomic<int> filled = 0;
    std::atomic<int> refused = 0;
    together([&](std::size_t i) {
        const auto order = rig.submit(approvals[i], keys + std::to_string(i));
        if (order)
            ++filled;
        else if (order.error().error.code == ErrorCode::order_policy_refused)
            ++refused;
    });
    CHECK(filled == 3);
    CHECK(refused == static_cast<int>(callers - 3));
}

}  // namespace

TEST_CASE("one approval and a key for each caller give one order", "[threads]") {
    SharedRig rig;
    const WorkflowId approval = approved(rig);
    std::atomic<int> filled = 0;
    std::vector<ErrorCode> refused(callers);
    together([&](std::size_t i) {
        const auto order = rig.submit(approval, "key-" + std::to_string(i));
        if (order)
            ++filled;
        else
            refused[i] = order.error().error.code;
    });
    CHECK(filled == 1);
    CHECK(std::count(refused.begin(), refused.end(), ErrorCode::approval_consumed) +
              std::count(refused.begin(), refused.end(), ErrorCode::paper_approval_required) ==
          static_cast<std::ptrdiff_t>(callers - 1));
    CHECK(rig.broker.book().size() == 1);
    CHECK(count<OrderSubmitIntended>(events_of(rig)) == 1);
}

TEST_CASE("one key of all callers gives one order, its answer or a conflict to try again", "[threads]") {
    SharedRig rig;
    const WorkflowId approval = approved(rig);
    std::vector<CallResult> answers(callers);
    together([&](std::size_t i) { answers[i] = rig.submit(approval, "one-key"); });
    std::string order_id;
    for (const CallResult& answer : answers) {
        if (!answer) {
            CHECK(answer.error().error.code == ErrorCode::paper_idempotency_conflict);
            CHECK(answer.error().error.retryable);
            continue;
        }
        if (order_id.empty()) order_id = member(answer->payload, "order_id");
        CHECK(member(answer->payload, "order_id") == order_id);
    }
    CHECK_FALSE(order_id.empty());
    CHECK(member(rig.submit(approval, "one-key")->payload, "order_id") == order_id);
    CHECK(rig.broker.book().size() == 1);
}

TEST_CASE("whole flows side by side share appends, and every decision is in order", "[threads]") {
    SharedRig rig;
    std::atomic<std::size_t> filled = 0;  // assertions belong to one thread
    together([&](std::size_t i) {
        for (int round = 0; round < 3; ++round) {
            const auto preview = rig.preview("1", "199.60");
            if (!preview) return;
            const auto approval = rig.approve(WorkflowId(member(preview->payload, "preview_id")));
            if (!approval) return;
            const auto order = rig.submit(WorkflowId(member(approval->payload, "approval_id")),
                                          "flow-" + std::to_string(i) + "-" + std::to_string(round));
            if (order && member(order->payload, "status") == "filled") ++filled;
        }
    });
    CHECK(filled == callers * 3);
    const auto events = events_of(rig);
    CHECK(count<OrderSubmitIntended>(events) == callers * 3);
    CHECK(count<PaperOrderSubmitted>(events) == callers * 3);
    CHECK(count<ApprovalConsumed>(events) == callers * 3);
    CHECK(rig.broker.position() == Quantity::whole(callers * 3));
    CHECK(rig.restart());
}

TEST_CASE("a daily limit holds for callers side by side, and after a restart", "[threads]") {
    SharedRig rig;
    rig.policies.risk_policies.front().max_orders_per_day = 3;
    REQUIRE(rig.restart());
    check_that_three_fill(rig, "limit-");
    REQUIRE(rig.restart());
    const auto late = rig.preview("1", "199.60");
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error().error.reasons.front().code == "ORDER_DAILY_LIMIT_REFUSED");
}

namespace {

/// A read that was made, as every read is recorded.
Result<EventId> record(SharedRig& rig, std::string arguments = "{}") {
    ibkr::statemachines::RecordCall call;
    call.arguments = {std::move(arguments)};
    return rig.runtime().record_call(rig.context("ibkr_health"), call);
}

void wait_until_waiting(SharedRig& rig, std::size_t commands) {
    while (rig.runtime().waiting() < commands)
        std::this_thread::yield();
}

}  // namespace

TEST_CASE("what queues while a sync runs is one batch; beyond the limit it is busy", "[threads]") {
    SharedRig rig;
    rig.limits.queue_commands_max = 3;
    REQUIRE(rig.restart());
    rig.gate.shut();
    std::atomic<int> answered = 0;
    std::vector<std::jthread> threads;
    const auto ask = [&] { answered += record(rig).has_value() ? 1 : 0; };
    threads.emplace_back(ask);
    rig.gate.wait_for_append();
    for (int i = 0; i < 2; ++i)
        threads.emplace_back(ask);
    wait_until_waiting(rig, 3);
    const std::size_t appends = rig.gate.appends();

    const auto busy = record(rig);
    REQUIRE_FALSE(busy.has_value());
    CHECK(busy.error().code == ErrorCode::engine_busy);
    CHECK(busy.error().retryable);

    // Stopping is never turned away.
    std::atomic<bool> closed = false;
    threads.emplace_back([&] {
        const auto done = rig.runtime().execute(
            rig.context("ibkr_kill_switch_close"), ibkr::statemachines::SetKillSwitch{false, "test"},
            ibkr::statemachines::ActFacts{rig.runtime().now(), rig.runtime().new_id(), true, "operator"}, {});
        closed = done && !done->refusal;
    });
    wait_until_waiting(rig, 4);
    rig.gate.open();
    threads.clear();
    CHECK(answered == 3);
    CHECK(closed);
    CHECK(rig.gate.appends() == appends + 1);
}

TEST_CASE("a command that cannot be recorded takes nobody else along", "[threads]") {
    SharedRig rig;
    rig.gate.shut();
    std::atomic<int> answered = 0;
    std::optional<ErrorCode> failed;
    std::vector<std::jthread> threads;
    const auto ask = [&] { answered += record(rig).has_value() ? 1 : 0; };
    threads.emplace_back(ask);
    rig.gate.wait_for_append();
    threads.emplace_back([&] {
        const auto recorded = record(rig, "{\"text\":\"" + std::string(70'000, 'x') + "\"}");
        if (!recorded) failed = recorded.error().code;  // beyond what a record takes
    });
    wait_until_waiting(rig, 2);
    threads.emplace_back(ask);
    wait_until_waiting(rig, 3);
    rig.gate.open();
    threads.clear();
    CHECK(answered == 2);
    CHECK(failed.has_value());
    CHECK(rig.runtime().alive());
    (void)events_of(rig);
}

namespace {

/// Stops whoever is about to record what it read of the book, once.
class HoldReports final : public SuspensionPoints {
public:
    [[nodiscard]] bool pass(SuspensionPoint point) override {
        if (point != SuspensionPoint::before_report || !armed_.exchange(false)) return true;
        held_ = true;
        held_.notify_all();
        released_.wait(false);
        return true;
    }
    void arm() { armed_ = true; }
    void wait() { held_.wait(false); }
    void release() {
        released_ = true;
        released_.notify_all();
    }

private:
    std::atomic<bool> armed_ = false;
    std::atomic<bool> held_ = false;
    std::atomic<bool> released_ = false;
};

}  // namespace

TEST_CASE("a report read before a write of its order began is dropped", "[threads]") {
    SharedRig rig;
    HoldReports points;
    rig.points = &points;
    REQUIRE(rig.restart());
    const auto preview = rig.preview("1", "150");
    const auto approval = rig.approve(WorkflowId(member(preview->payload, "preview_id")));
    const auto order = rig.submit(WorkflowId(member(approval->payload, "approval_id")), "working");
    REQUIRE(order.has_value());
    const BrokerOrderId id(member(order->payload, "broker_order_id"));

    // The reconciler has read that the order works, when it is cancelled and that is recorded.
    points.arm();
    std::atomic<bool> looked = false;
    std::jthread looking([&] { looked = rig.runtime().reconcile().has_value(); });
    points.wait();
    ibkr::statemachines::OrderFacts facts;  // gathered by hand: a gateway's call would wait for the look
    facts.now = rig.runtime().now();
    facts.new_id = rig.runtime().new_id();
    facts.enable_paper = true;
    facts.log_prefix = rig.runtime().log_prefix();
    facts.market.account_mode = AccountMode::paper;
    facts.market.day_start = facts.now;
    const AccountHash account = account_hash(rig.log.keys().account_key(), ScriptedBroker::account());
    const auto cancelled = rig.runtime().execute(
        rig.context("ibkr_paper_order_cancel"),
        ibkr::statemachines::CancelOrder{account, id, IdempotencyKey("cancel-1")}, facts, {});
    points.release();
    looking.join();
    CHECK(looked);
    REQUIRE(cancelled.has_value());
    CHECK_FALSE(cancelled->refusal.has_value());
    const auto record = rig.runtime().read(
        [&](const auto& models) { return models.order(WorkflowId(member(order->payload, "order_id"))); });
    REQUIRE(record.has_value());
    CHECK((*record)->state == "cancelled");
    CHECK_FALSE((*record)->contradicted);
}

TEST_CASE("a position limit holds for callers side by side, whatever each had read of the position",
          "[threads]") {
    SharedRig rig;
    // Three shares are worth 598.80, four 798.40.
    rig.policies.risk_policies.front().max_position_notional = Money{Decimal::whole(700), Currency{}};
    REQUIRE(rig.restart());
    check_that_three_fill(rig, "position-");
    CHECK(rig.broker.position() == Quantity::whole(3));
}

TEST_CASE("a position read before another's fill is no base for the next decision", "[threads]") {
    SharedRig rig;
    const WorkflowId approval = approved(rig);
    const AccountHash account = account_hash(rig.log.keys().account_key(), ScriptedBroker::account());
    const ContractId contract = ScriptedBroker::stock().contract_id;
    const auto read = rig.runtime().begin_position_read(account, contract);
    REQUIRE(rig.submit(approval, "in-between").has_value());
    ibkr::statemachines::PreviewOrder preview;
    preview.account = account;
    preview.symbol = "AAPL";
    preview.quantity = Quantity::whole(1);
    preview.limit_price = Price(Decimal::of(19960, 2));
    ibkr::statemachines::PreviewFacts facts;
    facts.contract = ScriptedBroker::stock();
    facts.preview_id = "preview";
    facts.intent_id = "intent";
    facts.validated_order_id = "validated";
    facts.enable_preview = true;
    facts.market.account_mode = AccountMode::paper;
    facts.now = rig.runtime().now();
    facts.market.position = PositionFact{contract, {}, facts.now.plus_ms(5)};  // none, says the stale reading
    REQUIRE(rig.runtime().execute(rig.context("ibkr_order_preview"), preview, facts, {}, read).has_value());
    const auto exposure =
        rig.runtime().read([&](const auto& models) { return models.exposure(account, contract); });
    REQUIRE(exposure.has_value());
    CHECK(exposure->position == Quantity::whole(1));
}
