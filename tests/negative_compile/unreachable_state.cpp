// expect: a state is unreachable: no row leads to it from the start
// expect: UnreachableState<ibkr::statemachines::turnstile::TurnstileState::Broken
// Nothing leads to Broken.
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
        on(Locked, Unlocked) + event<Kick>                             = ignore,
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
