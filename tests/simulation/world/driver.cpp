#include "tests/simulation/world/driver.hpp"

#include <algorithm>

#include "tests/simulation/world/encounters.hpp"
#include "tests/simulation/world/faults.hpp"

namespace ibkr::simulation {
namespace {

using engine::BrokerOrderStatus;

/// Each fault that cuts a start or a resumption off happens once: more turns than this are a loop.
constexpr int turns_max = 6;

/// Plays one plan.
class Driver {
public:
    Driver(const Plan& plan, const MakeDisk& make_disk)
        : plan_(plan),
          world_(plan.seed, plan.local_broker, make_disk),
          invariants_(world_),
          clients_(world_, invariants_),
          encounters_(world_, outcome_.coverage),
          faults_(world_, invariants_, clients_, encounters_) {
        first_point_ = world_.points.count();
        if (plan.fills_at_once) world_.broker.fill_at_or_above(200);
        world_.broker.on_fault = [this](std::string_view fault, const events::ClientOrderId& order) {
            encounters_.note(fault, order);
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
        encounters_.follow();
        world_.clock.advance_ms(7);
        world_.broker.deliver_held_up();
        note(describe(act) + ": " + said);
        invariants_.check_failed_sync();
        come_up();
        invariants_.check_step();
        encounters_.follow();
        encounters_.end_step();
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
    void meet_end(bool by_crash);

    /// The next process, and the one after it when that one ended too.
    void recover() {
        const bool by_crash = world_.points.crashed();
        outcome_.crashed = outcome_.crashed || by_crash;
        outcome_.had_unsynced = outcome_.had_unsynced || world_.disk.has_unsynced();
        meet_end(by_crash);
        world_.disk.fill_up_in(0);
        world_.crash(faults_.policy());
        after_crash();
        const std::uint64_t crash_again_in = faults_.take_crash_again();
        for (int attempt = 0; attempt < 3; ++attempt) {
            if (attempt == 0) world_.points.arm(crash_again_in);
            invariants_.note_start();
            if (world_.start()) break;
            if (!world_.points.crashed()) return world_.violations.add("L1", world_.trace.lines().back());
            outcome_.crashed_again = true;
            encounters_.note_open("crash again");
            world_.crash(faults_.policy());
            after_crash();
        }
        if (outcome_.crashed_again || crash_again_in == 0) world_.points.arm(0);
        invariants_.check_start();
    }
    void after_crash() {
        world_.observer.forget_beyond_head();
        world_.forget_replayed_beyond_head();
        encounters_.start_over();
    }

    void resume() {
        const auto refused = world_.gateway().approval_create(
            world_.context("ibkr_approval_create"), {BrokerModel::account(), events::WorkflowId("any"), {}});
        world_.violations.require(!refused && refused.error().error.code == events::ErrorCode::engine_held,
                                  "I4", "a held engine takes a write");
        // An operator looks at the broker's book before, until it shows what is.
        world_.broker.set_stale({});
        note(world_.resume() ? "resumed" : "the resumption was cut off");
    }

    void come_to_rest() {
        world_.broker.heal();
        world_.disk.fill_up_in(0);
        world_.disk.set_space_low(false);
        world_.disk.fail_sync_in(0);
        world_.points.arm(0);
        world_.clock.advance_ms(BrokerModel::hold_up_ms_max + 60'000);
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
    Encounters encounters_;
    Faults faults_;
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
            return faults_.perform(act);
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
    return faults_.perform(act);
}

/// Of why the process ended: what was not synced, or an intent whose write was on its way.
void Driver::meet_end(bool by_crash) {
    if (!by_crash) {
        const bool in_anchors = world_.disk.sync_failed() && !world_.disk.has_unsynced();
        encounters_.note_append(in_anchors                  ? "fail_anchor_sync"
                                : world_.disk.sync_failed() ? "fail_sync"
                                                            : "fill_disk");
    } else if (world_.disk.has_unsynced()) {
        encounters_.note_append("crash " + std::string(name_of(faults_.policy())));
    } else {
        encounters_.note_in_write("crash in a write");
    }
}

}  // namespace

Outcome run(const Plan& plan, const MakeDisk& make_disk) {
    return Driver(plan, make_disk).play();
}

}  // namespace ibkr::simulation
