#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ibkr::simulation {

/// States that a fault never meets an order in, or by a chance too small to be demanded of a run.
struct NeverMet {
    std::vector<std::string_view> states;
    std::string_view why;
    bool but_by_chance = false;
};
/// One kind of fault and every state of an order.
struct FaultRow {
    std::string_view fault;
    std::vector<std::string_view> meets;
    std::vector<NeverMet> never;
};
/// What a full run has to reach, and why it reaches no more.
[[nodiscard]] const std::vector<FaultRow>& fault_table();
[[nodiscard]] const std::vector<std::string_view>& order_states();

/// Counts which faults met orders in which states: a fault that never met a state proves nothing about it.
class Coverage {
public:
    void note(std::string_view fault, std::string_view state) { ++met_[pair_of(fault, state)]; }
    void add(const Coverage& other) {
        for (const auto& [pair, times] : other.met_)
            met_[pair] += times;
    }
    [[nodiscard]] bool has(std::string_view fault, std::string_view state) const {
        return met_.contains(pair_of(fault, state));
    }
    /// Pairs of the table that were not met.
    [[nodiscard]] std::vector<std::string> missing() const;
    /// Pairs that were met although the table says that they cannot: its reason is wrong.
    [[nodiscard]] std::vector<std::string> unexpected() const;

private:
    static std::string pair_of(std::string_view fault, std::string_view state) {
        return std::string(fault) + " x " + std::string(state);
    }
    std::map<std::string, std::size_t> met_;
};

}  // namespace ibkr::simulation
