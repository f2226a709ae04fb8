#pragma once
// A small machine for the cases beside: each case gives `rows()` in namespace case_table and asserts its
// proof.
#include "statemachines/table/proof.hpp"

namespace ibkr::statemachines::turnstile {

using notation::action, notation::event, notation::fault, notation::guard, notation::ignore, notation::on,
    notation::on_fault, notation::others, notation::refuse, notation::start, notation::stay;

enum class TurnstileState : std::uint8_t { Locked, Unlocked, Broken };

struct Coin {
    static constexpr std::uint16_t number = 1;
    static constexpr std::string_view name = "coin";
    int cents = 0;
};
struct Push {
    static constexpr std::uint16_t number = 2;
    static constexpr std::string_view name = "push";
};
struct Kick {
    static constexpr std::uint16_t number = 3;
    static constexpr std::string_view name = "kick";
};
struct Whistle {  // no turnstile hears it
    static constexpr std::uint16_t number = 4;
    static constexpr std::string_view name = "whistle";
};
struct TurnstileEvent : std::variant<Coin, Push, Kick> {
    using variant::variant;
};
struct TurnstileData {
    int cents = 0;
    friend constexpr bool operator==(const TurnstileData&, const TurnstileData&) noexcept = default;
};

constexpr bool pays_enough(const TurnstileData&, const Coin& coin) noexcept {
    return coin.cents >= 50;
}
constexpr bool has_money(const TurnstileData& data) noexcept {
    return data.cents > 0;
}
constexpr void take_coin(TurnstileData& data, const Coin& coin) noexcept {
    data.cents += coin.cents;
}

struct Turnstile {
    using State = TurnstileState;
    using Data = TurnstileData;
    using Event = TurnstileEvent;
    static constexpr std::string_view name = "turnstile";
    static constexpr auto states = std::to_array<events::EnumName<State>>(
        {{State::Locked, "locked"}, {State::Unlocked, "unlocked"}, {State::Broken, "broken"}});
    static constexpr notation::StateSet<State> terminal = notation::on(State::Broken);
    static constexpr State initial = State::Locked;
};

}  // namespace ibkr::statemachines::turnstile
