#pragma once
// The broker session as last observed. Each stretch of uninterrupted `usable` has a number: proof of absence
// counts only polls within one stretch (design section 3).
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
enum class BrokerSessionState : std::uint8_t {
    Usable = 0,
    ManualActionRequired = 1,
    Expired = 2,
    Competing = 3,
    Unavailable = 4,
};
inline constexpr auto broker_session_state_names = std::to_array<events::EnumName<BrokerSessionState>>(
    {{BrokerSessionState::Usable, "usable"},
     {BrokerSessionState::ManualActionRequired, "manual_action_required"},
     {BrokerSessionState::Expired, "expired"},
     {BrokerSessionState::Competing, "competing"},
     {BrokerSessionState::Unavailable, "unavailable"}});
[[nodiscard]] constexpr std::span<const events::EnumName<BrokerSessionState>> enum_names(
    BrokerSessionState /*tag*/) noexcept {
    return broker_session_state_names;
}
[[nodiscard]] constexpr std::string_view to_string(BrokerSessionState state) noexcept {
    return events::name_of(state);
}
[[nodiscard]] constexpr std::optional<BrokerSessionState> broker_session_state_from_string(
    std::string_view text) noexcept {
    BrokerSessionState state{};
    return events::enum_from_name(text, state) ? std::optional(state) : std::nullopt;
}

/// What one look at the broker's session found.
struct SessionObserved {
    static constexpr std::uint16_t number = 501;
    static constexpr std::string_view name = "session_observed";
    BrokerSessionState status = BrokerSessionState::Unavailable;
};
struct BrokerSessionEvent : std::variant<SessionObserved> {
    using variant::variant;
};

struct BrokerSessionData {
    std::uint64_t stretch = 0;  ///< number of the current or last usable stretch; 0 before the first
    friend constexpr bool operator==(const BrokerSessionData&, const BrokerSessionData&) noexcept = default;
};

namespace broker_session_table {

constexpr bool sees_usable(const BrokerSessionData& /*data*/, const SessionObserved& seen) noexcept {
    return seen.status == BrokerSessionState::Usable;
}
constexpr bool sees_manual_action(const BrokerSessionData& /*data*/, const SessionObserved& seen) noexcept {
    return seen.status == BrokerSessionState::ManualActionRequired;
}
constexpr bool sees_expired(const BrokerSessionData& /*data*/, const SessionObserved& seen) noexcept {
    return seen.status == BrokerSessionState::Expired;
}
constexpr bool sees_competing(const BrokerSessionData& /*data*/, const SessionObserved& seen) noexcept {
    return seen.status == BrokerSessionState::Competing;
}

constexpr void begin_stretch(BrokerSessionData& data) noexcept {
    ++data.stretch;
}

consteval auto rows() {
    using enum BrokerSessionState;
    using notation::action, notation::event, notation::guard, notation::ignore, notation::on;
    constexpr auto unusable = on(ManualActionRequired, Expired, Competing, Unavailable);
    constexpr auto any = unusable | on(Usable);
    // clang-format off
    return make_table<BrokerSessionState, BrokerSessionData, BrokerSessionEvent>({
        Usable   + event<SessionObserved>[guard<sees_usable>]                          = ignore,
        unusable + event<SessionObserved>[guard<sees_usable>] / action<begin_stretch>  = Usable,
        any      + event<SessionObserved>[guard<sees_manual_action>]                   = ManualActionRequired,
        any      + event<SessionObserved>[guard<sees_expired>]                         = Expired,
        any      + event<SessionObserved>[guard<sees_competing>]                       = Competing,
        any      + event<SessionObserved>                                              = Unavailable
    });
    // clang-format on
}

}  // namespace broker_session_table

struct BrokerSessionMachine {
    using State = BrokerSessionState;
    using Data = BrokerSessionData;
    using Event = BrokerSessionEvent;
    static constexpr std::string_view name = "broker_session";
    static constexpr std::string_view purpose =
        "Whether the broker session can be used, as it was last observed.";
    static constexpr auto states = broker_session_state_names;
    static constexpr notation::StateSet<State> terminal = notation::none<State>();
    static constexpr State initial = State::Unavailable;
    static constexpr auto recorded = std::to_array<TableVersion>({{1, 0x23591c82336f5dd1}});
    static constexpr auto table = broker_session_table::rows();
};

}  // namespace ibkr::statemachines
