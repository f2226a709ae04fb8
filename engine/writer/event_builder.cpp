#include "engine/writer/event_builder.hpp"

#include "events/crypto/sha256.hpp"
#include "statemachines/command_codec.hpp"

namespace ibkr::engine {

events::Timestamp decision_time(const statemachines::Facts& facts) {
    return std::visit([](const auto& typed) { return typed.now; }, facts);
}

void forget_position(statemachines::Facts& facts) {
    std::visit(
        [](auto& typed) {
            if constexpr (requires { typed.market; }) typed.market.position.reset();
        },
        facts);
}

void set_decision_time(statemachines::Facts& facts, events::Timestamp time) {
    std::visit([time](auto& typed) { typed.now = time; }, facts);
}

std::vector<events::Event> build_events(const statemachines::Decided& decided, const CallContext& context,
                                        const statemachines::Command& command,
                                        const statemachines::Facts& facts, events::SequenceId first_sequence,
                                        IdSource& ids) {
    const events::Timestamp time = decision_time(facts);
    const events::DecisionInput input{std::string(statemachines::command_name(command)),
                                      statemachines::decider_version, statemachines::command_json(command),
                                      statemachines::facts_json(facts)};
    const std::string input_hash = events::hex(events::sha256(input.command.text));

    std::vector<events::Event> built;
    built.reserve(decided.events.size());
    events::SequenceId sequence = first_sequence;
    for (const statemachines::EventDraft& draft : decided.events) {
        events::Event event;
        event.sequence_id = sequence;
        sequence = sequence.next();
        event.event_id = events::EventId(ids.next_uuid(time));
        event.timestamp = time;
        event.workflow_id = draft.workflow_id;
        event.command_id = context.command_id;
        event.actor = context.actor;
        event.correlation_id = decided.subject.empty() ? context.actor.request_id : decided.subject.text();
        event.account_id_hash = draft.account;
        event.decision = draft.decision;
        event.result_status = draft.result_status;
        event.error_code = draft.error_code;
        event.input_hash = input_hash;
        if (const auto* call = std::get_if<statemachines::RecordCall>(&command))
            event.output_hash = call->output_hash;
        event.body = draft.body;
        if (built.empty())
            event.decided_from = input;
        else
            event.causation_id = built.front().event_id;
        built.push_back(std::move(event));
    }
    return built;
}

}  // namespace ibkr::engine
