#include "engine/runtime.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/effects/broker_writes.hpp"
#include "engine/engine_user.hpp"
#include "engine/fold/catch_up.hpp"
#include "engine/lost_orders.hpp"
#include "engine/writer/command_queue.hpp"
#include "projections/store.hpp"
#include "statemachines/command_codec.hpp"

namespace ibkr::engine {

using events::ErrorCode;
using events::failure;
using events::Result;
using statemachines::ActFacts;
using statemachines::Command;
using statemachines::Facts;

namespace {

/// What the engine does on its own account: timers, recovery, reports, policies.
CallContext engine_context(const Runtime& runtime, std::string command_id, std::string tool_name) {
    CallContext context;
    context.actor = {
        std::string(engine_user), "engine-" + runtime.log_prefix(), command_id, std::move(tool_name), {}};
    context.command_id = events::CommandId(std::move(command_id));
    return context;
}

/// Stopping must get through however many wait.
Admission admission_of(const Command& command) {
    const bool stops = std::holds_alternative<statemachines::CancelOrder>(command) ||
                       std::holds_alternative<statemachines::SetKillSwitch>(command);
    return stops ? Admission::always : Admission::bounded;
}

}  // namespace

Runtime::Runtime(RuntimeParts parts) : parts_(std::move(parts)), hold_(parts_.held), broker_(parts_.broker) {}
Runtime::~Runtime() = default;

Result<std::unique_ptr<Runtime>> Runtime::open(RuntimeParts parts, const Policies& policies) {
    std::unique_ptr<Runtime> runtime(new Runtime(std::move(parts)));
    if (auto started = runtime->start(policies); !started) return failure(started.error());
    return runtime;
}

Result<void> Runtime::start(const Policies& policies) {
    auto last_log_time = held() != nullptr ? time_of_head(parts_.log) : catch_up(parts_.log, parts_.store);
    if (!last_log_time && held() == nullptr) return failure(last_log_time.error());
    writer_ = std::make_unique<Writer>(Writer::Parts{parts_, hold_, in_flight_},
                                       last_log_time.value_or(events::Timestamp{}));
    queue_ = std::make_unique<CommandQueue>(*writer_, parts_.limits.queue_commands_max);
    learn_accounts();  // redaction needs them before the first text from outside
    // After a resumption they are found to be recorded, not to be held for.
    if (!parts_.resumed)
        if (auto asked = rule_out_lost_orders(); !asked)
            notes_.push_back("the broker could not be asked for orders that the log does not know (" +
                             asked.error().message + "); it is asked again before an order is sent");
    if (held() != nullptr) return {};
    if (auto loaded = load_policies(policies); !loaded) return loaded;
    // Without a resumption just now this only ends one that a crash cut off.
    auto recorded = record_after_resumption(*this, parts_.resumed.value_or(AfterResumption{}));
    if (!recorded && (parts_.resumed || !alive())) return recorded;
    if (!recorded) notes_.push_back("the resumption is not recorded to its end: " + recorded.error().message);
    if (auto settled = reconcile(); !settled) return settled;
    return fire_due_timers();
}

std::string Runtime::unrecorded_reason() const {
    if (const events::Hold* hold = held()) return "the log is held: " + hold->reason;
    if (parts_.disk != nullptr && parts_.disk->room() == events::DiskRoom::low)
        return parts_.disk->describe_limit();
    return {};
}

Result<void> Runtime::admit_new_work() const {
    if (const events::Hold* hold = held()) return failure(hold->error());
    const std::string reason = unrecorded_reason();
    if (reason.empty()) return {};
    return failure(events::Error{ErrorCode::audit_write_failed,
                                 reason,
                                 true,
                                 "Free disk space. Until then outcomes, cancels and the kill switch still "
                                 "work, and status, 'audit tail' and 'audit verify' answer unrecorded.",
                                 {}});
}

Result<std::vector<events::AnchorStanding>> Runtime::anchors() const {
    return parts_.anchors ? parts_.anchors() : std::vector<events::AnchorStanding>();
}

events::Timestamp Runtime::now() {
    return writer_->now();
}
std::string Runtime::new_id() {
    return parts_.ids.next_uuid(now());
}
bool Runtime::alive() const {
    return writer_->alive() && parts_.log.alive();
}
events::SequenceId Runtime::folded() const noexcept {
    return writer_->folded();
}
std::size_t Runtime::waiting() const {
    return queue_->waiting();
}
std::unique_lock<std::mutex> Runtime::lock_store() {
    return queue_->lock_store();
}
std::string Runtime::log_prefix() const {
    return parts_.log.identity().log_id_hex().substr(0, 8);
}

Result<void> Runtime::load_policies(const Policies& policies) {
    std::vector<Command> commands;
    commands.reserve(policies.risk_policies.size() + 1);
    for (const auto& policy : policies.risk_policies)
        commands.emplace_back(statemachines::LoadPolicy{std::string(statemachines::risk_policy_kind),
                                                        policy.name, statemachines::policy_json(policy)});
    commands.emplace_back(statemachines::LoadPolicy{std::string(statemachines::gateway_settings_kind),
                                                    "gateway",
                                                    statemachines::policy_json(policies.settings)});
    const Facts facts = ActFacts{now(), {}, true, std::string(engine_user)};
    const CallContext context = engine_context(*this, new_id(), "ibkr_engine_policies");
    std::vector<Submission> batch;
    batch.reserve(commands.size());
    for (const Command& command : commands)
        batch.push_back({&context, &command, &facts, nullptr});
    if (auto written = queue_->write(batch); !written) return failure(written.error());
    return {};
}

Result<Executed> Runtime::execute(const CallContext& context, const Command& command, const Facts& facts,
                                  const Render& render, const std::optional<PositionRead>& position_read) {
    const Submission submission{&context,
                                &command,
                                &facts,
                                &render,
                                unrecorded_reason().empty(),
                                nullptr,
                                position_read ? &*position_read : nullptr};
    auto written = queue_->write({&submission, 1}, admission_of(command));
    if (!written) return failure(written.error());
    Written& one = written->front();
    const auto end_all = [&] {
        for (const statemachines::BrokerWrite& write : one.effects)
            in_flight_.end(write.order_id);
    };
    for (const statemachines::BrokerWrite& write : one.effects) {
        auto outcome = run_write(context, write, render);
        if (!outcome) {
            end_all();
            return failure(outcome.error());
        }
        one.executed = std::move(*outcome);
    }
    end_all();
    return std::move(one.executed);
}

Result<Executed> Runtime::run_write(const CallContext& context, const statemachines::BrokerWrite& write,
                                    const Render& render) {
    const auto stopped = [] { return failure(ErrorCode::audit_write_failed, "the process stops here"); };
    const auto pass = [&](SuspensionPoint point) {
        return parts_.suspension == nullptr || parts_.suspension->pass(point);
    };
    // What the outside is about to see must be anchored on disk first. If that fails the log is dead: the
    // intent stays, nothing is answered, and the next start settles it.
    if (broker_.leaves_process())
        if (auto secured = parts_.log.secure_head(); !secured) return failure(secured.error());
    if (!pass(SuspensionPoint::before_write)) return stopped();
    statemachines::RecordOutcome made = make_broker_write(write, broker_, parts_.clock, parts_.accounts);
    // How a cancel ended the order is left to a network broker's book, which is read together with what had
    // filled before: an answer that ended the order at once would make a contradiction of those fills.
    if (write.operation == events::Operation::cancel && !broker_.book_read_proves_absence())
        made.broker_status.clear();
    const Command outcome = std::move(made);
    if (!pass(SuspensionPoint::after_write)) return stopped();

    // A local book can be read at once, so that the answer already says what filled. A network broker's
    // outcome is recorded first.
    const auto& recorded = std::get<statemachines::RecordOutcome>(outcome);
    const bool changes_an_order = write.operation != events::Operation::submit;
    const bool definite = recorded.outcome == events::Outcome::confirmed ||
                          (changes_an_order && recorded.outcome == events::Outcome::refused);
    std::vector<statemachines::ReportOrder> report;
    if (definite && broker_.book_read_proves_absence()) {
        if (auto book = book_report(write.order_id, write.account, write.client_order_id))
            if (auto pieces = pieces_of(std::move(*book), write.account)) report = std::move(*pieces);
        if (!pass(SuspensionPoint::before_report)) return stopped();
    }
    return record_outcome(context, outcome, std::move(report), changes_an_order, render);
}

Result<Executed> Runtime::record_outcome(const CallContext& context, const Command& outcome,
                                         std::vector<statemachines::ReportOrder> report,
                                         bool executions_first, const Render& render) {
    const Facts facts = ActFacts{now(), {}, false, std::string(engine_user)};
    std::vector<Command> commands;
    // What filled before a cancel or modify took hold is booked before the answer that may end the order.
    if (executions_first)
        for (statemachines::ReportOrder& piece : report) {
            if (piece.executions.empty()) continue;
            statemachines::ReportOrder fills;
            fills.order_id = piece.order_id;
            fills.executions = std::exchange(piece.executions, {});
            commands.emplace_back(std::move(fills));
        }
    const std::size_t place = commands.size();
    commands.push_back(outcome);
    for (statemachines::ReportOrder& piece : report)
        if (!piece.executions.empty() || !piece.evidence.empty()) commands.emplace_back(std::move(piece));
    std::vector<Submission> batch;
    batch.reserve(commands.size());
    for (const Command& command : commands)
        batch.push_back({&context, &command, &facts, batch.size() < place ? nullptr : &render});
    auto written = batch.size() <= batch_commands_max
                       ? queue_->write(batch)
                       : Result<std::vector<Written>>(
                             failure(ErrorCode::audit_write_failed, "more executions than one append takes"));
    // The outcome never waits for a report that cannot be recorded.
    if (!written && alive() && commands.size() > 1)
        return record_outcome(context, outcome, {}, false, render);
    if (!written) return failure(written.error());
    // A report that said nothing new left no event: the outcome's answer stands.
    Executed answer = std::move((*written)[place].executed);
    for (std::size_t later = place + 1; later < written->size(); ++later) {
        Executed& reported = (*written)[later].executed;
        if (reported.audit_event_id.empty()) continue;
        reported.outcome = answer.outcome;
        answer = std::move(reported);
    }
    return answer;
}

Result<events::EventId> Runtime::record_call(const CallContext& context,
                                             const statemachines::RecordCall& call) {
    const Command command = call;
    const Facts facts = ActFacts{now(), {}, context.is_operator, context.actor.user_id};
    const Submission submission{&context, &command, &facts, nullptr};
    // A denial is recorded however many wait: there are no more of them than callers.
    const bool can_ask_again = call.status == events::ResultStatus::completed;
    auto written = queue_->write({&submission, 1}, can_ask_again ? Admission::bounded : Admission::always);
    if (!written) return failure(written.error());
    return written->front().executed.audit_event_id;
}

Result<void> Runtime::fire_due_timers() {
    if (held() != nullptr) return {};
    auto due = read(
        [&](const projections::Queries& models) { return models.due_timers(now(), timers_per_round_max); });
    if (!due) return failure(due.error());
    for (const auto& timer : *due)
        if (auto fired = engine_command(statemachines::ExpireWorkflow{timer.workflow_id, timer.due_at},
                                        "expire:" + timer.workflow_id.text(), "ibkr_engine_timers");
            !fired)
            return fired;
    return {};
}

Result<Executed> Runtime::record_engine_command(const Command& command, std::string command_id,
                                                std::string tool_name) {
    const Facts facts = ActFacts{now(), new_id(), true, std::string(engine_user)};
    const CallContext context = engine_context(*this, std::move(command_id), std::move(tool_name));
    const Submission submission{&context, &command, &facts, nullptr};
    auto written = queue_->write({&submission, 1});
    if (!written) return failure(written.error());
    return std::move(written->front().executed);
}

Result<void> Runtime::engine_command(const Command& command, std::string command_id, std::string tool_name,
                                     const std::function<bool()>& still_holds) {
    const Facts facts = ActFacts{now(), {}, false, std::string(engine_user)};
    const CallContext context = engine_context(*this, std::move(command_id), std::move(tool_name));
    const Submission submission{&context, &command, &facts,
                                nullptr,  true,     still_holds ? &still_holds : nullptr};
    if (auto written = queue_->write({&submission, 1}); !written) return failure(written.error());
    return {};
}

}  // namespace ibkr::engine
