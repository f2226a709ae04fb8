#include "tests/simulation/world/coverage.hpp"

#include <array>
#include <string_view>

namespace ibkr::simulation {
namespace {

/// Every state that a paper order can be in; `awaiting_reply` needs a broker that asks questions.
constexpr std::array<std::string_view, 12> states{
    "submitting", "working",   "partially_filled", "modify_pending", "cancel_pending", "unknown",
    "filled",     "cancelled", "rejected",         "expired",        "not_sent",       "not_placed"};
/// What may come at any moment.
constexpr std::array<std::string_view, 6> process_faults{"crash keep",   "crash drop", "crash tear",
                                                         "crash garble", "fail_sync",  "fill_disk"};
/// What meets the one write that is under way.
constexpr std::array<std::string_view, 5> write_fault_names{"lose_request", "lose_answer", "deliver_twice",
                                                            "refuse", "hold_up"};
constexpr std::array<std::string_view, 3> writing_states{"submitting", "modify_pending", "cancel_pending"};
/// A disk that is put back finds orders at rest.
constexpr std::array<std::string_view, 4> states_rolled_back{"working", "partially_filled", "filled",
                                                             "cancelled"};

}  // namespace

std::vector<std::string> Coverage::missing() const {
    std::vector<std::string> missing;
    const auto expect = [&](std::string_view fault, std::string_view state) {
        std::string pair = std::string(fault) + " x " + std::string(state);
        if (!met_.contains(pair)) missing.push_back(std::move(pair));
    };
    for (const auto fault : process_faults)
        for (const auto state : states)
            expect(fault, state);
    for (const auto fault : write_fault_names)
        for (const auto state : writing_states)
            expect(fault, state);
    for (const auto state : states_rolled_back)
        expect("roll_back", state);
    return missing;
}

}  // namespace ibkr::simulation
