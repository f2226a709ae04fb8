// expect: a row names a state of another machine
// A state of another enumeration.
#include "tests/negative_compile/turnstile.hpp"

namespace ibkr::statemachines::turnstile {
enum class Door : std::uint8_t { Open };

consteval auto rows() {
    using enum TurnstileState;
    // clang-format off
    return make_table<TurnstileState, TurnstileData, TurnstileEvent>({
        Locked   + event<Coin>[guard<pays_enough>] / action<take_coin> = Unlocked,
        Locked   + event<Coin> / action<take_coin>                     = stay,
        Locked   + event<Push>                                         = refuse("locked"),
        Door::Open + event<Push> = Door::Open,
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
