#pragma once

#include <algorithm>

#include <catch2/catch.hpp>

#include "events/catalogue.hpp"
#include "events/event_codec.hpp"
#include "tests/support/engine_rig.hpp"

namespace ibkr::testing {

/// Appends the `log_resumed` record of `engine resume` to the rig's log: behind `body.to`, chained to the
/// head.
inline void append_resumption(EngineRig& rig, events::LogResumed body) {
    const events::Head head = rig.log.head();
    body.from = head.sequence;
    body.to = std::max(head.sequence, body.to);
    body.last_mac = events::hex(head.mac);
    body.actor = "operator";
    events::Event event;
    event.sequence_id = body.to.next();
    event.event_id = events::EventId("resumed");
    event.timestamp = rig.clock.now();
    event.actor.user_id = "engine";
    event.body = std::move(body);
    const auto bytes = events::encode_event(event);
    REQUIRE(bytes);
    REQUIRE(rig.log.append_resumed({events::descriptor(event.body).number, *bytes}, event.sequence_id));
}

}  // namespace ibkr::testing
