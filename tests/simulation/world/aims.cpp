#include "tests/simulation/world/aims.hpp"

#include <array>

#include "tests/simulation/world/broker_model.hpp"
#include "tests/simulation/world/disk.hpp"

namespace ibkr::simulation {
namespace {

using enum ActKind;
using Acts = std::vector<Act>;

// Of `write_fault`.
constexpr std::uint64_t lose_request = 0;
constexpr std::uint64_t lose_answer = 1;
constexpr std::uint64_t refuse = 3;
constexpr std::uint64_t hold_up = 4;
// Of `end_order`.
constexpr std::uint64_t cancelled = 0;
constexpr std::uint64_t expired = 1;
constexpr std::uint64_t rejected = 2;
// Of `modify`: another size, another price.
constexpr std::uint64_t to_six = 1;
constexpr std::uint64_t to_154 = 4;

Acts operator+(Acts left, const Acts& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Act fault_of_write(std::uint64_t which, std::uint64_t late = 0) {
    return {write_fault, which, late, 5};
}

const Acts approved{{begin, 4, 0, 0}, {go_on, 0, 0, 0}};  // 5 at 150, which rests
const Acts placed = approved + Acts{{go_on, 0, 0, 0}};
const Act submit{go_on, 0, 0, 0};
const Act fill_one{fill, 0, 0, 0};
const Act fill_two{fill, 0, 1, 0};
const Act fill_all{fill, 0, 11, 0};
const Act look{reconcile, 0, 0, 0};
const Act cancel_it{cancel, 0, 0, 0};

/// How an order gets into a state: by append `append` of the last act.
struct Way {
    std::string_view state;
    Acts before;
    Act last;
    std::uint64_t append = 1;
    [[nodiscard]] Acts whole() const { return before + Acts{last}; }
};

const std::array<Way, 12> ways{{
    {"submitting", approved, submit, 1},
    {"working", approved, submit, 2},
    {"unknown", approved + Acts{fault_of_write(lose_answer)}, submit, 2},
    {"rejected", approved + Acts{fault_of_write(refuse)}, submit, 2},
    {"not_sent", approved + Acts{{stall, 0, 0, 0}}, submit, 2},
    {"not_placed", approved + Acts{fault_of_write(lose_request), submit}, look, 1},
    {"partially_filled", placed + Acts{fill_two}, look, 1},
    {"filled", placed + Acts{fill_all}, look, 1},
    {"expired", placed + Acts{{end_order, 0, expired, 0}}, look, 1},
    {"cancelled", placed, cancel_it, 2},
    {"modify_pending", placed, {modify, 0, to_six, 0}, 1},
    {"cancel_pending", placed, cancel_it, 1},
}};

/// An order at a network broker that stays in a state while nobody asks.
struct Standing {
    std::string_view state;
    Acts acts;
};

const std::array<Standing, 5> open_orders{{
    {"working", placed},
    {"partially_filled", placed + Acts{fill_two, look}},
    {"modify_pending", placed + Acts{fault_of_write(lose_request), {modify, 0, to_six, 0}}},
    {"cancel_pending", placed + Acts{fault_of_write(lose_request), cancel_it}},
    {"unknown", approved + Acts{fault_of_write(lose_answer), submit}},
}};
const std::array<Standing, 4> ended_orders{{
    {"filled", placed + Acts{fill_all, look}},
    {"cancelled", placed + Acts{fill_two, {end_order, 0, cancelled, 0}, look}},
    {"expired", placed + Acts{fill_two, {end_order, 0, expired, 0}, look}},
    {"rejected", placed + Acts{{end_order, 0, rejected, 0}, look}},
}};

void add_cut_appends(std::vector<Aim>& aims) {
    constexpr std::array<std::string_view, disk_policies> crashes{"crash keep", "crash drop", "crash tear",
                                                                  "crash garble"};
    for (const Way& way : ways) {
        const std::uint64_t at = way.append - 1;
        const auto add = [&](std::string_view fault, const Act& act) {
            aims.push_back({fault, way.state, true, way.before + Acts{act, way.last}});
        };
        for (std::uint64_t policy = 0; policy < disk_policies; ++policy)
            add(crashes.at(policy), {crash_unsynced, at, policy, 0});
        add("fail_sync", {fail_sync, at, at + 1, 0});
        add("fill_disk", {fill_disk, at, 0, 0});
    }
}

void add_roll_backs(std::vector<Aim>& aims) {
    for (const Way& way : ways)
        if (way.state != "submitting" && way.state != "modify_pending" && way.state != "cancel_pending")
            aims.push_back({"roll_back", way.state, true, way.whole() + Acts{{roll_back, 0, 0, 0}}});
    for (const Standing& order : open_orders)
        if (order.state == "modify_pending" || order.state == "cancel_pending")
            aims.push_back({"roll_back", order.state, false, order.acts + Acts{{roll_back, 1, 0, 0}}});
}

/// The same, and looks do not find an order of unknown outcome for some time.
Acts unseen(const Standing& order) {
    const Acts lagging{{lag, 999, 0, 0}};
    return order.state == "unknown" ? lagging + order.acts : order.acts;
}

/// The next order gets the id of one before it.
void add_ids_again(std::vector<Aim>& aims) {
    const Acts next{{begin, 4, 0, 0}, {go_on, 1, 0, 0}, {ids_again, 0, 0, 0}, {go_on, 1, 0, 0}};
    const Acts after_a_while = Acts{{pass_long, 40, 0, 0}} + next;
    for (const Standing& order : ended_orders)
        aims.push_back({"ids_again", order.state, false, order.acts + after_a_while});
    for (const Standing& order : open_orders)
        aims.push_back({"ids_again", order.state, false, unseen(order) + next});
    aims.push_back({"ids_again", "submitting", false, ended_orders[0].acts + after_a_while});
}

void add_reads(std::vector<Aim>& aims) {
    const Act stale_executions{stale_reads, 0, 999, 0};
    const Act stale_orders{stale_reads, 1, 999, 0};
    for (const Standing& order : open_orders) {
        aims.push_back({"stale_read", order.state, false, order.acts + Acts{stale_orders, look}});
        aims.push_back({"shuffle_lists", order.state, false,
                        order.acts + Acts{fill_one, fill_one, {shuffle_lists, 1, 3, 0}, look}});
        aims.push_back({"executions_twice", order.state, false,
                        order.acts + Acts{fill_one, {executions_twice, 0, 0, 0}, look}});
        aims.push_back({"lag", order.state, false, order.acts + Acts{{lag, 999, 0, 0}, fill_one, look}});
        aims.push_back({"reads_fail", order.state, false, order.acts + Acts{{reads_fail, 0, 0, 0}, look}});
    }
    for (const Standing& order : ended_orders)
        if (order.state != "rejected")
            aims.push_back({"stale_read", order.state, false, order.acts + Acts{stale_executions, look}});
}

/// What is found out, or fails, between an intent and its write.
void add_writes(std::vector<Aim>& aims) {
    struct Write {
        std::string_view state;
        Acts before;
        Act act;
    };
    const std::array<Write, 3> writes{{{"submitting", approved, submit},
                                       {"modify_pending", placed, {modify, 0, to_six, 0}},
                                       {"cancel_pending", placed, cancel_it}}};
    for (const Write& write : writes) {
        const auto add = [&](std::string_view fault, const Act& act) {
            aims.push_back({fault, write.state, false, write.before + Acts{act, write.act}});
        };
        add("says_live", {says_live, 0, 0, 1});
        add("stall", {stall, 0, 0, 0});
        add("fail_anchor_sync", {fail_anchor_sync, 0, 0, 0});
        if (write.state == "submitting") add("reads_fail", {reads_fail, 0, 0, 1});
        add("crash in a write", {crash, 5, 0, 0});
        for (std::uint64_t fault = 1; fault < write_faults; ++fault)
            add(name_of(static_cast<WriteFault>(fault)), {write_fault, fault - 1, 1, 0});
    }
}

void add_late_arrivals(std::vector<Aim>& aims) {
    const auto add = [&](std::string_view state, const Acts& acts) {
        aims.push_back({"arrives_late", state, false, acts + Acts{{pass_ms, 11'000, 0, 0}}});
    };
    const Act held = fault_of_write(hold_up, 500);
    const Acts held_modify = placed + Acts{held, {modify, 0, to_154, 0}};
    const Acts cancel_is_refused{held, cancel_it, fault_of_write(refuse), cancel_it};
    add("unknown", approved + Acts{held, submit});
    add("modify_pending", held_modify);
    add("cancel_pending", placed + Acts{held, cancel_it});
    add("working", placed + cancel_is_refused);
    add("partially_filled", placed + Acts{fill_two, look} + cancel_is_refused);
    add("filled", held_modify + Acts{fill_all, look});
    add("cancelled", held_modify + Acts{{end_order, 0, cancelled, 0}, look});
    add("expired", held_modify + Acts{{end_order, 0, expired, 0}, look});
    add("rejected", held_modify + Acts{{end_order, 0, rejected, 0}, look});
}

void add_others(std::vector<Aim>& aims) {
    const Acts quote_is_stale{{stale_quote, 0, 0, 0}, {modify, 0, to_six, 0}};
    const Acts next_in_a_write{{begin, 4, 0, 0}, {go_on, 1, 0, 0}, {fill_mid_way, 0, 0, 0}, {go_on, 1, 0, 0}};
    const Acts crash_twice{{crash, 0, 0, 1}, {begin, 4, 0, 0}};
    for (const Standing& order : open_orders) {
        aims.push_back({"crash again", order.state, false, order.acts + crash_twice});
        aims.push_back({"fill_mid_way", order.state, false, unseen(order) + next_in_a_write});
        aims.push_back(
            {"space_low", order.state, false, order.acts + Acts{{space_low, 0, 0, 0}, fill_one, look}});
        if (order.state == "working" || order.state == "partially_filled")
            aims.push_back({"stale_quote", order.state, false, order.acts + quote_is_stale});
    }
    // After its intent is folded, before its write begins.
    aims.push_back({"crash again", "submitting", true, approved + Acts{{crash, 5, 0, 1}, submit}});
}

}  // namespace

const std::vector<Aim>& aims() {
    static const std::vector<Aim> all = [] {
        std::vector<Aim> aims;
        add_cut_appends(aims);
        add_roll_backs(aims);
        add_ids_again(aims);
        add_reads(aims);
        add_writes(aims);
        add_late_arrivals(aims);
        add_others(aims);
        return aims;
    }();
    return all;
}

Plan plan_of(const Aim& aim) {
    Plan plan;
    plan.local_broker = aim.local_broker;
    plan.fills_at_once = false;
    plan.acts = aim.acts + Acts{{reads_work, 0, 0, 0},
                                {space_ample, 0, 0, 0},
                                {executions_twice, 1, 0, 0},
                                {shuffle_lists, 0, 0, 0},
                                {lag, 0, 0, 0}};
    return plan;
}

}  // namespace ibkr::simulation
