// expect: a terminal state regresses: a row or an on_fault rule leads out of it
// A fault leads out of the terminal state.
#include "tests/negative_compile/turnstile.hpp"

namespace ibkr::statemachines::turnstile {

consteval auto rows() {
    using enum TurnstileState;
    // clang-format off
    return make_table<TurnstileState, TurnstileData, TurnstileEvent>({
        Locked   + event<Coin>[guard<pays_enough>] / action<take_coin> = Unlocked,
        Locked   + event<Coin> / action<take_coin>                     = stay,
        Locked   + event<Push>                                         = refuse("locked"),
        Unlocked + event<Push>                                         = Locked,
        Unlocked + event<Coin> / action<take_coin>                     = stay,
        on(Locked, Unlocked) + event<Kick>                             = Broken,
        others(Broken)                                                 = fault,
        on_fault(Broken)                                               = Locked
    });
    // clang-format on
}

struct Machine : Turnstile {
    static constexpr auto recorded = std::to_array<TableVersion>({{1, 0xa1ec466467d7818c}});
    static constexpr auto table = rows();
};
static_assert(proved<Machine>());

}  // namespace ibkr::statemachines::turnstile
