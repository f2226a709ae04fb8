#include "engine/replay/record/carried_state.hpp"

#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "events/event_cursor.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {
namespace {

using events::Event;
using events::failure;
using events::Result;
using events::SequenceId;
using statemachines::WorkflowKind;

/// Account and contract.
using Holding = std::pair<std::string, std::string>;

/// What decides whether an order is carried, and what is carried with it.
struct Order {
    bool open = true;
    bool wanted = false;  ///< goes on in the window, or is named there
    Holding holding;
    std::optional<events::Timestamp> last_fill;  ///< not yet in the recorded position
    std::set<std::string> related;               ///< its approvals and previews
};

class Walk {
public:
    explicit Walk(const IncidentScope& scope) : scope_(scope) {}

    void take(const Event& event) {
        switch (statemachines::workflow_kind(event.body)) {
            case WorkflowKind::order:
                take_order(event);
                break;
            case WorkflowKind::approval:
                take_approval(event);
                break;
            case WorkflowKind::preview:
                if (is_wanted(event.workflow_id)) state_.workflows.insert(event.workflow_id.text());
                break;
            default:
                if (const auto* recorded = std::get_if<events::PositionRecorded>(&event.body))
                    take_position(event, recorded->position);
        }
    }
    [[nodiscard]] bool is_full() const { return orders_.size() > carried_orders_max; }

    [[nodiscard]] CarriedState result() && {
        for (const auto& [id, order] : orders_) {
            state_.workflows.insert(id);
            if (order.wanted) state_.workflows.insert(order.related.begin(), order.related.end());
        }
        for (const auto& [holding, sequence] : bases_)
            state_.positions.insert(sequence);
        return std::move(state_);
    }

private:
    [[nodiscard]] bool is_mentioned(const std::string& text) const { return scope_.mentioned.contains(text); }
    [[nodiscard]] bool is_wanted(const events::WorkflowId& id) const {
        return scope_.touched.contains(id.text()) || is_mentioned(id.text());
    }

    void take_order(const Event& event) {
        Order& order = orders_[event.workflow_id.text()];
        order.wanted = order.wanted || is_wanted(event.workflow_id);
        std::visit([&](const auto& body) { learn(order, event, body); }, event.body);
        order.open = statemachines::order_is_open(events::claimed_state(event.body));
        if (!is_needed(order)) orders_.erase(event.workflow_id.text());
    }

    template <class Body>
    void learn(Order& order, const Event& event, const Body& body) {
        const auto relate = [&](const events::WorkflowId& id) {
            if (!id.empty()) order.related.insert(id.text());
        };
        if constexpr (requires { body.terms.contract; } && requires { body.order_hash; })
            order.holding = {event.account_id_hash.text(), body.terms.contract.contract_id.text()};
        if constexpr (requires { body.approval_id; }) relate(body.approval_id);
        if constexpr (requires { body.preview_id; }) relate(body.preview_id);
        if constexpr (requires { body.idempotency_key; })
            order.wanted = order.wanted || is_mentioned(body.idempotency_key.text());
        if constexpr (requires { body.client_order_id; })
            order.wanted = order.wanted || is_mentioned(body.client_order_id.text());
        if constexpr (requires { body.broker_order_id; })
            order.wanted = order.wanted || is_mentioned(body.broker_order_id.text());
        if constexpr (requires { body.execution; }) {
            order.last_fill = body.execution.executed_at;
            order.holding = {event.account_id_hash.text(), body.execution.contract_id.text()};
        }
    }

    void take_approval(const Event& event) {
        const bool is_of_wanted = std::visit(
            [&](const auto& body) {
                if constexpr (requires { body.preview_id; }) return is_wanted(body.preview_id);
                return false;
            },
            event.body);
        if (!is_of_wanted && !is_wanted(event.workflow_id)) return;
        state_.workflows.insert(event.workflow_id.text());
        std::visit(
            [&](const auto& body) {
                if constexpr (requires { body.preview_id; }) state_.workflows.insert(body.preview_id.text());
            },
            event.body);
    }

    /// A newer base covers the fills before it.
    void take_position(const Event& event, const events::PositionFact& position) {
        const Holding holding{event.account_id_hash.text(), position.contract_id.text()};
        bases_[holding] = event.sequence_id;
        for (auto& [id, order] : orders_)
            if (order.holding == holding && order.last_fill && *order.last_fill < position.as_of)
                order.last_fill.reset();
        std::erase_if(orders_, [](const auto& entry) { return !is_needed(entry.second); });
    }

    static bool is_needed(const Order& order) { return order.open || order.wanted || order.last_fill; }

    const IncidentScope& scope_;
    std::map<std::string, Order> orders_;
    std::map<Holding, SequenceId> bases_;
    CarriedState state_;
};

}  // namespace

Result<CarriedState> carried_state(const events::LogReader& log, const IncidentScope& scope) {
    auto history = events::EventCursor::read(log, SequenceId(1));
    if (!history) return failure(history.error());
    Walk walk(scope);
    Event event;
    for (;;) {
        auto more = history->next(event);
        if (!more) return failure(more.error());
        if (!*more || event.sequence_id >= scope.first) return std::move(walk).result();
        if (!scope.accounts.contains(event.account_id_hash)) continue;
        walk.take(event);
        if (walk.is_full())
            return failure(events::ErrorCode::input_invalid_time_range,
                           "too many orders were open at one time to be recorded",
                           "Replay the export itself with --file instead of a fixture.");
    }
}

}  // namespace ibkr::engine
