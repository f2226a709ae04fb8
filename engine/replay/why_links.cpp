#include "engine/replay/why_links.hpp"

#include <type_traits>
#include <variant>

#include "engine/replay/event_line.hpp"
#include "statemachines/command_codec.hpp"

namespace ibkr::engine {
namespace {

using events::Event;

template <class T>
bool is(const Event& event) {
    return std::holds_alternative<T>(event.body);
}

/// What moved its workflow on by somebody's decision. Reports of the broker's book are many, and rest on what
/// was sent.
bool is_turning_point(const Event& event) {
    return !is<events::OrderRiskChecked>(event) && !is<events::OrderExecutionRecorded>(event) &&
           !is<events::PaperOrderLifecycleChanged>(event);
}

struct Intent {
    std::string id;
    std::string key;
};

std::optional<Intent> intent_of(const Event& event) {
    return std::visit(
        [](const auto& body) -> std::optional<Intent> {
            if constexpr (requires { body.idempotency_key; })
                return Intent{body.intent_id, body.idempotency_key.text()};
            else
                return std::nullopt;
        },
        event.body);
}

/// Whether the answer came from a key that was bound before.
bool rests_on_key(const Event& event) {
    return is<events::ToolCompleted>(event) ||
           event.error_code == events::to_string(events::ErrorCode::paper_idempotency_conflict);
}

template <class Id>
void add(std::set<std::string>& wishes, const Id& id) {
    if (!id.empty()) wishes.insert(id.text());
}

}  // namespace

bool WhyLinks::empty() const noexcept {
    return decisions_.empty() && workflows_.empty() && intents_.empty() && keys_.empty() &&
           broker_orders_.empty() && policies_.empty();
}

void WhyLinks::want(const events::WorkflowId& workflow, std::string_view role) {
    if (!workflow.empty()) workflows_.try_emplace(workflow.text(), role);
}

void WhyLinks::follow_body(const Event& event) {
    if (const auto* checked = std::get_if<events::OrderRiskChecked>(&event.body))
        policies_.emplace("risk_policy", checked->policy_name);
    if (const auto* modify = std::get_if<events::OrderModifyIntended>(&event.body))
        want(modify->approval_id, "approval");
}

void WhyLinks::follow_input(const Event& event) {
    const auto command =
        statemachines::parse_command(event.decided_from->command_name, event.decided_from->command);
    // Of another version of the deciders: its record stands, what it rests on cannot be told.
    if (!command) return;
    std::visit(
        [&](const auto& asked) {
            using Asked = std::decay_t<decltype(asked)>;
            if constexpr (requires {
                              asked.idempotency_key;
                              asked.account;
                          } && !std::is_same_v<Asked, statemachines::RecordFoundOrder>) {
                policies_.emplace("gateway_settings", "");
                if (rests_on_key(event)) add(keys_, asked.idempotency_key);
            }
            if constexpr (std::is_same_v<Asked, statemachines::RecordOutcome>) {
                intents_.insert(asked.intent_id);
            } else if constexpr (std::is_same_v<Asked, statemachines::ReportOrder>) {
                want(asked.order_id, "order");
            } else if constexpr (std::is_same_v<Asked, statemachines::CreateApproval>) {
                policies_.emplace("gateway_settings", "");
                want(asked.preview_id, "preview");
            } else if constexpr (std::is_same_v<Asked, statemachines::PreviewOrder>) {
                policies_.emplace("gateway_settings", "");
                add(broker_orders_, asked.replaces);
            } else if constexpr (std::is_same_v<Asked, statemachines::ExpireWorkflow>) {
                want(asked.workflow_id, "due");
            } else if constexpr (std::is_same_v<Asked, statemachines::CancelOrder> ||
                                 std::is_same_v<Asked, statemachines::ModifyOrder>) {
                add(broker_orders_, asked.broker_order_id);
            } else if constexpr (requires { asked.approval_id; } &&
                                 !std::is_same_v<Asked, statemachines::RecordFoundOrder>) {
                want(asked.approval_id, "approval");
            }
        },
        *command);
}

void WhyLinks::follow(const Event& event) {
    add(decisions_, event.causation_id);
    follow_body(event);
    if (event.decided_from) follow_input(event);
}

bool WhyLinks::may_meet(const events::Record& record) const {
    const auto named = [&](const auto& wishes) {
        for (const auto& wish : wishes) {
            if constexpr (requires { wish.first; }) {
                if (names(record, wish.first)) return true;
            } else if (names(record, wish)) {
                return true;
            }
        }
        return false;
    };
    return named(decisions_) || named(workflows_) || named(intents_) || named(keys_) ||
           named(broker_orders_) || named(policies_);
}

std::optional<std::string> WhyLinks::meet_intent(const Event& event) {
    const auto intent = intent_of(event);
    if (!intent) return std::nullopt;
    const bool sent = intents_.erase(intent->id) > 0;
    if (keys_.erase(intent->key) > 0) return "key";
    return sent ? std::optional<std::string>("intent") : std::nullopt;
}

std::optional<std::string> WhyLinks::meet_broker_order(const Event& event) {
    const bool met = std::visit(
        [&](const auto& body) {
            if constexpr (std::is_base_of_v<events::OrderOutcome, std::decay_t<decltype(body)>>)
                return broker_orders_.erase(body.broker_order_id.text()) > 0;
            else
                return false;
        },
        event.body);
    return met ? std::optional<std::string>("order") : std::nullopt;
}

std::optional<std::string> WhyLinks::meet(const Event& event) {
    std::optional<std::string> role;
    const auto in_role = [&](const std::optional<std::string>& found) {
        if (!role && found) role = found;
    };
    if (const auto* policy = std::get_if<events::PolicyLoaded>(&event.body))
        if (policies_.erase({policy->kind, policy->name}) + policies_.erase({policy->kind, ""}) > 0)
            in_role("policy");
    in_role(meet_intent(event));
    in_role(meet_broker_order(event));
    const auto workflow = workflows_.find(event.workflow_id.text());
    if (workflow != workflows_.end() && is_turning_point(event)) {
        in_role(workflow->second);
        workflows_.erase(workflow);
    }
    if (is<events::OrderRiskChecked>(event) && decisions_.contains(event.causation_id.text()))
        in_role("risk check");
    if (decisions_.erase(event.event_id.text()) > 0) in_role("decision");
    return role;
}

}  // namespace ibkr::engine
