// expect: dead row: an earlier row already answers for this (state, event) pair
// expect: DeadRow<ibkr::statemachines::turnstile::TurnstileState::Locked, ibkr::statemachines::turnstile::Coin>
// The unguarded row stands before the guarded one.
#include "tests/negative_compile/turnstile.hpp"

namespace ibkr::statemachines::turnstile {

consteval auto rows() {
    using enum TurnstileState;
    // clang-format off
    return make_table<TurnstileState, TurnstileData, TurnstileEvent>({
        Locked   + event<Coin> / action<take_coin>                     = stay,
        Locked   + event<Coin>[guard<pays_enough>] / action<take_coin> = Unlocked,
        Locked   + event<Push>                                         = refuse("locked"),
        Unlocked + event<Push>                                         = Locked,
        Unlocked + event<Coin> / action<take_coin>                     = stay,
        on(Locked, Unlocked) + event<Kick>                             = Broken,
        others(Broken)                                                 = fault
    });
    // clang-format on
}

struct Machine : Turnstile {
    static constexpr auto recorded = std::to_array<TableVersion>({{1, 0xa1ec466467d7818c}});
    static constexpr auto table = rows();
};
static_assert(proved<Machine>());

}  // namespace ibkr::statemachines::turnstile
