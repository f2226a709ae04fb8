#pragma once

#include <string>
#include <vector>

namespace ibkr::simulation {

/// A claim that did not hold.
struct Violation {
    std::string invariant;  ///< "I1", "O3", ...
    std::string what;
};

/// The claims that did not hold, in the order in which that was seen.
class Violations {
public:
    void add(std::string invariant, std::string what) {
        found_.push_back({std::move(invariant), std::move(what)});
    }
    void require(bool holds, const char* invariant, const std::string& what) {
        if (!holds) add(invariant, what);
    }
    [[nodiscard]] bool none() const { return found_.empty(); }
    [[nodiscard]] const std::vector<Violation>& found() const { return found_; }

private:
    std::vector<Violation> found_;
};

}  // namespace ibkr::simulation
