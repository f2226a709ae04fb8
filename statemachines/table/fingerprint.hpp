#pragma once
// A stable number for what a table means; proof.hpp holds it against the one recorded for the table's
// version.
#include <cstdint>
#include <string_view>

#include "statemachines/table/step.hpp"

namespace ibkr::statemachines {

namespace detail {

/// FNV-1a, 64 bits. Each text is closed by a byte that no name holds, each number is eight bytes.
class Hash {
public:
    constexpr Hash& text(std::string_view bytes) noexcept {
        for (const char c : bytes)
            byte(static_cast<unsigned char>(c));
        return byte(0xff);
    }
    constexpr Hash& number(std::uint64_t value) noexcept {
        for (unsigned shift = 0; shift < 64; shift += 8)
            byte(static_cast<unsigned char>(value >> shift & 0xffU));
        return *this;
    }
    /// Through the finaliser of splitmix64, so that the hashes of a table's entries may be added up.
    [[nodiscard]] constexpr std::uint64_t value() const noexcept {
        std::uint64_t x = state_;
        x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
        x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
        return x ^ (x >> 31U);
    }

private:
    constexpr Hash& byte(unsigned char b) noexcept {
        state_ = (state_ ^ b) * 0x100000001b3U;
        return *this;
    }
    std::uint64_t state_ = 0xcbf29ce484222325U;
};

template <class M>
constexpr std::string_view source_name(std::size_t source) noexcept {
    return source == state_count<M> ? std::string_view("start") : M::states[source].name;
}
/// The name of where a row or rule leads, `target` being a state's number or same_state.
template <class M>
constexpr std::string_view target_name(std::size_t source, std::uint8_t target) noexcept {
    return source_name<M>(target == notation::same_state ? source : target);
}

template <class M>
constexpr std::uint64_t hash_of_pairs() {
    std::uint64_t sum = 0;
    for (std::size_t s = 0; s <= state_count<M>; ++s)
        for (std::size_t e = 0; e < event_count<M>; ++e) {
            const Cell& cell = cells<M>[s][e];
            for (std::size_t i = 0; i < cell.count && i < rows_per_pair_max; ++i) {
                const auto& row = M::table[cell.rows[i]];
                Hash hash;
                hash.text("row").text(source_name<M>(s)).text(event_names<M>[e]).number(i);
                hash.text(row.guard).text(row.action).number(static_cast<std::uint64_t>(row.outcome));
                sum += hash.text(target_name<M>(s, row.target)).text(row.reason).value();
            }
        }
    return sum;
}

template <class M>
constexpr std::uint64_t hash_of_states() {
    std::uint64_t sum = 0;
    for (std::size_t s = 0; s < state_count<M>; ++s) {
        Hash hash;
        hash.text("state").text(M::states[s].name).number(s).number(M::terminal.bits >> s & 1U);
        if (const auto* rule = fault_rule<M>(s); rule != nullptr)
            hash.text("on_fault").text(rule->action).text(target_name<M>(s, rule->target));
        sum += hash.value();
    }
    return sum;
}

}  // namespace detail

/// Covers the machine's name; its states with numbers, terminal marks and fault rules; its events with
/// numbers; and for each pair its rows in order with guard, action, outcome, target and reason. Moving rows
/// of different pairs, or gathering them in sets, does not change it. It covers the names of guards and
/// actions, not their bodies.
template <class M>
constexpr std::uint64_t fingerprint() {
    std::uint64_t sum = detail::Hash{}.text("machine").text(M::name).value();
    if constexpr (detail::has_initial<M>)
        sum += detail::Hash{}.text("initial").number(static_cast<std::uint64_t>(M::initial)).value();
    for (std::size_t e = 0; e < detail::event_count<M>; ++e)
        sum += detail::Hash{}
                   .text("event")
                   .text(detail::event_names<M>[e])
                   .number(detail::event_numbers<M>[e])
                   .value();
    return sum + detail::hash_of_states<M>() + detail::hash_of_pairs<M>();
}

}  // namespace ibkr::statemachines
