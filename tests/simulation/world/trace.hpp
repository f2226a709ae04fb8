#pragma once

#include <string>
#include <vector>

#include "tests/simulation/world/random.hpp"

namespace ibkr::simulation {

/// What happened in a run, line by line, as a rolling hash: two runs of one seed have the same.
class Trace {
public:
    void add(const std::string& line) {
        hash_ = hash_of("\n", hash_of(line, hash_));
        lines_.push_back(line);
    }
    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
    std::uint64_t hash_ = hash_of("");
    std::vector<std::string> lines_;
};

}  // namespace ibkr::simulation
