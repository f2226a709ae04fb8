#include "tests/simulation/world/faults.hpp"

#include <algorithm>

namespace ibkr::simulation {

using engine::BrokerOrderStatus;

namespace {

/// Longer than any intent may wait for its send.
constexpr std::int64_t stall_ms = 6'000;

}  // namespace

void Faults::fill_mid_way(const Act& act) {
    const BrokerModel::Truth* const met = world_.broker.live_order(act.a);
    if (met == nullptr) return;
    encounters_.note("fill_mid_way", met->order.client_order_id);
    world_.broker.fill(act.a, 1 + static_cast<std::int64_t>(act.b % 12));
}

void Faults::set_write_fault(const Act& act) {
    const auto fault = static_cast<WriteFault>(1 + act.a % (write_faults - 1));
    const auto b = static_cast<std::int64_t>(act.b);
    // A late answer comes after its time to send by, and now and then after its approval has expired.
    const std::int64_t late_ms = b % 4 == 0 ? 1'000 * (30 + b) : stall_ms;
    const std::int64_t held_ms = 500 + b * (BrokerModel::hold_up_ms_max - 500) / 1'000;
    world_.broker.next_write(fault, fault == WriteFault::answer_late ? late_ms : held_ms,
                             [this, act] { happen_meanwhile(act); });
}

/// While an answer is late: the market, an operator, or nothing.
void Faults::happen_meanwhile(const Act& act) {
    switch (act.c % 6) {
        case 0:
        case 1:
            world_.broker.fill(act.c, 1 + static_cast<std::int64_t>(act.b % 12));
            break;
        case 2:
            world_.broker.end(act.c,
                              act.b % 2 == 0 ? BrokerOrderStatus::cancelled : BrokerOrderStatus::expired);
            break;
        case 3:
            for (const std::uint64_t open : {0U, 1U})
                if (world_.running())
                    static_cast<void>(clients_.perform(Act{ActKind::kill_switch, open, 0, 0}));
            break;
        case 4:
            static_cast<void>(clients_.perform(Act{ActKind::revoke, act.b, 0, 0}));
            break;
        default:
            break;
    }
}

/// With an odd `c` between the next intent and its write, where the facts were gathered before.
void Faults::now_or_at_write(const Act& act, const std::function<void()>& happen) {
    if (act.c % 2 == 1)
        world_.points.at_next_write(happen);
    else
        happen();
}

void Faults::set_stale_reads(const Act& act) {
    const std::int64_t ms = 100 + static_cast<std::int64_t>(act.b) * 10;
    StaleReads stale;
    if (act.a % 3 != 0) stale.orders_ms = ms;
    if (act.a % 3 != 1) stale.executions_ms = ms;
    world_.broker.set_stale(stale);
}

void Faults::roll_back(const Act& act) {
    // What the loss is judged by has to be seen: the broker's reads are complete again.
    world_.broker.heal();
    world_.clock.advance_ms(BrokerModel::hold_up_ms_max);
    world_.broker.deliver_held_up();
    world_.observer.follow();
    const auto before = encounters_.states();
    world_.crash(DiskPolicy::keep);
    world_.roll_back(1 + act.a % 30, act.b % 2 == 1);
    encounters_.note_lost("roll_back", before);
    encounters_.start_over();
    invariants_.forget_acknowledged();
    invariants_.note_start();
    if (!world_.start() && !world_.points.crashed()) world_.violations.add("L1", "no start after a rollback");
    invariants_.check_start();
}

/// False: the act is none of the broker's.
bool Faults::perform_at_broker(const Act& act) {
    switch (act.kind) {
        case ActKind::fill_mid_way:
            world_.broker.before_next_write([this, act] { fill_mid_way(act); });
            return true;
        case ActKind::write_fault:
            set_write_fault(act);
            return true;
        case ActKind::lag:
            world_.broker.set_lag_ms(static_cast<std::int64_t>(act.a) * 5);
            return true;
        case ActKind::stale_reads:
            set_stale_reads(act);
            return true;
        case ActKind::shuffle_lists:
            world_.broker.set_shuffled(act.a % 3 == 0 ? std::nullopt : std::optional(act.b));
            return true;
        case ActKind::reads_fail:
            now_or_at_write(act, [this] { world_.broker.set_reads_fail(true); });
            return true;
        case ActKind::reads_work:
            world_.broker.set_reads_fail(false);
            world_.broker.set_says_live(false);
            world_.broker.set_quote_age_ms(0);
            world_.broker.set_stale({});
            return true;
        case ActKind::executions_twice:
            world_.broker.set_executions_twice(act.a % 2 == 0);
            return true;
        case ActKind::says_live:
            now_or_at_write(act, [this] { world_.broker.set_says_live(true); });
            return true;
        case ActKind::stale_quote:
            world_.broker.set_quote_age_ms(3'600'000);
            return true;
        case ActKind::ids_again:
            world_.broker.restart_session(static_cast<std::int64_t>(1 + act.a % 3));
            return true;
        default:
            return false;
    }
}

std::string Faults::perform(const Act& act) {
    if (perform_at_broker(act)) return "set";
    switch (act.kind) {
        case ActKind::stall:
            world_.points.at_next_write([this] {
                world_.clock.advance_ms(stall_ms);
                encounters_.note_stalled();
            });
            break;
        case ActKind::crash:
            policy_ = static_cast<DiskPolicy>(act.b % disk_policies);
            world_.points.arm(1 + act.a);
            crash_again_in_ = act.c;
            break;
        case ActKind::crash_unsynced:
            policy_ = static_cast<DiskPolicy>(act.b % disk_policies);
            world_.points.arm_unsynced(1 + act.a % 3);
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
            roll_back(act);
            break;
        default:
            return "is no fault";
    }
    return "set";
}

}  // namespace ibkr::simulation
