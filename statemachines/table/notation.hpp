#pragma once
// The notation in which the machines are written. It follows boost-ext SML, on our own types:
//
//   Submitting + event<FillReported>[guard<completes>] / action<add_fill> = Filled,
//   Submitting + event<OutcomeUnknown>                                    = Unknown,
//   Submitting + event<CancelRequested>                                   = refuse("order_not_acknowledged"),
//   on(Filled, Cancelled) + event<OrderAccepted, ReplyLost>               = ignore,
//   start + event<SubmitIntended> / action<begin>                         = Submitting,
//   others(Submitting)                                                    = fault,
//   on_fault(Submitting) / action<mark_doubt>                             = Unknown
//
// Meaning of the outcomes:
//   = State         step: the state changes, the action folds the event into the data
//   = stay          step to the same state
//   = ignore        late or duplicate, nothing changes
//   = refuse(text)  a command that is not valid now, nothing changes; text is a snake_case reason
//   = fault         the world contradicts us: the row's action still runs, then the state's on_fault rule
// Rows of one pair are tried in order; the first whose guard allows it decides. `others` fills the pairs of
// its states that have no row. `start` is the source of a workflow's first event.
//
// Guards:  constexpr bool f(const Data&) noexcept   or   constexpr bool f(const Data&, const Event&) noexcept
// Actions: constexpr void f(Data&) noexcept         or   constexpr void f(Data&, const Event&) noexcept
// They are pure folds: no clock, no effect. Their names are part of the table's fingerprint, so a body whose
// meaning changes gets a new name. The form without the event serves rows that name several events.
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace ibkr::statemachines {

/// What a table answers for a (state, event) pair.
enum class RowOutcome : std::uint8_t { step, ignore, refuse, fault };

namespace notation {

inline constexpr unsigned states_max = 62;  // bit 63 of a state set stands for `start`
inline constexpr std::uint64_t start_bit = std::uint64_t{1} << 63U;
inline constexpr std::uint8_t same_state = 0xff;

template <class T>
concept StateEnum = std::is_enum_v<T>;

template <StateEnum State>
struct StateSet {
    std::uint64_t bits{};
    constexpr bool contains(State state) const noexcept {
        return (bits >> static_cast<unsigned>(state) & 1U) != 0;
    }
    friend constexpr bool operator==(StateSet, StateSet) noexcept = default;
};

template <StateEnum State>
constexpr StateSet<State> none() {
    return {};
}
template <StateEnum State, class... Rest>
constexpr StateSet<State> on(State first, Rest... rest) {
    static_assert((std::is_same_v<State, Rest> && ...), "on(...) names states of one machine");
    return {((std::uint64_t{1} << static_cast<unsigned>(first)) | ... |
             (std::uint64_t{1} << static_cast<unsigned>(rest)))};
}
/// Every state of `all` that `removed` does not hold.
template <StateEnum State>
constexpr StateSet<State> operator-(StateSet<State> all, StateSet<State> removed) {
    return {all.bits & ~removed.bits};
}
template <StateEnum State>
constexpr StateSet<State> operator|(StateSet<State> a, StateSet<State> b) {
    return {a.bits | b.bits};
}

/// What a guard or an action takes; `valid` is false for any other signature.
template <class F>
struct GuardShape {
    static constexpr bool valid = false;
};
template <class D>
struct GuardShape<bool (*)(const D&) noexcept> {
    static constexpr bool valid = true;
    using Data = D;
    using Event = void;
};
template <class D, class E>
struct GuardShape<bool (*)(const D&, const E&) noexcept> {
    static constexpr bool valid = true;
    using Data = D;
    using Event = E;
};
template <class F>
struct ActionShape {
    static constexpr bool valid = false;
};
template <class D>
struct ActionShape<void (*)(D&) noexcept> {
    static constexpr bool valid = !std::is_const_v<D>;
    using Data = D;
    using Event = void;
};
template <class D, class E>
struct ActionShape<void (*)(D&, const E&) noexcept> {
    static constexpr bool valid = !std::is_const_v<D>;
    using Data = D;
    using Event = E;
};

/// A function that takes an event fits only a row with that one event.
template <class Shape, class... E>
constexpr bool fits_events() {
    if constexpr (!Shape::valid) {
        return true;  // reported by its own assertion
    } else if constexpr (std::is_void_v<typename Shape::Event>) {
        return true;
    } else {
        return sizeof...(E) == 1 && (std::is_same_v<typename Shape::Event, E> && ...);
    }
}

template <auto F>
struct Guard {};
template <auto F>
struct Action {};
template <auto F>
inline constexpr Guard<F> guard{};
template <auto F>
inline constexpr Action<F> action{};

template <class... E>
struct EventList {};

/// event<E...>[guard<G>] / action<A>; a missing guard or action is nullptr.
template <class List, auto G = nullptr, auto A = nullptr>
struct Trigger;
template <class... E, auto G, auto A>
struct Trigger<EventList<E...>, G, A> {
    template <auto F>
    constexpr Trigger<EventList<E...>, F, A> operator[](Guard<F> /*condition*/) const {
        static_assert(std::is_null_pointer_v<decltype(G)>,
                      "a row has one guard: write one function for both");
        static_assert(
            GuardShape<decltype(F)>::valid,
            "a guard is: constexpr bool name(const Data&) noexcept, or (const Data&, const Event&)");
        static_assert(fits_events<GuardShape<decltype(F)>, E...>(),
                      "the guard takes another event than its row");
        return {};
    }
    template <auto F>
    constexpr Trigger<EventList<E...>, G, F> operator/(Action<F> /*fold*/) const {
        static_assert(std::is_null_pointer_v<decltype(A)>,
                      "a row has one action: write one function for both");
        static_assert(ActionShape<decltype(F)>::valid,
                      "an action is: constexpr void name(Data&) noexcept, or (Data&, const Event&)");
        static_assert(fits_events<ActionShape<decltype(F)>, E...>(),
                      "the action takes another event than its row");
        return {};
    }
};
template <class... E>
inline constexpr Trigger<EventList<E...>> event{};

struct Start {};
struct Stay {};
struct Ignore {};
struct Fault {};
struct Refusal {
    std::string_view reason;
};
inline constexpr Start start{};
inline constexpr Stay stay{};
inline constexpr Ignore ignore{};
inline constexpr Fault fault{};
constexpr Refusal refuse(std::string_view reason) {
    return {reason};
}

/// One finished row. `target` is a state's number or same_state.
template <class State, class Trigger>
struct Transition {
    std::uint64_t states{};
    RowOutcome outcome{};
    std::uint8_t target{};
    std::string_view reason;
};

template <StateEnum State>
constexpr std::uint8_t number_of(State state) {
    return static_cast<std::uint8_t>(state);
}

// The assignment operators below make rows, as SML's do; they assign nothing.
// NOLINTBEGIN(misc-unconventional-assign-operator)
template <class State, class Trigger>
struct Source;
template <StateEnum State, class... E, auto G, auto A>
struct Source<State, Trigger<EventList<E...>, G, A>> {
    using Row = Transition<State, Trigger<EventList<E...>, G, A>>;
    std::uint64_t states{};
    constexpr Row operator=(State target) const { return {states, RowOutcome::step, number_of(target), {}}; }
    constexpr Row operator=(Stay /*target*/) const { return {states, RowOutcome::step, same_state, {}}; }
    constexpr Row operator=(Ignore /*outcome*/) const {
        static_assert(std::is_null_pointer_v<decltype(A)>,
                      "an ignored event changes nothing: remove the action");
        return {states, RowOutcome::ignore, same_state, {}};
    }
    constexpr Row operator=(Refusal refusal) const {
        static_assert(std::is_null_pointer_v<decltype(A)>,
                      "a refused event changes nothing: remove the action");
        return {states, RowOutcome::refuse, same_state, refusal.reason};
    }
    constexpr Row operator=(Fault /*outcome*/) const { return {states, RowOutcome::fault, same_state, {}}; }
};
template <class Trigger>
struct Source<Start, Trigger> {
    template <StateEnum State>
    constexpr Transition<State, Trigger> operator=(State target) const {
        return {start_bit, RowOutcome::step, number_of(target), {}};
    }
};

template <StateEnum State, class... E, auto G, auto A>
constexpr Source<State, Trigger<EventList<E...>, G, A>> operator+(State from,
                                                                  Trigger<EventList<E...>, G, A> /*t*/) {
    return {on(from).bits};
}
template <StateEnum State, class... E, auto G, auto A>
constexpr Source<State, Trigger<EventList<E...>, G, A>> operator+(StateSet<State> from,
                                                                  Trigger<EventList<E...>, G, A> /*t*/) {
    return {from.bits};
}
template <class... E, auto G, auto A>
constexpr Source<Start, Trigger<EventList<E...>, G, A>> operator+(Start /*from*/,
                                                                  Trigger<EventList<E...>, G, A> /*t*/) {
    return {};
}

/// others(States...) = fault | ignore | refuse(reason)
template <class State>
struct Rest {
    std::uint64_t states{};
    RowOutcome outcome{};
    std::string_view reason;
};
template <class State>
struct RestSource {
    std::uint64_t states{};
    constexpr Rest<State> operator=(Fault /*outcome*/) const { return {states, RowOutcome::fault, {}}; }
    constexpr Rest<State> operator=(Ignore /*outcome*/) const { return {states, RowOutcome::ignore, {}}; }
    constexpr Rest<State> operator=(Refusal refusal) const {
        return {states, RowOutcome::refuse, refusal.reason};
    }
};
template <StateEnum State>
constexpr RestSource<State> others(StateSet<State> states) {
    return {states.bits};
}
template <StateEnum State, class... More>
constexpr RestSource<State> others(State first, More... more) {
    return {on(first, more...).bits};
}

/// on_fault(States...) / action<A> = State | stay: where a fault leads to. A state without such a rule stays.
template <class State, auto A>
struct OnFault {
    std::uint64_t states{};
    std::uint8_t target{};
};
template <StateEnum State, auto A = nullptr>
struct OnFaultSource {
    std::uint64_t states{};
    constexpr OnFault<State, A> operator=(State target) const { return {states, number_of(target)}; }
    constexpr OnFault<State, A> operator=(Stay /*target*/) const { return {states, same_state}; }
    template <auto F>
    constexpr OnFaultSource<State, F> operator/(Action<F> /*fold*/) const {
        static_assert(ActionShape<decltype(F)>::valid && fits_events<ActionShape<decltype(F)>>(),
                      "an on_fault action is: constexpr void name(Data&) noexcept");
        return {states};
    }
};
// NOLINTEND(misc-unconventional-assign-operator)
template <StateEnum State>
constexpr OnFaultSource<State> on_fault(StateSet<State> states) {
    return {states.bits};
}
template <StateEnum State, class... More>
constexpr OnFaultSource<State> on_fault(State first, More... more) {
    return {on(first, more...).bits};
}

}  // namespace notation
}  // namespace ibkr::statemachines
