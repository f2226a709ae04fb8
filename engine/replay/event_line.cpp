#include "engine/replay/event_line.hpp"

#include <type_traits>

#include "engine/replay/words.hpp"
#include "events/catalogue.hpp"

namespace ibkr::engine {

EventLine line_of(const events::Event& event) {
    EventLine line;
    line.sequence_id = event.sequence_id;
    line.timestamp = event.timestamp;
    line.event_id = event.event_id;
    line.event_type = events::descriptor(event.body).name;
    line.workflow_id = event.workflow_id;
    line.user_id = event.actor.user_id;
    line.tool_name = event.actor.tool_name;
    line.decision = events::name_of(event.decision);
    line.error_code = event.error_code;
    line.words = words_of(event);
    return line;
}

std::uint64_t events_lost(const events::LogReader& log) {
    std::uint64_t lost = 0;
    for (const events::AttestedGap& gap : log.gaps())
        lost += gap.to.value() - gap.from.value() + 1;
    return lost;
}

bool names(const events::Record& record, std::string_view id) {
    return record.bytes.find("\"" + std::string(id) + "\"") != std::string::npos;
}

bool is_from_broker(const events::Event& event) {
    return std::visit(
        [](const auto& body) {
            using Body = std::decay_t<decltype(body)>;
            if constexpr (std::is_base_of_v<events::OrderOutcome, Body>)
                return body.outcome != events::Outcome::unknown &&
                       (body.learned_from == "broker_answer" || body.learned_from == "book_read" ||
                        body.learned_from == "found_at_broker");
            else if constexpr (std::is_same_v<Body, events::PaperOrderLifecycleChanged>)
                return body.evidence == "broker_record";
            else
                return std::is_same_v<Body, events::OrderExecutionRecorded> ||
                       std::is_same_v<Body, events::PositionRecorded> ||
                       std::is_same_v<Body, events::BackendSessionChecked>;
        },
        event.body);
}

}  // namespace ibkr::engine
