#pragma once
// What is proved of every table when it is compiled. `static_assert(proved<M>())` stands beside each machine.
//
// 1. Total: every (state, event) pair has an outcome, and its guarded rows end in an unguarded one.
// 2. No dead row: every row can answer for every pair it names.
// 3. Every state is reachable; a terminal state never goes anywhere, not by a fault either.
// 4. A workflow begins by rows of `start`, or stands in `initial` from the first, never both.
// 5. The fingerprint is the one recorded for the machine's newest version.
#include <cstdint>
#include <type_traits>
#include <variant>

#include "statemachines/table/fingerprint.hpp"
#include "statemachines/table/step.hpp"

namespace ibkr::statemachines {

namespace detail {

// Each report is a type, so that the compiler's error names the state and the event in its arguments.
template <class>
inline constexpr bool never = false;
template <auto State, class Event>
struct MissingPair {
    static_assert(never<Event>,
                  "a (state, event) pair has no outcome: give it a row, or its state others(...)");
};
template <auto State, class Event>
struct OnlyGuardedRows {
    static_assert(never<Event>, "a pair has guarded rows only: end it with a row without a guard");
};
template <auto State, class Event>
struct DeadRow {
    static_assert(never<Event>, "dead row: an earlier row already answers for this (state, event) pair");
};
template <auto State, class Event>
struct TooManyRows {
    static_assert(never<Event>, "a pair has more rows than rows_per_pair_max");
};
template <auto State, class M>
struct DeadOthers {
    static_assert(never<M>, "dead row: others(...) names a state that has a row for every event");
};
template <auto State, class M>
struct UnreachableState {
    static_assert(never<M>, "a state is unreachable: no row leads to it from the start");
};
template <auto State, class M>
struct TerminalStateLeaves {
    static_assert(never<M>, "a terminal state regresses: a row or an on_fault rule leads out of it");
};
template <auto State, class M>
struct TwoFaultRules {
    static_assert(never<M>, "a state has two on_fault rules");
};
template <class M, std::uint64_t computed, std::uint64_t recorded>
struct FingerprintOf {
    static_assert(computed == recorded,
                  "the table's fingerprint is not the one recorded for its version: "
                  "record the computed one under a new version");
};

struct Finding {
    bool found = false;
    std::size_t state = 0;
    std::size_t event = 0;
    friend constexpr bool operator==(const Finding&, const Finding&) noexcept = default;
};
struct Findings {
    Finding missing, guarded_only, dead, too_many, dead_others, unreachable, leaves, two_rules;
    friend constexpr bool operator==(const Findings&, const Findings&) noexcept = default;
};

constexpr void note(Finding& finding, std::size_t state, std::size_t event) {
    if (!finding.found) finding = {true, state, event};
}

/// Findings of one pair's rows. The pairs of `start` need not be total: what begins no workflow is a fault.
template <class M>
constexpr void survey_pair(Findings& findings, std::size_t s, std::size_t e) {
    const Cell& cell = cells<M>[s][e];
    if (cell.count > rows_per_pair_max) return note(findings.too_many, s, e);
    if (cell.count == 0) {
        if (s < state_count<M>) note(findings.missing, s, e);
        return;
    }
    for (std::size_t later = 1; later < cell.count; ++later)
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            const auto& first = M::table[cell.rows[earlier]];
            if (first.guard.empty() || first.guard == M::table[cell.rows[later]].guard)
                note(findings.dead, s, e);
        }
    if (!M::table[cell.rows[cell.count - 1U]].guard.empty()) note(findings.guarded_only, s, e);
}

template <class M>
constexpr void survey_others(Findings& findings) {
    for (std::size_t r = 0; r < M::table.size(); ++r) {
        if (M::table[r].kind != RowKind::others) continue;
        for (std::size_t s = 0; s < state_count<M>; ++s) {
            if ((M::table[r].states & source_bit<M>(s)) == 0) continue;
            bool used = false;
            for (std::size_t e = 0; e < event_count<M>; ++e)
                used = used || cells<M>[s][e].rows[0] == r;
            if (!used) note(findings.dead_others, s, 0);
        }
    }
}

/// The states to which rows and on_fault rules lead from a source.
template <class M>
constexpr std::uint64_t reached_from(std::size_t s) {
    std::uint64_t targets = 0;
    for (const auto& row : M::table)
        if ((row.states & source_bit<M>(s)) != 0 && row.target != notation::same_state)
            targets |= std::uint64_t{1} << row.target;
    return targets;
}

template <class M>
constexpr void survey_graph(Findings& findings) {
    std::uint64_t reached = reached_from<M>(state_count<M>);
    if constexpr (has_initial<M>) reached |= std::uint64_t{1} << static_cast<unsigned>(M::initial);
    for (std::size_t round = 0; round < state_count<M>; ++round)
        for (std::size_t s = 0; s < state_count<M>; ++s)
            if ((reached >> s & 1U) != 0) reached |= reached_from<M>(s);
    for (std::size_t s = 0; s < state_count<M>; ++s) {
        if ((reached >> s & 1U) == 0) note(findings.unreachable, s, 0);
        const bool terminal = (M::terminal.bits >> s & 1U) != 0;
        if (terminal && (reached_from<M>(s) & ~(std::uint64_t{1} << s)) != 0) note(findings.leaves, s, 0);
        unsigned rules = 0;
        for (const auto& row : M::table)
            rules += row.kind == RowKind::on_fault && (row.states & source_bit<M>(s)) != 0 ? 1U : 0U;
        if (rules > 1) note(findings.two_rules, s, 0);
    }
}

template <class M>
constexpr Findings survey() {
    Findings findings;
    for (std::size_t s = 0; s <= state_count<M>; ++s)
        for (std::size_t e = 0; e < event_count<M>; ++e)
            survey_pair<M>(findings, s, e);
    survey_others<M>(findings);
    survey_graph<M>(findings);
    return findings;
}

template <class M>
constexpr bool numbered() {
    for (std::size_t s = 0; s < state_count<M>; ++s) {
        if (static_cast<std::size_t>(M::states[s].value) != s) return false;
        for (std::size_t t = 0; t < s; ++t)
            if (M::states[s].name == M::states[t].name) return false;
    }
    return true;
}
template <class M>
constexpr bool events_differ() {
    for (std::size_t e = 0; e < event_count<M>; ++e)
        for (std::size_t f = 0; f < e; ++f)
            if (event_names<M>[e] == event_names<M>[f] || event_numbers<M>[e] == event_numbers<M>[f])
                return false;
    return true;
}
template <class M>
constexpr bool starts_once() {
    return has_initial<M> == (reached_from<M>(state_count<M>) == 0);
}
template <class M>
constexpr bool versions_ascend() {
    for (std::size_t v = 1; v < M::recorded.size(); ++v)
        if (M::recorded[v].version <= M::recorded[v - 1].version) return false;
    return !M::recorded.empty();
}

template <std::size_t Place, class... E>
constexpr auto event_at(notation::EventList<E...> /*list*/) {
    return std::variant_alternative_t<Place, std::variant<std::type_identity<E>...>>{};
}

/// Compiles only when the finding is empty; else the error names its state and event.
template <class M, template <auto, class> class Report, Finding finding>
constexpr void report_pair() {
    if constexpr (finding.found) {
        using Event = typename decltype(event_at<finding.event>(Alternatives<typename M::Event>{}))::type;
        if constexpr (finding.state == state_count<M>) {
            static_cast<void>(sizeof(Report<notation::Start{}, Event>));
        } else {
            static_cast<void>(sizeof(Report<static_cast<typename M::State>(finding.state), Event>));
        }
    }
}
template <class M, template <auto, class> class Report, Finding finding>
constexpr void report_state() {
    if constexpr (finding.found)
        static_cast<void>(sizeof(Report<static_cast<typename M::State>(finding.state), M>));
}

}  // namespace detail

/// True, or an error that names what is wrong.
template <class M>
consteval bool proved() {
    using namespace detail;
    constexpr std::size_t states = state_count<M>;
    static_assert(states <= notation::states_max, "a machine has at most 62 states");
    static_assert(numbered<M>(), "state i stands at place i of `states`, and no two names are equal");
    static_assert(events_differ<M>(), "two events of a machine have one number or one name");
    static_assert(starts_once<M>(), "a machine has either an `initial` state or rows of `start`");
    static_assert(versions_ascend<M>(), "`recorded` lists versions in ascending order, the newest last");
    constexpr Findings findings = survey<M>();
    report_pair<M, TooManyRows, findings.too_many>();
    report_pair<M, MissingPair, findings.missing>();
    report_pair<M, DeadRow, findings.dead>();
    report_pair<M, OnlyGuardedRows, findings.guarded_only>();
    report_state<M, DeadOthers, findings.dead_others>();
    report_state<M, UnreachableState, findings.unreachable>();
    report_state<M, TerminalStateLeaves, findings.leaves>();
    report_state<M, TwoFaultRules, findings.two_rules>();
    if constexpr (findings == Findings{})
        static_cast<void>(sizeof(FingerprintOf<M, fingerprint<M>(), M::recorded.back().fingerprint>));
    return true;
}

}  // namespace ibkr::statemachines
