#include "tests/simulation/world/driver.hpp"

#include <algorithm>

namespace ibkr::simulation {
namespace {

using engine::BrokerOrderStatus;

/// Longer than any intent may wait for its send.
constexpr std::int64_t stall_ms = 6'000;
/// Each fault that cuts a start or a resumption off happens once: more turns than this are a loop.
constexpr int turns_max = 6;

/// Plays one plan.
class Driver {
public:
    Driver(const Plan& plan, const MakeDisk& make_disk)
        : plan_(plan),
          world_(plan.seed, plan.local_broker, make_disk),
          invariants_(world_),
          clients_(world_, invariants_) {
        first_point_ = world_.points.count();
        if (plan.fills_at_once) world_.broker.fill_at_or_above(200);
        world_.broker.on_fault = [this](WriteFault fault, events::Operation, const std::string& order) {
            world_.observer.follow();
            outcome_.coverage.note(std::string(name_of(fault)), world_.observer.state_of(order));
        };
    }

    Outcome play() {
        for (const Act& act : plan_.acts) {
            step(act);
            if (!world_.violations.none() || (plan_.rest_after_crash && outcome_.crashed)) break;
        }
        outcome_.points = world_.points.count() - first_point_;
        if (world_.violations.none()) come_to_rest();
        outcome_.violations = world_.violations.found();
        outcome_.trace_hash = world_.trace.hash();
        outcome_.trace = world_.trace.lines();
        return std::move(outcome_);
    }

private:
    void step(const Act& act) {
        const std::string said = perform(act);
        world_.clock.advance_ms(7);
        world_.broker.deliver_held_up();
        note(describe(act) + ": " + said);
        invariants_.check_failed_sync();
        come_up();
        invariants_.check_step();
    }

    /// A start or a resumption that is cut off is followed by the next: what comes after finds an engine that
    /// runs and takes writes, or a violation.
    void come_up() {
        for (int turn = 0; turn < turns_max && world_.violations.none(); ++turn) {
            if (!world_.running())
                recover();
            else if (world_.held())
                resume();
            else
                return;
        }
        world_.violations.require(!world_.violations.none(), "L1",
                                  "no engine comes up: " + world_.trace.lines().back());
    }

    void note(const std::string& line) {
        const events::Head head = world_.disk.head();
        world_.trace.add(line + " | " + std::to_string(head.sequence.value()) + " " +
                         events::hex(head.mac).substr(0, 8) + " " +
                         std::to_string(world_.broker.book().size()) + " " +
                         events::to_text(world_.broker.position()));
    }

    std::string perform(const Act& act);
    std::string perform_fault(const Act& act);
    void meet(const std::string& fault) {
        world_.observer.follow();
        for (const auto& [id, order] : world_.observer.orders())
            outcome_.coverage.note(fault, order.state);
    }

    /// The next process, and the one after it when that one ended too.
    void recover() {
        const bool by_crash = world_.points.crashed();
        outcome_.crashed = outcome_.crashed || by_crash;
        outcome_.had_unsynced = outcome_.had_unsynced || world_.disk.has_unsynced();
        if (by_crash)
            meet("crash " + std::string(name_of(policy_)));
        else if (world_.disk.sync_failed())
            meet("fail_sync");
        else
            meet("fill_disk");
        world_.disk.fill_up_in(0);
        world_.crash(policy_);
        after_crash();
        for (int attempt = 0; attempt < 3; ++attempt) {
            if (attempt == 0) world_.points.arm(crash_again_in_);
            invariants_.note_start();
            if (world_.start()) break;
            if (!world_.points.crashed()) return world_.violations.add("L1", world_.trace.lines().back());
            outcome_.crashed_again = true;
            world_.crash(policy_);
            after_crash();
        }
        if (outcome_.crashed_again || crash_again_in_ == 0) world_.points.arm(0);
        crash_again_in_ = 0;
        invariants_.check_start();
    }
    void after_crash() {
        world_.observer.forget_beyond_head();
        world_.forget_replayed_beyond_head();
    }

    void resume() {
        const auto refused = world_.gateway().approval_create(
            world_.context("ibkr_approval_create"), {BrokerModel::account(), events::WorkflowId("any"), {}});
        world_.violations.require(!refused && refused.error().error.code == events::ErrorCode::engine_held,
                                  "I4", "a held engine takes a write");
        note(world_.resume() ? "resumed" : "the resumption was cut off");
    }

    void come_to_rest() {
        world_.broker.heal();
        world_.disk.fill_up_in(0);
        world_.disk.set_space_low(false);
        world_.disk.fail_sync_in(0);
        world_.points.arm(0);
        world_.clock.advance_ms(BrokerModel::hold_up_ms + 60'000);
        world_.broker.deliver_held_up();
        for (int round = 0; round < 3 && world_.violations.none(); ++round) {
            come_up();
            if (!world_.running()) break;
            static_cast<void>(clients_.settle());
            world_.clock.advance_ms(1'000);
            if (world_.running()) static_cast<void>(world_.runtime().reconcile());
        }
        note("at rest");
        invariants_.check_quiescence();
    }

    const Plan& plan_;
    World world_;
    Invariants invariants_;
    Clients clients_;
    Outcome outcome_;
    DiskPolicy policy_ = DiskPolicy::keep;
    std::uint64_t crash_again_in_ = 0;
    std::uint64_t first_point_ = 0;
};

std::string Driver::perform(const Act& act) {
    const std::int64_t a = static_cast<std::int64_t>(act.a);
    switch (act.kind) {
        case ActKind::pass_ms:
            world_.clock.advance_ms(a);
            return "later";
        case ActKind::pass_long:
            world_.clock.advance_ms(1'000 * (30 + a));
            return "much later";
        case ActKind::reconcile: {
            const auto reconciled = world_.runtime().reconcile();
            return reconciled ? "reconciled" : "not reconciled";
        }
        case ActKind::fill:
            return world_.broker.fill(act.a, 1 + static_cast<std::int64_t>(act.b % 12)) ? "filled" : "none";
        case ActKind::fill_mid_way:
            world_.broker.before_next_write(
                [this, act] { world_.broker.fill(act.a, 1 + static_cast<std::int64_t>(act.b % 12)); });
            return "set";
        case ActKind::end_order: {
            const auto how = act.b % 3 == 0   ? BrokerOrderStatus::cancelled
                             : act.b % 3 == 1 ? BrokerOrderStatus::expired
                                              : BrokerOrderStatus::rejected;
            return world_.broker.end(act.a, how) ? "ended" : "none";
        }
        default:
            break;
    }
    if (act.kind < ActKind::pass_ms) return clients_.perform(act);
    return perform_fault(act);
}

std::string Driver::perform_fault(const Act& act) {
    switch (act.kind) {
        case ActKind::write_fault:
            world_.broker.next_write(static_cast<WriteFault>(1 + act.a % (write_faults - 1)));
            break;
        case ActKind::lag:
            world_.broker.set_lag_ms(static_cast<std::int64_t>(act.a) * 5);
            break;
        case ActKind::reads_fail:
            world_.broker.set_reads_fail(true);
            break;
        case ActKind::reads_work:
            world_.broker.set_reads_fail(false);
            world_.broker.set_says_live(false);
            world_.broker.set_quote_age_ms(0);
            break;
        case ActKind::executions_twice:
            world_.broker.set_executions_twice(act.a % 2 == 0);
            break;
        case ActKind::says_live:
            world_.broker.set_says_live(true);
            break;
        case ActKind::stale_quote:
            world_.broker.set_quote_age_ms(3'600'000);
            break;
        case ActKind::stall:
            world_.points.at_next_write([this] { world_.clock.advance_ms(stall_ms); });
            break;
        case ActKind::ids_again:
            world_.broker.restart_session(static_cast<std::int64_t>(1 + act.a % 3));
            break;
        case ActKind::crash:
            policy_ = static_cast<DiskPolicy>(act.b % disk_policies);
            world_.points.arm(1 + act.a);
            crash_again_in_ = act.c;
            break;
        case ActKind::fail_sync:
            policy_ = static_cast<DiskPolicy>(act.b % disk_policies);
            world_.disk.fail_sync_in(1 + act.a % 4);
            break;
        case ActKind::fail_anchor_sync:
            world_.disk.fail_next_anchor_sync();
            break;
        case ActKind::fill_disk:
            world_.disk.fill_up_in(1 + act.a % 4);
            break;
        case ActKind::space_low:
        case ActKind::space_ample:
            world_.disk.set_space_low(act.kind == ActKind::space_low);
            break;
        case ActKind::roll_back:
            meet("roll_back");
            // What the loss is judged by has to be seen: the broker's reads are complete again.
            world_.broker.heal();
            world_.clock.advance_ms(5'000);
            world_.broker.deliver_held_up();
            world_.crash(DiskPolicy::keep);
            world_.roll_back(1 + act.a % 30, act.b % 2 == 1);
            invariants_.forget_acknowledged();
            invariants_.note_start();
            if (!world_.start() && !world_.points.crashed())
                world_.violations.add("L1", "no start after a rollback");
            invariants_.check_start();
            break;
        default:
            return "is no fault";
    }
    return "set";
}

}  // namespace

Outcome run(const Plan& plan, const MakeDisk& make_disk) {
    return Driver(plan, make_disk).play();
}

}  // namespace ibkr::simulation
