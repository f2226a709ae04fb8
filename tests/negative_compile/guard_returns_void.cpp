// expect: a guard is: constexpr bool name(const Data&) noexcept, or (const Data&, const Event&)
// The guard answers nothing.
#include "tests/negative_compile/turnstile.hpp"

namespace ibkr::statemachines::turnstile {
constexpr void says_nothing(const TurnstileData&, const Coin&) noexcept {}

consteval auto rows() {
    using enum TurnstileState;
    // clang-format off
    return make_table<TurnstileState, TurnstileData, TurnstileEvent>({
        Locked   + event<Coin>[guard<says_nothing>] / action<take_coin> = Unlocked,
        Locked   + event<Coin> / action<take_coin>                     = stay,
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
