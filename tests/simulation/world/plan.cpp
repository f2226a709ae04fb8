#include "tests/simulation/world/plan.hpp"

#include <array>

#include "tests/simulation/world/aims.hpp"
#include "tests/simulation/world/random.hpp"

namespace ibkr::simulation {
namespace {

constexpr std::array<std::string_view, act_kinds> act_names{"begin",
                                                            "sell",
                                                            "go_on",
                                                            "cancel",
                                                            "modify",
                                                            "ask_again",
                                                            "reuse",
                                                            "mix_up",
                                                            "revoke",
                                                            "kill_switch",
                                                            "pass_ms",
                                                            "pass_long",
                                                            "reconcile",
                                                            "fill",
                                                            "end_order",
                                                            "fill_mid_way",
                                                            "write_fault",
                                                            "lag",
                                                            "stale_reads",
                                                            "shuffle_lists",
                                                            "reads_fail",
                                                            "reads_work",
                                                            "executions_twice",
                                                            "says_live",
                                                            "stale_quote",
                                                            "stall",
                                                            "ids_again",
                                                            "crash",
                                                            "crash_unsynced",
                                                            "fail_sync",
                                                            "fail_anchor_sync",
                                                            "fill_disk",
                                                            "space_low",
                                                            "space_ample",
                                                            "roll_back"};

struct Weight {
    ActKind kind;
    std::uint64_t weight;
};

constexpr std::array client_weights{
    Weight{ActKind::begin, 14},     Weight{ActKind::sell, 4},      Weight{ActKind::go_on, 40},
    Weight{ActKind::cancel, 10},    Weight{ActKind::modify, 16},   Weight{ActKind::ask_again, 4},
    Weight{ActKind::reuse, 3},      Weight{ActKind::mix_up, 1},    Weight{ActKind::revoke, 2},
    Weight{ActKind::pass_ms, 8},    Weight{ActKind::pass_long, 2}, Weight{ActKind::reconcile, 5},
    Weight{ActKind::fill, 12},      Weight{ActKind::end_order, 3}, Weight{ActKind::fill_mid_way, 5},
    Weight{ActKind::kill_switch, 1}};
constexpr std::array fault_weights{Weight{ActKind::write_fault, 10},     Weight{ActKind::lag, 3},
                                   Weight{ActKind::reads_fail, 2},       Weight{ActKind::reads_work, 4},
                                   Weight{ActKind::executions_twice, 1}, Weight{ActKind::says_live, 1},
                                   Weight{ActKind::stale_quote, 1},      Weight{ActKind::stall, 5},
                                   Weight{ActKind::ids_again, 1},        Weight{ActKind::crash, 14},
                                   Weight{ActKind::fail_sync, 3},        Weight{ActKind::fail_anchor_sync, 1},
                                   Weight{ActKind::fill_disk, 6},        Weight{ActKind::space_low, 1},
                                   Weight{ActKind::space_ample, 2},      Weight{ActKind::roll_back, 1},
                                   Weight{ActKind::stale_reads, 4},      Weight{ActKind::shuffle_lists, 2},
                                   Weight{ActKind::crash_unsynced, 4}};

template <std::size_t N>
ActKind pick(RandomStream& random, const std::array<Weight, N>& weights, std::uint64_t enabled) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < N; ++i)
        if ((enabled >> i & 1U) != 0) sum += weights[i].weight;
    std::uint64_t at = random.below(sum);
    for (std::size_t i = 0; i < N; ++i) {
        if ((enabled >> i & 1U) == 0) continue;
        if (at < weights[i].weight) return weights[i].kind;
        at -= weights[i].weight;
    }
    return weights[0].kind;
}

}  // namespace

std::string_view name_of(ActKind kind) noexcept {
    return act_names[static_cast<std::size_t>(kind)];
}

std::string describe(const Act& act) {
    return std::string(name_of(act.kind)) + "(" + std::to_string(act.a) + "," + std::to_string(act.b) + "," +
           std::to_string(act.c) + ")";
}

namespace {

Act drawn(ActKind kind, RandomStream& random) {
    Act act;
    act.kind = kind;
    act.a = random.below(1'000);
    act.b = random.below(1'000);
    act.c = random.below(1'000);
    return act;
}

/// A fault, and after one that ends the process the write that it is aimed at: the moments inside a write are
/// few, and would be met too seldom otherwise.
void add_fault(Plan& plan, ActKind kind, RandomStream& random) {
    Act act = drawn(kind, random);
    if (kind == ActKind::crash) {
        act.a %= random.chance(50) ? 12 : 40;
        act.c = random.chance(33) ? random.between(1, 20) : 0;
    }
    plan.acts.push_back(act);
    if (kind != ActKind::crash && kind != ActKind::crash_unsynced && kind != ActKind::fail_sync &&
        kind != ActKind::fill_disk)
        return;
    constexpr std::array writes{ActKind::go_on, ActKind::cancel, ActKind::modify};
    plan.acts.push_back(drawn(writes[random.below(writes.size())], random));
}

}  // namespace

Plan random_plan(std::uint64_t seed) {
    RandomStream shape(seed, "shape");
    RandomStream workload(seed, "workload");
    RandomStream faults(seed, "faults");
    // One pair of a fault and a state is aimed at; all of them by as many seeds in turn.
    Plan plan = plan_of(aims()[seed % aims().size()]);
    plan.seed = seed;
    plan.fills_at_once = shape.chance(50);
    // Each seed has its own subset of faults, some of them always among it, and its own rate.
    std::uint64_t enabled = shape.next() & ((1U << fault_weights.size()) - 1);
    enabled |= 1U | 1U << 3U | 1U << 9U | 1U << 14U;
    const std::uint64_t fault_rate = shape.between(5, 35);
    const std::uint64_t length = shape.between(40, 100);
    // Two clients get as far as an order, so that what follows finds one.
    for (const ActKind kind :
         {ActKind::begin, ActKind::go_on, ActKind::go_on, ActKind::begin, ActKind::go_on, ActKind::go_on})
        plan.acts.push_back(drawn(kind, workload));
    while (plan.acts.size() < length)
        if (faults.chance(fault_rate))
            add_fault(plan, pick(faults, fault_weights, enabled), faults);
        else
            plan.acts.push_back(drawn(pick(workload, client_weights, ~0ULL), workload));
    return plan;
}

Plan only(const Plan& plan, const std::vector<std::size_t>& kept) {
    Plan less = plan;
    less.acts.clear();
    for (const std::size_t number : kept)
        if (number < plan.acts.size()) less.acts.push_back(plan.acts[number]);
    return less;
}

Plan paper_scenario() {
    using enum ActKind;
    Plan plan;
    plan.seed = 7;
    plan.acts = {{begin, 4, 50, 0}, {go_on, 0, 0, 0},  {go_on, 0, 0, 0},   // 5 at 200: fills at once
                 {begin, 6, 0, 0},  {go_on, 1, 0, 0},  {go_on, 1, 0, 0},   // 7 at 150: rests
                 {fill, 0, 2, 0},   {modify, 1, 1, 0}, {fill, 0, 1, 0},    //
                 {cancel, 1, 0, 0},                                        //
                 {sell, 1, 0, 0},   {go_on, 2, 0, 0},  {go_on, 2, 0, 0}};  // 2 of the 5: rests
    return plan;
}

}  // namespace ibkr::simulation
