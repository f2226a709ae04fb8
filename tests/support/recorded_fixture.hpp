#pragma once

#include <sstream>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/replay/fixture.hpp"
#include "engine/replay/record/fixture_log.hpp"
#include "engine/replay/record/record_fixture.hpp"
#include "events/event_codec.hpp"
#include "tests/support/engine_rig.hpp"

namespace ibkr::testing {

/// A fixture of this workflow that can be recorded.
inline engine::RecordedFixture recorded(const EngineRig& rig, const events::WorkflowId& workflow) {
    auto fixture = engine::record_fixture(rig.log, workflow, {});
    INFO((fixture ? std::string() : fixture.error().message));
    REQUIRE(fixture);
    return std::move(*fixture);
}

/// Its events, verified under the published key.
inline std::vector<events::Event> events_of(const engine::RecordedFixture& fixture) {
    std::vector<events::Event> all;
    std::istringstream stream(fixture.events_jsonl);
    const events::Secret secret{std::string(engine::fixture_secret)};
    auto reader = events::ExportReader::open(stream, events::ring_from_secret(secret));
    REQUIRE(reader);
    events::Record record;
    for (;;) {
        const auto read = (*reader)->next(record);
        REQUIRE(read);
        if (!*read) return all;
        all.push_back(*events::decode_record(record));
    }
}

}  // namespace ibkr::testing
