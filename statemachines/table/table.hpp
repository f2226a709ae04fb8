#pragma once
// From rows in notation to a table that answers in constant time, at compile time and at run time alike.
//
// A machine is a struct M with
//   using State, Data, Event;            Event: struct deriving from std::variant of the machine's event
//   structs static constexpr std::string_view name; static constexpr auto states;
//   std::array<events::EnumName<State>, N>, state i at place i static constexpr StateSet<State> terminal;
//   static constexpr State initial;      only when the machine exists before its first event; else rows of
//   `start` static constexpr std::array<TableVersion, V> recorded;   the fingerprint of every version, newest
//   last static constexpr auto table = make_table<State, Data, Event>({rows...});
// An event struct has `static constexpr std::uint16_t number` (stable, never reused) and
// `static constexpr std::string_view name`. proof.hpp proves the table; a machine without proof is not used.
#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <variant>

#include "statemachines/table/notation.hpp"

namespace ibkr::statemachines {

struct TableVersion {
    unsigned version;
    std::uint64_t fingerprint;
};

/// The unqualified name of a function, the same from g++ and clang.
template <auto F>
constexpr std::string_view function_name() {
    std::string_view text = __PRETTY_FUNCTION__;
    text.remove_prefix(text.find("F = ") + 4);
    text = text.substr(0, text.find_first_of(";]"));
    if (const auto colon = text.rfind(':'); colon != std::string_view::npos) text.remove_prefix(colon + 1);
    if (text.starts_with('&')) text.remove_prefix(1);
    return text;
}

namespace detail {

template <class... E>
notation::EventList<E...> list_of(const std::variant<E...>*);
template <class Event>
using Alternatives = decltype(list_of(static_cast<const Event*>(nullptr)));

template <class... E>
constexpr std::size_t length_of(notation::EventList<E...> /*list*/) {
    return sizeof...(E);
}

/// The place of E in the event list, or the list's length when it is not there.
template <class E, class... All>
constexpr std::size_t place_of(notation::EventList<All...> /*list*/) {
    std::size_t place = 0;
    static_cast<void>(((std::is_same_v<E, All> || (++place, false)) || ...));
    return place;
}

template <class Data, class Event, class First, auto F>
constexpr auto call(Data& data, const Event& event) noexcept {
    if constexpr (std::is_invocable_v<decltype(F), Data&>) {
        return F(data);
    } else {
        return F(data, std::get<First>(event));
    }
}

/// A shape that is not valid was reported where the row was written.
template <class Shape, class Data, class... E>
constexpr bool callable() {
    if constexpr (Shape::valid) {
        static_assert(std::is_same_v<typename Shape::Data, Data>,
                      "a guard or action is for another machine's data");
        return std::is_same_v<typename Shape::Data, Data> && notation::fits_events<Shape, E...>();
    } else {
        return false;
    }
}

template <class E, class...>
struct FirstOf {
    using type = E;
};

}  // namespace detail

enum class RowKind : std::uint8_t { pair, others, on_fault };

/// One row with its types erased. `states` has a bit per state and one for `start`, `events` one per place in
/// the machine's event list. Made from a row in notation, which is checked here against the machine.
template <class State, class Data, class Event>
struct Row {
    RowKind kind{};
    RowOutcome outcome{};
    std::uint8_t target = notation::same_state;
    std::uint64_t states{};
    std::uint64_t events{};
    bool (*allows)(const Data&, const Event&) noexcept = nullptr;  // null: always
    void (*fold)(Data&, const Event&) noexcept = nullptr;          // null: the data stays as it is
    std::string_view guard, action, reason;

    constexpr Row() = default;

    template <class S, class... E, auto G, auto A>
    constexpr Row(notation::Transition<S, notation::Trigger<notation::EventList<E...>, G, A>> t)
        : kind(RowKind::pair), outcome(t.outcome), target(t.target), states(t.states), reason(t.reason) {
        constexpr bool known = ((detail::place_of<E>(All{}) < detail::length_of(All{})) && ...);
        static_assert(known, "a row names an event that is not in the machine's event list");
        static_assert(std::is_same_v<S, State>, "a row names a state of another machine");
        if constexpr (known) {
            using First = typename detail::FirstOf<E...>::type;
            events = ((std::uint64_t{1} << detail::place_of<E>(All{})) | ...);
            if constexpr (!std::is_null_pointer_v<decltype(G)>) {
                guard = function_name<G>();
                if constexpr (detail::callable<notation::GuardShape<decltype(G)>, Data, E...>())
                    allows = &detail::call<const Data, Event, First, G>;
            }
            if constexpr (!std::is_null_pointer_v<decltype(A)>) {
                action = function_name<A>();
                if constexpr (detail::callable<notation::ActionShape<decltype(A)>, Data, E...>())
                    fold = &detail::call<Data, Event, First, A>;
            }
        }
    }

    template <class S>
    constexpr Row(notation::Rest<S> rest)
        : kind(RowKind::others),
          outcome(rest.outcome),
          states(rest.states),
          events(~std::uint64_t{0} >> (64U - detail::length_of(All{}))),
          reason(rest.reason) {
        static_assert(std::is_same_v<S, State>, "a row names a state of another machine");
    }

    template <class S, auto A>
    constexpr Row(notation::OnFault<S, A> rule)
        : kind(RowKind::on_fault), outcome(RowOutcome::fault), target(rule.target), states(rule.states) {
        static_assert(std::is_same_v<S, State>, "a row names a state of another machine");
        if constexpr (!std::is_null_pointer_v<decltype(A)>) {
            action = function_name<A>();
            if constexpr (detail::callable<notation::ActionShape<decltype(A)>, Data>())
                fold = &detail::call<Data, Event, void, A>;
        }
    }

    template <class S, class Trigger>
    constexpr Row(notation::Source<S, Trigger> /*open*/) {
        static_assert(sizeof(S) == 0,
                      "a row is not finished: end it with = State, stay, ignore, refuse(...) or fault");
    }

private:
    using All = detail::Alternatives<Event>;
};

/// The rows in the order written. Guarded rows of one pair are tried in that order.
template <class State, class Data, class Event, std::size_t N>
constexpr std::array<Row<State, Data, Event>, N> make_table(const Row<State, Data, Event> (&rows)[N]) {
    static_assert(std::is_enum_v<State>);
    static_assert(detail::length_of(detail::Alternatives<Event>{}) <= 64, "a machine has at most 64 events");
    return std::to_array(rows);
}

}  // namespace ibkr::statemachines
