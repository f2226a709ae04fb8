#include "engine/answers.hpp"

#include <algorithm>
#include <type_traits>

#include "engine/engine_user.hpp"
#include "engine/gateway/gather.hpp"
#include "engine/gateway/read_call.hpp"
#include "engine/payloads/workflow_payloads.hpp"
#include "engine/runtime.hpp"
#include "events/catalogue.hpp"
#include "events/event_codec.hpp"
#include "projections/store.hpp"
#include "statemachines/command_codec.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::Event;
using events::failure;
using events::Result;
using events::SequenceId;
using statemachines::WorkflowKind;

template <class Body, class... Kinds>
constexpr bool is_one_of = (std::is_same_v<Body, Kinds> || ...);

template <class Body>
bool is_of(const projections::AuditEntry& entry) {
    return entry.event_type == events::descriptor(events::Body(Body{})).name;
}

/// Binds an idempotency key, which answers from then on.
bool is_intent(const projections::AuditEntry& entry) {
    return is_of<events::OrderSubmitIntended>(entry) || is_of<events::OrderCancelIntended>(entry) ||
           is_of<events::OrderModifyIntended>(entry);
}

tl::unexpected<events::Error> not_answerable(std::string why) {
    return failure(ErrorCode::engine_protocol_mismatch, std::move(why),
                   "Make the call again under a new command id, once you have looked at what it was about.");
}

Result<Event> event_at(Runtime& runtime, SequenceId at) {
    auto cursor = runtime.log().read(at);
    if (!cursor) return failure(cursor.error());
    events::Record record;
    auto found = (*cursor)->next(record);
    if (!found) return failure(found.error());
    if (*found && record.sequence == at) return events::decode_record(record);
    if (runtime.held()) return failure(runtime.held()->error());
    return failure(
        ErrorCode::audit_chain_invalid,
        "the read models know event " + std::to_string(at.value()) + ", which the log does not hold",
        std::string(projections::rebuild_advice));
}

// ------------------------------------------------------------------------------- what was not done

struct RecordedWords {
    std::string message;
    std::vector<events::Reason> reasons;
};

/// Of a call that was not done; nullopt for every other event.
std::optional<RecordedWords> words_of(const events::Body& body) {
    return std::visit(
        []<class B>(const B& said) -> std::optional<RecordedWords> {
            if constexpr (is_one_of<B, events::ToolRefused, events::ToolFailed, events::OrderPreviewRefused>)
                return RecordedWords{said.message, said.reasons};
            else if constexpr (std::is_same_v<B, events::ToolDeniedScope>)
                return RecordedWords{said.required_scope.empty()
                                         ? "this call was denied"
                                         : missing_scope_error(said.required_scope).message,
                                     {}};
            else
                return std::nullopt;
        },
        body);
}

Result<CallError> recorded_error(const Event& event, RecordedWords words) {
    const auto code = events::error_code_from_string(event.error_code);
    if (!code)
        return failure(ErrorCode::log_version_unsupported,
                       "event " + std::to_string(event.sequence_id.value()) +
                           " has an error code that this version does not know");
    events::Error error = failure(*code, std::move(words.message)).value();
    error.reasons = std::move(words.reasons);
    return CallError{std::move(error), event.event_id};
}

// ----------------------------------------------------------------------------------- what was done

/// The workflow whose record was the answer.
struct Subject {
    WorkflowKind kind = WorkflowKind::none;  ///< none: the call is repeated
    events::WorkflowId id;
};

/// A wish that left everything as it was has no event in its workflow; the command names it.
Result<Subject> subject_of_completed(const Event& event) {
    if (!event.decided_from) return Subject{};
    const auto command =
        statemachines::parse_command(event.decided_from->command_name, event.decided_from->command);
    if (!command) return failure(command.error());
    return std::visit(
        []<class C>(const C& asked) -> Subject {
            if constexpr (is_one_of<C, statemachines::GrantApproval, statemachines::DenyApproval,
                                    statemachines::RevokeApproval>)
                return {WorkflowKind::approval, asked.approval_id};
            else if constexpr (std::is_same_v<C, statemachines::SetKillSwitch>)
                return {WorkflowKind::kill_switch, events::kill_switch_workflow};
            else
                return {};
        },
        *command);
}

Result<Subject> subject_of(const Event& event) {
    return std::visit(
        [&]<class B>(const B&) -> Result<Subject> {
            if constexpr (std::is_same_v<B, events::ToolCompleted>)
                return subject_of_completed(event);
            else if constexpr (is_one_of<B, events::OrderPreviewCreated, events::PaperApprovalRecorded,
                                         events::LiveApprovalRecorded, events::ApprovalGranted,
                                         events::ApprovalDenied, events::ApprovalRevoked,
                                         events::KillSwitchOpened, events::KillSwitchClosed>)
                return Subject{statemachines::workflow_kind(event.body), event.workflow_id};
            else if constexpr (is_one_of<B, events::BackendSessionChecked, events::BackendSessionChanged>)
                return Subject{};
            else
                return not_answerable("this version cannot answer a command again that ended with event " +
                                      std::to_string(event.sequence_id.value()));
        },
        event.body);
}

/// `record`, which is at its beginning, after the workflow's events up to `up_to`.
template <class Record>
Result<Record> record_at(Runtime& runtime, const events::WorkflowId& workflow, SequenceId up_to,
                         Record record) {
    for (SequenceId from(1);;) {
        const auto sequences = runtime.read([&](const projections::Queries& models) {
            return models.sequences_of_workflow(workflow, from, up_to);
        });
        if (!sequences) return failure(sequences.error());
        for (const SequenceId sequence : *sequences) {
            const auto event = event_at(runtime, sequence);
            if (!event) return failure(event.error());
            if (event->workflow_position <= record.position)
                return failure(ErrorCode::audit_chain_invalid, "event " + std::to_string(sequence.value()) +
                                                                   " is out of turn in its workflow");
            // The events of an attested loss are passed over, as the read models do.
            record.position = event->workflow_position - 1;
            statemachines::evolve(record, *event);
        }
        if (sequences->size() < projections::rows_max) return record;
        from = sequences->back().next();
    }
}

Result<std::string> payload_of(Runtime& runtime, const Subject& subject, const Event& event) {
    const AccountDirectory& accounts = runtime.accounts();
    const auto at_event = [&](auto record) {
        return record_at(runtime, subject.id, event.sequence_id, std::move(record));
    };
    switch (subject.kind) {
        case WorkflowKind::preview:
            return at_event(events::PreviewRecord{}).map([&](const events::PreviewRecord& record) {
                return preview_payload(record, accounts, event.event_id);
            });
        case WorkflowKind::approval:
            return at_event(events::ApprovalRecord{}).map([&](const events::ApprovalRecord& record) {
                return approval_payload(record, accounts);
            });
        case WorkflowKind::kill_switch:
            return at_event(statemachines::initial_kill_switch())
                .map([&](const events::GatewayRecord& record) {
                    return kill_switch_payload(record, event.event_id);
                });
        case WorkflowKind::none:
        case WorkflowKind::order:
        case WorkflowKind::broker_session:
            break;
    }
    return not_answerable("this version has no payload for that kind of workflow");
}

std::optional<CallResult> to_be_made() {
    return std::nullopt;
}

}  // namespace

Result<std::optional<CallResult>> stored_answer(Runtime& runtime, std::string_view user_id,
                                                const events::CommandId& id) {
    if (!runtime.alive())
        return failure(ErrorCode::audit_write_failed,
                       "an earlier append or commit of this process failed; what it wrote is known after a "
                       "restart");
    const auto entries =
        runtime.read([&](const projections::Queries& models) { return models.events_of_command(id); });
    if (!entries) return failure(entries.error());
    if (entries->empty()) return to_be_made();
    if (entries->front().user_id == engine_user)
        return not_answerable("that command id is one of the engine's own");
    if (entries->front().user_id != user_id) return not_answerable("that command id is another user's");
    if (std::any_of(entries->begin(), entries->end(), is_intent)) return to_be_made();
    const auto last = event_at(runtime, entries->back().sequence);
    if (!last) return failure(last.error());
    if (auto words = words_of(last->body)) {
        auto error = recorded_error(*last, std::move(*words));
        if (!error) return failure(error.error());
        return CallResult(tl::unexpected(std::move(*error)));
    }
    const auto subject = subject_of(*last);
    if (!subject) return failure(subject.error());
    if (subject->kind == WorkflowKind::none) return to_be_made();
    runtime.learn_accounts();
    auto payload = payload_of(runtime, *subject, *last);
    if (!payload) return failure(payload.error());
    return CallResult(Reply{std::move(*payload), last->event_id, false, {}});
}

}  // namespace ibkr::engine
