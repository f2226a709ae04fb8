#include <algorithm>
#include <set>

#include "engine/replay/record/record_fixture.hpp"
#include "tests/simulation/world/invariants.hpp"
#include "tests/simulation/world/table_contents.hpp"

// What holds between the log and what is folded from it.

namespace ibkr::simulation {

using namespace ibkr::events;

void Invariants::check_folds() {
    // Without a new record and a start nothing was folded.
    if (world_.disk.head() == compared_at_) return;
    world_.replay_new();
    compare_tables(world_.replay());
    compared_at_ = world_.disk.head();
}

void Invariants::check_rebuild() {
    auto whole = engine::Replay::start();
    auto cursor = world_.disk.read(SequenceId(1));
    if (!whole || !cursor)
        return world_.violations.add("R1", "the log cannot be replayed from its beginning");
    const auto report = whole->run(**cursor, {});
    if (!report) return world_.violations.add("R1", report.error().message);
    world_.violations.require(report->difference_count == 0, "R1", "a decision comes out otherwise");
    compare_tables(*whole);
}

void Invariants::compare_tables(const engine::Replay& folded) {
    static const std::set<std::string> of_workflows{"previews", "approvals", "orders", "gateway"};
    const auto live = table_contents(world_.store().database());
    const auto again = table_contents(folded.state().database());
    if (!live || !again) return world_.violations.add("R2", "a read model cannot be read");
    const std::string differs = first_difference(*live, *again);
    world_.violations.require(differs.empty(), of_workflows.contains(differs) ? "R1" : "R2",
                              "the table " + differs + " is not the fold of the log");
}

void Invariants::check_recorded() {
    // Two of the orders, others with each history: a recording redacts and replays all that it rests on.
    const auto& orders = world_.observer.orders();
    for (std::size_t nth = 0; nth < std::min<std::size_t>(2, orders.size()); ++nth) {
        const auto chosen = (world_.disk.head().sequence.value() + nth * orders.size() / 2) % orders.size();
        const WorkflowId& id = std::next(orders.begin(), static_cast<std::ptrdiff_t>(chosen))->first;
        const auto fixture = engine::record_fixture(world_.disk, id, {});
        world_.violations.require(
            fixture.has_value(), "R5",
            "no fixture of order " + id.text() + ": " + (fixture ? "" : fixture.error().message));
    }
}

}  // namespace ibkr::simulation
