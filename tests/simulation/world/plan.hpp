#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ibkr::simulation {

/// One thing that happens to a world. `a`, `b` and `c` are drawn with it, and are taken modulo what is there
/// when it happens: an act means something whatever acts before it were left out.
enum class ActKind : std::uint8_t {
    // A client.
    begin,        ///< previews a new order: quantity by `a`, price by `b`
    sell,         ///< previews a sale of `a` shares
    go_on,        ///< the `a`th client that waits takes its next step, or asks again
    cancel,       ///< the `a`th client that has an order cancels it
    modify,       ///< likewise: changes its size by `b`, or its price
    ask_again,    ///< client `a` repeats its submit under the same key
    reuse,        ///< client `a` submits its approval again, under another key
    mix_up,       ///< client `a` uses its key for another approval
    revoke,       ///< an operator revokes the approval of client `a`
    kill_switch,  ///< an operator closes or opens it
    // Time.
    pass_ms,    ///< `a` milliseconds
    pass_long,  ///< minutes, up to more than an approval lives
    reconcile,
    // The broker and its market.
    fill,          ///< of live order `a`: `b` shares
    end_order,     ///< live order `a` is cancelled, expires or is rejected by the broker
    fill_mid_way,  ///< the same as `fill`, while the next write is on its way
    // Faults.
    write_fault,    ///< of the next write: `a`; `b` says how late, `c` what happens before a late answer
    lag,            ///< the broker's reads lag
    stale_reads,    ///< lists are as they were some time ago, until the next `reads_work`: `a` which, `b` how
                    ///< long
    shuffle_lists,  ///< lists come in another order each time, or no more
    reads_fail,     ///< until `reads_work`; with an odd `c` from between the next intent and its write on
    reads_work,
    executions_twice,
    says_live,       ///< the account turns out to be live, until the next `reads_work`
    stale_quote,     ///< likewise
    stall,           ///< the process is slow between the next intent and its write
    ids_again,       ///< the broker's session begins anew and gives out ids again
    crash,           ///< at the `a`th crash point from now; disk policy `b`; again at the `c`th of the start
    crash_unsynced,  ///< in the `a`th append from now, written and not synced; disk policy `b`
    fail_sync,       ///< of the `a`th append from now; disk policy `b`
    fail_anchor_sync,
    fill_disk,  ///< the `a`th append from now finds no room
    space_low,  ///< until `space_ample`
    space_ample,
    roll_back,  ///< at a crash now: the last `a` appends are gone, with `b` odd the anchors of that time too
};
inline constexpr std::size_t act_kinds = static_cast<std::size_t>(ActKind::roll_back) + 1;
[[nodiscard]] std::string_view name_of(ActKind kind) noexcept;

struct Act {
    ActKind kind = ActKind::go_on;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::uint64_t c = 0;
};
[[nodiscard]] std::string describe(const Act& act);

/// Everything that a run depends on.
struct Plan {
    std::uint64_t seed = 0;
    bool local_broker = true;
    bool fills_at_once = true;      ///< orders at 200 and above
    bool rest_after_crash = false;  ///< the acts after the first crash are left out
    std::vector<Act> acts;
};

/// The plan of a random seed: a client's workload with a random subset of faults at random rates.
[[nodiscard]] Plan random_plan(std::uint64_t seed);
/// The same with only these of its acts, by their number.
[[nodiscard]] Plan only(const Plan& plan, const std::vector<std::size_t>& kept);

/// The paper scenario: preview, approval and submit of an order that fills; of one that rests, fills in part,
/// is modified, fills more and is cancelled; and of a sale that is left to rest.
[[nodiscard]] Plan paper_scenario();

}  // namespace ibkr::simulation
