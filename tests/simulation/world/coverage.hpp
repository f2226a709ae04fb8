#pragma once

#include <map>
#include <string>
#include <vector>

namespace ibkr::simulation {

/// Counts which faults met orders in which states: a fault that never met a state proves nothing about it.
class Coverage {
public:
    void note(const std::string& fault, const std::string& state) { ++met_[fault + " x " + state]; }
    void add(const Coverage& other) {
        for (const auto& [pair, times] : other.met_)
            met_[pair] += times;
    }
    /// What a full run has to reach and this one did not.
    [[nodiscard]] std::vector<std::string> missing() const;
    [[nodiscard]] const std::map<std::string, std::size_t>& met() const { return met_; }

private:
    std::map<std::string, std::size_t> met_;
};

}  // namespace ibkr::simulation
