#include "engine/gateway/workflow_call.hpp"

#include "engine/gateway/read_call.hpp"
#include "events/redaction/redaction.hpp"
#include "projections/queries.hpp"
#include "statemachines/command_codec.hpp"

namespace ibkr::engine {

using events::ErrorCode;
using events::failure;
using events::Result;
using statemachines::Command;

namespace {

/// A cancel or modify that the broker did not accept is an error unless the order had ended first (gateway
/// contract section 6), also when its stored answer is given again. A refused submit is an order that ended:
/// its lifecycle says so.
std::optional<CallError> write_not_accepted(const Command& command, const Executed& executed) {
    const bool changes_an_order = std::holds_alternative<statemachines::CancelOrder>(command) ||
                                  std::holds_alternative<statemachines::ModifyOrder>(command);
    const auto outcome = executed.stored_answer ? executed.stored_answer->outcome : executed.outcome;
    const bool accepted = outcome != events::Outcome::refused && outcome != events::Outcome::not_sent;
    if (!changes_an_order || accepted || executed.order_ended) return std::nullopt;
    const std::string_view what =
        outcome == events::Outcome::refused ? "the broker did not accept it" : "it was not sent";
    return CallError{
        events::Error{ErrorCode::broker_response_invalid,
                      std::string(what) + "; the order stays as it was",
                      false,
                      "Look at the order with 'ibkr-agent orders status', then ask again with a new "
                      "idempotency key if it is still wanted.",
                      {}},
        executed.audit_event_id};
}

/// Whether the log may take this while the disk is nearly full.
bool is_new_work(const Command& command) {
    using namespace statemachines;
    return std::holds_alternative<PreviewOrder>(command) || std::holds_alternative<CreateApproval>(command) ||
           std::holds_alternative<GrantApproval>(command) || std::holds_alternative<SubmitOrder>(command) ||
           std::holds_alternative<ModifyOrder>(command);
}

/// Whether the command's key is bound: it is answered from what is stored, before every other gate (design
/// 5.7).
bool is_bound(Runtime& runtime, const Command& command) {
    return std::visit(
        [&]<class C>(const C& asked) {
            if constexpr (requires {
                              asked.idempotency_key;
                              asked.account;
                          }) {
                const auto bound = runtime.read([&](const projections::Queries& models) {
                    return models.idempotency(events::Environment::paper, asked.account,
                                              asked.idempotency_key);
                });
                return bound && bound->has_value();
            }
            return false;
        },
        command);
}

/// Whether the command would end in a broker write.
bool is_broker_write(const Command& command) {
    using namespace statemachines;
    return std::holds_alternative<SubmitOrder>(command) || std::holds_alternative<CancelOrder>(command) ||
           std::holds_alternative<ModifyOrder>(command);
}

}  // namespace

Result<void> recordable(Runtime& runtime, std::initializer_list<std::string_view> ids) {
    const events::Redactor redactor(runtime.accounts().raw_ids());
    for (const std::string_view id : ids)
        if (redactor.touches(id))
            return failure(ErrorCode::order_validation_failed,
                           "a key or an id holds an account id or looks like a secret",
                           "Choose another key; give ids as this gateway showed them.");
    return {};
}

CallResult run_workflow(Runtime& runtime, const CallContext& context, std::string_view scope,
                        const Command& command, const std::function<Result<Gathered>()>& gather,
                        const Render& render) {
    const std::string arguments = statemachines::command_json(command).text;
    if (auto denied = missing_scope(runtime, context, scope, arguments)) return tl::unexpected(*denied);
    if (runtime.held() || (is_new_work(command) && !is_bound(runtime, command)))
        if (auto admitted = runtime.admit_new_work(); !admitted)
            return tl::unexpected(CallError{admitted.error(), {}});
    if (runtime.paused() && is_broker_write(command) && !is_bound(runtime, command))
        return tl::unexpected(fail_call(
            runtime, context,
            failure(ErrorCode::engine_paused, "the engine is paused: nothing is sent to the broker").value(),
            arguments));
    if (auto fired = runtime.fire_due_timers(); !fired)
        return tl::unexpected(fail_call(runtime, context, fired.error(), arguments));
    auto gathered = gather();
    if (!gathered) return tl::unexpected(fail_call(runtime, context, gathered.error(), arguments));
    auto executed = runtime.execute(context, command, gathered->facts, render, gathered->position_read);
    if (!executed) return tl::unexpected(CallError{executed.error(), {}});
    if (executed->refusal) return tl::unexpected(CallError{*executed->refusal, executed->audit_event_id});
    if (auto refused = write_not_accepted(command, *executed)) return tl::unexpected(std::move(*refused));
    Reply reply{std::move(executed->payload), executed->audit_event_id, executed->unknown_outcome, {}};
    if (reply.audit_event_id.empty()) reply.unrecorded_reason = runtime.unrecorded_reason();
    return reply;
}

}  // namespace ibkr::engine
