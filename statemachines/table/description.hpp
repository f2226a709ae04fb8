#pragma once
// A machine with its types erased: what is printed, drawn and compared. All texts and arrays are constants of
// the program. Rows are given per (state, event) pair, in the order of states, of events, and of trying.
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "statemachines/table/fingerprint.hpp"

namespace ibkr::statemachines {

struct StateDescription {
    std::string_view name;
    bool terminal = false;
    std::string_view fault_to;  ///< where a fault in this state leads; its own name when it stays
    std::string_view fault_action;
};

struct EventDescription {
    std::uint16_t number = 0;
    std::string_view name;
};

struct RowDescription {
    std::string_view from;  ///< empty: before the workflow's first event
    std::string_view event;
    std::string_view guard;  ///< empty: always
    std::string_view action;
    RowOutcome outcome{};
    std::string_view to;      ///< for a step and a fault
    std::string_view reason;  ///< for a refusal
};

struct MachineDescription {
    std::string_view name;
    unsigned version = 0;
    std::uint64_t fingerprint = 0;
    std::string_view purpose;  ///< one or two sentences for people; empty: none given
    std::string_view initial;  ///< empty: begun by the rows without `from`
    std::span<const StateDescription> states;
    std::span<const EventDescription> events;
    std::span<const RowDescription> rows;
};

[[nodiscard]] constexpr std::string_view to_string(RowOutcome outcome) noexcept {
    switch (outcome) {
        case RowOutcome::step:
            return "step";
        case RowOutcome::ignore:
            return "ignore";
        case RowOutcome::refuse:
            return "refuse";
        case RowOutcome::fault:
            return "fault";
    }
    return "invalid";
}

namespace detail {

template <class M>
constexpr std::string_view fault_target(std::size_t state) noexcept {
    const auto* rule = fault_rule<M>(state);
    return target_name<M>(state, rule == nullptr ? notation::same_state : rule->target);
}

template <class M>
consteval auto describe_states() {
    std::array<StateDescription, state_count<M>> states{};
    for (std::size_t s = 0; s < states.size(); ++s) {
        const auto* rule = fault_rule<M>(s);
        states[s] = {M::states[s].name, (M::terminal.bits >> s & 1U) != 0, fault_target<M>(s),
                     rule == nullptr ? std::string_view() : rule->action};
    }
    return states;
}

template <class M>
consteval auto describe_events() {
    std::array<EventDescription, event_count<M>> events{};
    for (std::size_t e = 0; e < events.size(); ++e)
        events[e] = {event_numbers<M>[e], event_names<M>[e]};
    return events;
}

template <class M>
consteval std::size_t count_rows() {
    std::size_t count = 0;
    for (const auto& state : cells<M>)
        for (const Cell& cell : state)
            count += cell.count;
    return count;
}

template <class M>
constexpr RowDescription describe_row(std::size_t s, std::size_t e, const RowOf<M>& row) {
    RowDescription text{{}, event_names<M>[e], row.guard, row.action, row.outcome, {}, row.reason};
    if (s < state_count<M>) text.from = M::states[s].name;
    if (row.outcome == RowOutcome::step) text.to = target_name<M>(s, row.target);
    if (row.outcome == RowOutcome::fault) text.to = fault_target<M>(s);
    return text;
}

template <class M>
consteval auto describe_rows() {
    std::array<RowDescription, count_rows<M>()> rows{};
    std::size_t next = 0;
    const auto add_pair = [&](std::size_t s, std::size_t e) {
        const Cell& cell = cells<M>[s][e];
        for (std::size_t i = 0; i < cell.count; ++i)
            rows[next++] = describe_row<M>(s, e, M::table[cell.rows[i]]);
    };
    for (std::size_t e = 0; e < event_count<M>; ++e)
        add_pair(state_count<M>, e);
    for (std::size_t s = 0; s < state_count<M>; ++s)
        for (std::size_t e = 0; e < event_count<M>; ++e)
            add_pair(s, e);
    return rows;
}

template <class M>
inline constexpr auto state_descriptions = describe_states<M>();
template <class M>
inline constexpr auto event_descriptions = describe_events<M>();
template <class M>
inline constexpr auto row_descriptions = describe_rows<M>();

}  // namespace detail

template <class M>
[[nodiscard]] constexpr MachineDescription describe() noexcept {
    MachineDescription description{M::name,
                                   current_version<M>,
                                   fingerprint<M>(),
                                   {},
                                   {},
                                   detail::state_descriptions<M>,
                                   detail::event_descriptions<M>,
                                   detail::row_descriptions<M>};
    if constexpr (requires { M::purpose; }) description.purpose = M::purpose;
    if constexpr (detail::has_initial<M>)
        description.initial = detail::source_name<M>(detail::source_of<M>(M::initial));
    return description;
}

}  // namespace ibkr::statemachines
