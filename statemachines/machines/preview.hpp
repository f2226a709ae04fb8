#pragma once
// The life of an order preview: asked for, then created or refused; a created one expires.
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
enum class PreviewState : std::uint8_t {
    Requested = 0,
    Created = 1,
    Refused = 2,
    Expired = 3,
};
inline constexpr auto preview_state_names =
    std::to_array<events::EnumName<PreviewState>>({{PreviewState::Requested, "requested"},
                                                   {PreviewState::Created, "created"},
                                                   {PreviewState::Refused, "refused"},
                                                   {PreviewState::Expired, "expired"}});
[[nodiscard]] constexpr std::span<const events::EnumName<PreviewState>> enum_names(
    PreviewState /*tag*/) noexcept {
    return preview_state_names;
}
[[nodiscard]] constexpr std::string_view to_string(PreviewState state) noexcept {
    return events::name_of(state);
}
[[nodiscard]] constexpr std::optional<PreviewState> preview_state_from_string(
    std::string_view text) noexcept {
    PreviewState state{};
    return events::enum_from_name(text, state) ? std::optional(state) : std::nullopt;
}

/// The workflow's first event.
struct PreviewRequested {
    static constexpr std::uint16_t number = 101;
    static constexpr std::string_view name = "preview_requested";
};
struct PreviewCreated {
    static constexpr std::uint16_t number = 102;
    static constexpr std::string_view name = "preview_created";
};
/// Every check that failed is in the log's event.
struct PreviewRefused {
    static constexpr std::uint16_t number = 103;
    static constexpr std::string_view name = "preview_refused";
};
struct PreviewExpired {
    static constexpr std::uint16_t number = 104;
    static constexpr std::string_view name = "preview_expired";
};
struct PreviewEvent : std::variant<PreviewRequested, PreviewCreated, PreviewRefused, PreviewExpired> {
    using variant::variant;
};

/// A preview folds nothing: the order and its expiry stand in the log's events.
struct PreviewData {
    friend constexpr bool operator==(const PreviewData&, const PreviewData&) noexcept = default;
};

namespace preview_table {

consteval auto rows() {
    using enum PreviewState;
    using notation::event, notation::fault, notation::ignore, notation::on, notation::others, notation::start;
    // clang-format off
    return make_table<PreviewState, PreviewData, PreviewEvent>({
        start     + event<PreviewRequested> = Requested,

        Requested + event<PreviewCreated>   = Created,
        Requested + event<PreviewRefused>   = Refused,
        Created   + event<PreviewExpired>   = Expired,

        on(Refused, Expired) + event<PreviewExpired> = ignore,
        others(Requested, Created, Refused, Expired) = fault
    });
    // clang-format on
}

}  // namespace preview_table

struct PreviewMachine {
    using State = PreviewState;
    using Data = PreviewData;
    using Event = PreviewEvent;
    static constexpr std::string_view name = "preview";
    static constexpr std::string_view purpose =
        "The life of an order preview: asked for, then created or refused; a created one expires.";
    static constexpr auto states = preview_state_names;
    static constexpr notation::StateSet<State> terminal = notation::on(State::Refused, State::Expired);
    static constexpr auto recorded = std::to_array<TableVersion>({{1, 0x92de3bf0e73fee0a}});
    static constexpr auto table = preview_table::rows();
};

}  // namespace ibkr::statemachines
