#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "events/event.hpp"
#include "events/records.hpp"
#include "events/result.hpp"
#include "statemachines/commands.hpp"

namespace ibkr::statemachines {

/// Bumped whenever a decider may answer the same input differently; the golden-decision test forces it.
inline constexpr std::uint32_t decider_version = 1;

/// An event as a decider makes it: everything but the envelope the writer adds (ids, sequence, actor,
/// hashes). `state` claims in the body are left empty: the engine folds the draft and sets the claim from the
/// table.
struct EventDraft {
    events::Body body;
    events::WorkflowId workflow_id;
    events::AccountHash account;
    events::Decision decision = events::Decision::allow;
    events::ResultStatus result_status = events::ResultStatus::completed;
    std::string error_code;

    friend bool operator==(const EventDraft&, const EventDraft&) = default;
};

/// A broker write to make once the events are durable. Values only; the effect shell maps the account hash
/// back.
struct BrokerWrite {
    events::Operation operation = events::Operation::submit;
    events::WorkflowId order_id;
    std::string intent_id;
    events::AccountHash account;
    events::Environment environment = events::Environment::paper;
    events::ClientOrderId client_order_id;
    events::BrokerOrderId broker_order_id;
    events::OrderTerms terms;      ///< of a submit
    events::OrderChanges changes;  ///< of a modify
    events::Timestamp send_by;

    friend bool operator==(const BrokerWrite&, const BrokerWrite&) = default;
};

/// decide(state, command, facts) -> events, effects | refusal. Pure. A refusal has events too (it is
/// recorded); `subject` names the workflow the answer is about, empty when refused before one existed.
/// `stored_answer`: the key was bound with an outcome before; nothing is sent, the answer is the stored one.
struct Decided {
    std::vector<EventDraft> events;
    std::vector<BrokerWrite> effects;
    std::optional<events::Error> refusal;
    events::WorkflowId subject;
    std::optional<events::IdempotencyRecord> stored_answer;
};

}  // namespace ibkr::statemachines
