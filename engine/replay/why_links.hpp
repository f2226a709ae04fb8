#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "events/event.hpp"
#include "events/log/record.hpp"

namespace ibkr::engine {

/// The earlier events that the events seen so far rest on. Each wish is met by the newest event that fits it,
/// when the log is walked backwards; the events met bring new wishes. Bounded by the events met: each brings
/// a few.
class WhyLinks {
public:
    /// Takes over what `event` rests on.
    void follow(const events::Event& event);

    [[nodiscard]] bool empty() const noexcept;
    /// Whether a record may hold something that is wished for; cheap, before it is decoded.
    [[nodiscard]] bool may_meet(const events::Record& record) const;
    /// Strikes the wishes that this event meets. The role in which it does, or nothing.
    [[nodiscard]] std::optional<std::string> meet(const events::Event& event);

private:
    void want(const events::WorkflowId& workflow, std::string_view role);
    void follow_input(const events::Event& event);
    void follow_body(const events::Event& event);
    [[nodiscard]] std::optional<std::string> meet_intent(const events::Event& event);
    [[nodiscard]] std::optional<std::string> meet_broker_order(const events::Event& event);

    std::set<std::string> decisions_;                         ///< ids of the first events of decisions
    std::map<std::string, std::string> workflows_;            ///< id to the role of its newest turning point
    std::set<std::string> intents_;                           ///< intent ids
    std::set<std::string> keys_;                              ///< idempotency keys
    std::set<std::string> broker_orders_;                     ///< broker order ids
    std::set<std::pair<std::string, std::string>> policies_;  ///< kind and name; an empty name: of any
};

}  // namespace ibkr::engine
