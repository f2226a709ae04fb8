#pragma once
// The kill switch: live writes go out only while it is open. A new log begins with it closed.
// Opening an open switch, or closing a closed one, is ignored: both are safe to repeat.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "events/describe.hpp"
#include "statemachines/table/step.hpp"

namespace ibkr::statemachines {

/// The numbers are written down: they never change their meaning.
enum class KillSwitchState : std::uint8_t {
    Closed = 0,
    Open = 1,
};
inline constexpr auto kill_switch_state_names = std::to_array<events::EnumName<KillSwitchState>>(
    {{KillSwitchState::Closed, "closed"}, {KillSwitchState::Open, "open"}});
[[nodiscard]] constexpr std::span<const events::EnumName<KillSwitchState>> enum_names(
    KillSwitchState /*tag*/) noexcept {
    return kill_switch_state_names;
}
[[nodiscard]] constexpr std::string_view to_string(KillSwitchState state) noexcept {
    return events::name_of(state);
}
[[nodiscard]] constexpr std::optional<KillSwitchState> kill_switch_state_from_string(
    std::string_view text) noexcept {
    KillSwitchState state{};
    return events::enum_from_name(text, state) ? std::optional(state) : std::nullopt;
}

/// An operator's act; actor and reason stand in the log's event.
struct KillSwitchOpened {
    static constexpr std::uint16_t number = 401;
    static constexpr std::string_view name = "kill_switch_opened";
};
/// Anyone who may stop trading; actor and reason stand in the log's event.
struct KillSwitchClosed {
    static constexpr std::uint16_t number = 402;
    static constexpr std::string_view name = "kill_switch_closed";
};
struct KillSwitchEvent : std::variant<KillSwitchOpened, KillSwitchClosed> {
    using variant::variant;
};

struct KillSwitchData {
    friend constexpr bool operator==(const KillSwitchData&, const KillSwitchData&) noexcept = default;
};

namespace kill_switch_table {

consteval auto rows() {
    using enum KillSwitchState;
    using notation::event, notation::ignore;
    // clang-format off
    return make_table<KillSwitchState, KillSwitchData, KillSwitchEvent>({
        Closed + event<KillSwitchOpened> = Open,
        Closed + event<KillSwitchClosed> = ignore,
        Open   + event<KillSwitchClosed> = Closed,
        Open   + event<KillSwitchOpened> = ignore
    });
    // clang-format on
}

}  // namespace kill_switch_table

struct KillSwitchMachine {
    using State = KillSwitchState;
    using Data = KillSwitchData;
    using Event = KillSwitchEvent;
    static constexpr std::string_view name = "kill_switch";
    static constexpr std::string_view purpose =
        "Live writes go out only while it is open; a new log begins with it closed.";
    static constexpr auto states = kill_switch_state_names;
    static constexpr notation::StateSet<State> terminal = notation::none<State>();
    static constexpr State initial = State::Closed;
    static constexpr auto recorded = std::to_array<TableVersion>({{1, 0xec540c4ab73f0f38}});
    static constexpr auto table = kill_switch_table::rows();
};

}  // namespace ibkr::statemachines
