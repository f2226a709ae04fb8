#pragma once

#include <algorithm>
#include <set>
#include <string>

#include "events/event.hpp"
#include "events/log/record.hpp"

namespace ibkr::engine {

/// What an event names: the workflow it is of, those its body ties to that, and what was asked for in the
/// decision that it is the first event of, calls that were refused included. Only members that hold such ids
/// and keys count, so that a word of another member is not taken for an id.
struct Mentions {
    std::set<events::WorkflowId> workflows;
    std::set<std::string> keys;  ///< idempotency keys

    [[nodiscard]] bool any_of(const std::set<events::WorkflowId>& wanted) const {
        return std::ranges::any_of(workflows, [&](const auto& id) { return wanted.contains(id); });
    }
    [[nodiscard]] bool any_key_of(const std::set<std::string>& wanted) const {
        return std::ranges::any_of(keys, [&](const auto& key) { return wanted.contains(key); });
    }
};

[[nodiscard]] Mentions mentions_of(const events::Event& event);

/// What a review is about: workflows that belong together, and the keys that their orders have bound.
struct Subject {
    std::set<events::WorkflowId> workflows;
    std::set<std::string> keys;
    std::set<events::AccountHash> accounts;  ///< in which `keys` are bound

    /// Learns the key of an order of `workflows`.
    void learn(const events::Event& event);
    /// Whether the event names one of the workflows, or was refused because a key of theirs is bound: such a
    /// call names no workflow, for it asked for another order.
    [[nodiscard]] bool concerns(const events::Event& event) const;
    /// Cheap, so that a walk looks closer only at what can concern it.
    [[nodiscard]] bool may_concern(const events::Record& record) const;
};

/// Whether a record's bytes hold one of these as a whole JSON text: cheap, so that a walk looks closer only
/// at what can mention them.
[[nodiscard]] bool may_mention(const events::Record& record, const std::set<events::WorkflowId>& workflows);
[[nodiscard]] bool may_mention(const events::Record& record, const std::set<std::string>& keys);

}  // namespace ibkr::engine
