#include "engine/replay/mentions.hpp"

#include <array>
#include <string_view>
#include <variant>

#include <nlohmann/json.hpp>

#include "engine/replay/event_line.hpp"
#include "events/json/canonical_json.hpp"

namespace ibkr::engine {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 4> workflow_members{"approval_id", "order_id", "preview_id",
                                                           "workflow_id"};

void add_workflow(const events::WorkflowId& id, Mentions& found) {
    if (!id.empty()) found.workflows.insert(id);
}

/// A command as it is recorded, whichever version of the deciders it was for, and the arguments of a call
/// that no machine saw.
void add_asked(const Json& asked, Mentions& found) {
    for (const std::string_view name : workflow_members) {
        const auto member = asked.find(name);
        events::WorkflowId id;
        if (member != asked.end() && member->is_string() &&
            events::from_text(member->get_ref<const std::string&>(), id))
            add_workflow(id, found);
    }
    const auto key = asked.find("idempotency_key");
    if (key != asked.end() && key->is_string()) found.keys.insert(key->get<std::string>());
    const auto arguments = asked.find("arguments");
    if (arguments != asked.end() && arguments->is_object()) add_asked(*arguments, found);
}

}  // namespace

Mentions mentions_of(const events::Event& event) {
    Mentions found;
    add_workflow(event.workflow_id, found);
    // Of a decision about a workflow, that workflow; else the request.
    if (event.correlation_id != event.actor.request_id)
        add_workflow(events::WorkflowId(event.correlation_id), found);
    std::visit(
        [&](const auto& body) {
            if constexpr (requires { body.preview_id; }) add_workflow(body.preview_id, found);
            if constexpr (requires { body.approval_id; }) add_workflow(body.approval_id, found);
            if constexpr (requires { body.order_id; }) add_workflow(body.order_id, found);
            if constexpr (requires { body.idempotency_key; }) found.keys.insert(body.idempotency_key.text());
        },
        event.body);
    if (event.decided_from)
        if (const auto asked =
                events::parse_json(event.decided_from->command.text, events::JsonLimits::own()))
            add_asked(*asked, found);
    found.keys.erase("");
    return found;
}

void Subject::learn(const events::Event& event) {
    if (!workflows.contains(event.workflow_id)) return;
    std::visit(
        [&](const auto& body) {
            if constexpr (requires { body.idempotency_key; }) {
                if (body.idempotency_key.empty()) return;
                keys.insert(body.idempotency_key.text());
                accounts.insert(event.account_id_hash);
            }
        },
        event.body);
}

bool Subject::concerns(const events::Event& event) const {
    const Mentions mentions = mentions_of(event);
    if (mentions.any_of(workflows)) return true;
    return event.error_code == events::to_string(events::ErrorCode::paper_idempotency_conflict) &&
           accounts.contains(event.account_id_hash) && mentions.any_key_of(keys);
}

bool Subject::may_concern(const events::Record& record) const {
    return may_mention(record, workflows) || may_mention(record, keys);
}

bool may_mention(const events::Record& record, const std::set<events::WorkflowId>& workflows) {
    return std::ranges::any_of(workflows, [&](const auto& id) { return names(record, id.text()); });
}

bool may_mention(const events::Record& record, const std::set<std::string>& keys) {
    return std::ranges::any_of(keys, [&](const auto& key) { return names(record, key); });
}

}  // namespace ibkr::engine
