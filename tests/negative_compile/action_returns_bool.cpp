// expect: an action is: constexpr void name(Data&) noexcept, or (Data&, const Event&)
// An action folds; it decides nothing.
#include "tests/negative_compile/turnstile.hpp"

namespace ibkr::statemachines::turnstile {
constexpr bool keep_coin(TurnstileData&, const Coin&) noexcept {
    return true;
}

consteval auto rows() {
    using enum TurnstileState;
    // clang-format off
    return make_table<TurnstileState, TurnstileData, TurnstileEvent>({
        Locked   + event<Coin>[guard<pays_enough>] / action<keep_coin> = Unlocked,
        Locked   + event<Coin> / action<keep_coin>                     = stay,
        Locked   + event<Push>                                         = refuse("locked"),
        Unlocked + event<Push>                                         = Locked,
        Unlocked + event<Coin> / action<keep_coin>                     = stay,
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
