#pragma once
// Asking a table: constant time, no allocation, no exception, the same code at compile time and at run time.
#include <array>
#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "events/describe.hpp"
#include "statemachines/table/table.hpp"

namespace ibkr::statemachines {

/// Rows that may answer for one (state, event) pair.
inline constexpr std::size_t rows_per_pair_max = 8;

/// What a table answered. Texts live as long as the program. `from` is empty before a workflow's first event;
/// `to` is then empty too unless the event began it. Only `step` and `fault` change state or data.
template <class State>
struct StepResult {
    RowOutcome outcome = RowOutcome::fault;
    std::optional<State> from, to;
    std::string_view event, guard, action;
    std::string_view fault_action;  // of the state's on_fault rule
    std::string_view reason;        // of a refusal
    [[nodiscard]] constexpr bool moved() const noexcept { return from != to; }
};

namespace detail {

struct Cell {
    std::array<std::uint16_t, rows_per_pair_max> rows{};  // the rows of the pair, in order
    std::uint16_t count = 0;                              // may exceed the limit: proof.hpp reports it
};

template <class M>
inline constexpr std::size_t state_count = M::states.size();
template <class M>
inline constexpr std::size_t event_count = length_of(Alternatives<typename M::Event>{});
template <class M>
inline constexpr bool has_initial = requires { M::initial; };

/// Bit of a source: its state, or `start` at the place after the last state.
template <class M>
constexpr std::uint64_t source_bit(std::size_t source) noexcept {
    return source == state_count<M> ? notation::start_bit : std::uint64_t{1} << source;
}

template <class M>
using Cells = std::array<std::array<Cell, event_count<M>>, state_count<M> + 1>;

template <class M>
constexpr Cells<M> make_cells() {
    Cells<M> cells{};
    for (const RowKind kind : {RowKind::pair, RowKind::others}) {
        for (std::size_t r = 0; r < M::table.size(); ++r) {
            const auto& row = M::table[r];
            if (row.kind != kind) continue;
            for (std::size_t s = 0; s <= state_count<M>; ++s) {
                if ((row.states & source_bit<M>(s)) == 0) continue;
                for (std::size_t e = 0; e < event_count<M>; ++e) {
                    Cell& cell = cells[s][e];
                    if ((row.events >> e & 1U) == 0 || (kind == RowKind::others && cell.count != 0)) continue;
                    if (cell.count < rows_per_pair_max) cell.rows[cell.count] = static_cast<std::uint16_t>(r);
                    ++cell.count;
                }
            }
        }
    }
    return cells;
}
template <class M>
inline constexpr Cells<M> cells = make_cells<M>();

template <class... E>
constexpr auto names_of(notation::EventList<E...> /*list*/) {
    return std::array<std::string_view, sizeof...(E)>{E::name...};
}
template <class... E>
constexpr auto numbers_of(notation::EventList<E...> /*list*/) {
    return std::array<std::uint16_t, sizeof...(E)>{E::number...};
}
template <class M>
inline constexpr auto event_names = names_of(Alternatives<typename M::Event>{});
template <class M>
inline constexpr auto event_numbers = numbers_of(Alternatives<typename M::Event>{});

template <class M>
using RowOf = Row<typename M::State, typename M::Data, typename M::Event>;

/// The on_fault rule of a state, or null.
template <class M>
constexpr const RowOf<M>* fault_rule(std::size_t source) noexcept {
    for (const auto& row : M::table)
        if (row.kind == RowKind::on_fault && (row.states & source_bit<M>(source)) != 0) return &row;
    return nullptr;
}

/// The row that answers, or null before a workflow's first event when this one cannot begin it.
template <class M>
constexpr const RowOf<M>* find_row(std::size_t source, const typename M::Data& data,
                                   const typename M::Event& event) noexcept {
    const Cell& cell = cells<M>[source][event.index()];
    for (std::size_t i = 0; i < cell.count && i < rows_per_pair_max; ++i) {
        const auto& row = M::table[cell.rows[i]];
        if (row.allows == nullptr || row.allows(data, event)) return &row;
    }
    return nullptr;
}

template <class M>
constexpr std::size_t source_of(std::optional<typename M::State> from) noexcept {
    const auto source = from ? static_cast<std::size_t>(*from) : state_count<M>;
    assert(source <= state_count<M>);
    return source;
}

/// The answer for a found row; changes nothing.
template <class M>
constexpr StepResult<typename M::State> answer(std::optional<typename M::State> from, std::size_t event,
                                               const RowOf<M>* row) noexcept {
    using State = typename M::State;
    StepResult<State> result{RowOutcome::fault, from, from, event_names<M>[event], {}, {}, {}, {}};
    std::uint8_t target = notation::same_state;
    if (row != nullptr) {
        result.outcome = row->outcome;
        result.guard = row->guard;
        result.action = row->action;
        result.reason = row->reason;
        target = row->target;
    }
    if (result.outcome == RowOutcome::fault && from) {
        if (const auto* rule = fault_rule<M>(source_of<M>(from)); rule != nullptr) {
            result.fault_action = rule->action;
            target = rule->target;
        }
    }
    if (target != notation::same_state) result.to = static_cast<State>(target);
    return result;
}

}  // namespace detail

/// What the table would answer; changes nothing. Deciders ask this before they write an event.
template <class M>
[[nodiscard]] constexpr StepResult<typename M::State> peek(std::optional<typename M::State> from,
                                                           const typename M::Data& data,
                                                           const typename M::Event& event) noexcept {
    return detail::answer<M>(from, event.index(),
                             detail::find_row<M>(detail::source_of<M>(from), data, event));
}

/// Folds one event into the data and says where the machine goes. The caller keeps `to` as the new state.
/// An empty `from` means that the workflow has not begun; only an event with a row of `start` begins it.
template <class M>
[[nodiscard]] constexpr StepResult<typename M::State> step(std::optional<typename M::State> from,
                                                           typename M::Data& data,
                                                           const typename M::Event& event) noexcept {
    const std::size_t source = detail::source_of<M>(from);
    const auto* row = detail::find_row<M>(source, data, event);
    const auto result = detail::answer<M>(from, event.index(), row);
    if (row != nullptr && row->fold != nullptr) row->fold(data, event);
    if (result.outcome == RowOutcome::fault && from) {
        const auto* rule = detail::fault_rule<M>(source);
        if (rule != nullptr && rule->fold != nullptr) rule->fold(data, event);
    }
    return result;
}

/// A machine with its state and data: what the engine keeps for one workflow.
template <class M>
struct Instance {
    std::optional<typename M::State> state = first_state();
    typename M::Data data{};

    constexpr StepResult<typename M::State> apply(const typename M::Event& event) noexcept {
        const auto result = step<M>(state, data, event);
        state = result.to;
        return result;
    }
    [[nodiscard]] constexpr StepResult<typename M::State> peek(
        const typename M::Event& event) const noexcept {
        return statemachines::peek<M>(state, data, event);
    }
    [[nodiscard]] constexpr bool is_in(typename M::State wanted) const noexcept { return state == wanted; }
    [[nodiscard]] constexpr bool is_terminal() const noexcept {
        return state && M::terminal.contains(*state);
    }
    friend constexpr bool operator==(const Instance&, const Instance&) noexcept = default;

private:
    static constexpr std::optional<typename M::State> first_state() noexcept {
        if constexpr (detail::has_initial<M>) {
            return M::initial;
        } else {
            return std::nullopt;
        }
    }
};

/// The life that these events lead: for static_asserts and tests.
template <class M>
[[nodiscard]] constexpr Instance<M> live(std::initializer_list<typename M::Event> events) noexcept {
    Instance<M> instance;
    for (const auto& event : events)
        static_cast<void>(instance.apply(event));
    return instance;
}

/// Number of the newest recorded version, the one the table's fingerprint is checked against.
template <class M>
inline constexpr unsigned current_version = M::recorded.back().version;

template <class M>
[[nodiscard]] constexpr std::string_view event_name(const typename M::Event& event) noexcept {
    return detail::event_names<M>[event.index()];
}
template <class M>
[[nodiscard]] constexpr std::uint16_t event_number(const typename M::Event& event) noexcept {
    return detail::event_numbers<M>[event.index()];
}
/// The stable number behind an event's name; empty for a name the machine does not know.
template <class M>
[[nodiscard]] constexpr std::optional<std::uint16_t> event_number(std::string_view name) noexcept {
    for (std::size_t e = 0; e < detail::event_count<M>; ++e)
        if (detail::event_names<M>[e] == name) return detail::event_numbers<M>[e];
    return std::nullopt;
}
/// The name behind a stable number; empty for a number the machine does not know.
template <class M>
[[nodiscard]] constexpr std::string_view event_name(std::uint16_t number) noexcept {
    for (std::size_t e = 0; e < detail::event_count<M>; ++e)
        if (detail::event_numbers<M>[e] == number) return detail::event_names<M>[e];
    return {};
}

}  // namespace ibkr::statemachines
