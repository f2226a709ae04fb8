#include "tests/simulation/by_hand.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "events/catalogue.hpp"
#include "events/event_codec.hpp"

namespace ibkr::simulation {

using namespace ibkr::events;

bool found(const World& world, const std::string& invariant) {
    return std::ranges::any_of(world.violations.found(),
                               [&](const Violation& one) { return one.invariant == invariant; });
}

bool found_only(const World& world, const std::string& invariant) {
    for (const Violation& one : world.violations.found())
        UNSCOPED_INFO(one.invariant << ": " << one.what);
    return found(world, invariant) &&
           std::ranges::all_of(world.violations.found(),
                               [&](const Violation& one) { return one.invariant == invariant; });
}

void append_by_hand(Scene& scene, const WorkflowId& workflow, Body body) {
    Disk& disk = scene.world.disk;
    Event event;
    const auto cursor = disk.read(SequenceId(1));
    for (Record record; (*cursor)->next(record).value();)
        if (auto read = decode_record(record); read->workflow_id == workflow) event = std::move(*read);
    event.sequence_id = disk.head().sequence.next();
    event.event_id = EventId(scene.world.runtime().new_id());
    ++event.workflow_position;
    event.decided_from.reset();
    event.body = std::move(body);
    const PendingRecord record{descriptor(event.body).number, encode_event(event).value()};
    REQUIRE(disk.append({&record, 1}, event.sequence_id));
    scene.pass_ms(1);
}

PaperOrderLifecycleChanged went_to(const std::string& state, const std::string& evidence) {
    PaperOrderLifecycleChanged changed;
    changed.broker_status = state;
    changed.evidence = evidence;
    changed.state = state;
    return changed;
}

void change_models(Scene& scene, const std::string& sql) {
    REQUIRE(scene.world.store().database().exec(sql));
    REQUIRE(scene.world.store().database().changes() > 0);
}

}  // namespace ibkr::simulation
