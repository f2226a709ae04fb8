#include "engine/writer/writer.hpp"

#include <algorithm>
#include <cassert>

#include "engine/fold/workflow_projection.hpp"
#include "engine/writer/event_builder.hpp"
#include "events/catalogue.hpp"
#include "events/crypto/sha256.hpp"
#include "events/event_codec.hpp"
#include "projections/store.hpp"

namespace ibkr::engine {

using events::ErrorCode;
using events::failure;
using events::Result;

struct Writer::Batch {
    events::SequenceId next;
    events::Timestamp time;  ///< of the newest decision
    std::vector<events::PendingRecord> records;
    std::vector<events::WorkflowId> begun;  ///< orders with a broker write that is to follow
};

Writer::Writer(Parts parts, events::Timestamp last_log_time)
    : parts_(parts.runtime),
      hold_(parts.hold),
      in_flight_(parts.in_flight),
      state_(parts.runtime.store),
      last_log_ms_(last_log_time.unix_ms()),
      folded_(parts.runtime.store.checkpoint().sequence.value()) {}

events::Timestamp Writer::now() const {
    return std::max(parts_.clock.now(), events::Timestamp(last_log_ms_.load()));
}

bool Writer::pass(SuspensionPoint point) const {
    return parts_.suspension == nullptr || parts_.suspension->pass(point);
}

tl::unexpected<events::Error> Writer::die(events::Error why) {
    alive_ = false;
    parts_.store.rollback();
    return failure(std::move(why));
}

Result<void> Writer::ready() const {
    // A log can die between appends too, when its anchors cannot be secured.
    if (!alive_ || !parts_.log.alive())
        return failure(
            ErrorCode::audit_write_failed,
            "an earlier append or commit of this process failed; what it wrote is known after a restart");
    if (const events::Hold* hold = hold_.get()) return failure(hold->error());
    return {};
}

std::vector<GroupAnswer> Writer::write(std::span<const CommandGroup> groups) {
    assert(!groups.empty());
    if (auto together = write_together(groups)) return std::move(*together);
    std::vector<GroupAnswer> answers;
    answers.reserve(groups.size());
    for (const CommandGroup& group : groups)
        answers.push_back(std::move(write_together({&group, 1})->front()));
    return answers;
}

std::optional<std::vector<GroupAnswer>> Writer::write_together(std::span<const CommandGroup> groups) {
    const auto all = [&](const events::Error& error) {
        return std::vector<GroupAnswer>(groups.size(), GroupAnswer(failure(error)));
    };
    if (auto can = ready(); !can) return all(can.error());
    if (auto begun = parts_.store.begin(); !begun) return all(begun.error());

    Batch batch{parts_.log.head().sequence.next(), events::Timestamp(last_log_ms_.load()), {}, {}};
    std::vector<GroupAnswer> answers;
    answers.reserve(groups.size());
    const auto undo = [&] {
        parts_.store.rollback();
        for (const events::WorkflowId& order : batch.begun)
            in_flight_.end(order);
    };
    for (const CommandGroup& group : groups) {
        if (!answers.empty() && batch.records.size() >= parts_.limits.batch_events_max) break;
        GroupAnswer folded = fold_group(group, batch);
        if (!folded) undo();
        if (!folded && groups.size() > 1) return std::nullopt;
        answers.push_back(std::move(folded));
        if (!answers.back()) return answers;
    }
    if (batch.records.empty()) {
        undo();
        return answers;
    }
    if (auto durable = make_durable(batch); !durable) {
        if (alive_) undo();
        if (alive_ && groups.size() > 1) return std::nullopt;
        return all(durable.error());
    }
    last_log_ms_ = batch.time.unix_ms();
    return answers;
}

GroupAnswer Writer::fold_group(CommandGroup group, Batch& batch) {
    assert(!group.empty() && group.size() <= batch_commands_max);
    std::vector<Written> written;
    written.reserve(group.size());
    for (const Submission& submission : group) {
        auto one = decide_and_fold(submission, batch);
        if (!one) return failure(one.error());
        written.push_back(std::move(*one));
    }
    return written;
}

Result<Written> Writer::decide_and_fold(const Submission& submission, Batch& batch) {
    if (submission.still_holds != nullptr && !(*submission.still_holds)()) return Written{};
    // Facts of several callers come in any order; decision time never goes back.
    statemachines::Facts facts = *submission.facts;
    set_decision_time(facts, std::max(decision_time(facts), batch.time));
    if (const PositionRead* read = submission.position_read)
        if (!in_flight_.was_quiet_since(read->begun, read->holding)) forget_position(facts);
    auto decided = state_.decide(*submission.command, facts);
    if (!decided) return failure(decided.error());

    Written written;
    written.executed.refusal = decided->refusal;
    written.executed.subject = decided->subject;
    written.executed.stored_answer = decided->stored_answer;
    const bool renders = submission.render != nullptr && *submission.render && !decided->refusal;
    if (!submission.record_answers && (decided->refusal || decided->stored_answer)) {
        assert(decided->effects.empty());
        if (renders) written.executed.payload = (*submission.render)(written.executed);
        return written;
    }
    std::vector<events::Event> built =
        build_events(*decided, *submission.context, *submission.command, facts, batch.next, parts_.ids);
    for (events::Event& event : built) {
        if (auto folded = parts_.workflows.fold(parts_.store.database(), event); !folded)
            return failure(folded.error());
        if (auto applied = parts_.store.apply(event); !applied) return failure(applied.error());
    }
    if (const auto* outcome = std::get_if<statemachines::RecordOutcome>(submission.command))
        written.executed.outcome = outcome->outcome;
    if (!built.empty()) written.executed.audit_event_id = built.back().event_id;
    // A command with a broker write is answered by its outcome's decision, which renders then.
    if (renders && decided->effects.empty()) {
        written.executed.payload = (*submission.render)(written.executed);
        if (!built.empty()) built.back().output_hash = events::hex(events::sha256(written.executed.payload));
    }
    written.effects = std::move(decided->effects);
    for (const statemachines::BrokerWrite& write : written.effects) {
        const auto order = parts_.store.order(write.order_id);
        if (!order) return failure(order.error());
        assert(*order && "a write's intent was folded just now");
        in_flight_.begin(write.order_id, {write.account, (*order)->terms.contract.contract_id});
        batch.begun.push_back(write.order_id);
    }
    for (const events::Event& event : built) {
        auto bytes = events::encode_event(event);
        if (!bytes) return failure(bytes.error());
        batch.records.push_back({events::descriptor(event.body).number, std::move(*bytes)});
        batch.next = batch.next.next();
        batch.time = event.timestamp;
    }
    return written;
}

Result<void> Writer::make_durable(const Batch& batch) {
    const auto stopped = [] {
        return events::Error{ErrorCode::audit_write_failed, "the process stops here", true, {}, {}};
    };
    if (!pass(SuspensionPoint::before_append)) return die(stopped());

    // What is admitted goes on whatever the answer is; asking gives the reserve back when it is needed.
    if (parts_.disk != nullptr) static_cast<void>(parts_.disk->room());
    const events::Head before = parts_.log.head();
    const auto head = parts_.log.append(batch.records, before.sequence.next());
    if (!head) {
        if (!parts_.log.alive()) return die(head.error());
        return failure(head.error());
    }
    assert(head->sequence.next() == batch.next && head->mac != before.mac);

    if (!pass(SuspensionPoint::after_append)) return die(stopped());
    if (auto committed = parts_.store.commit({head->sequence, head->mac}); !committed)
        return die(events::Error{ErrorCode::audit_write_failed,
                                 "the events are in the log, but the projections could not be committed: " +
                                     committed.error().message,
                                 true,
                                 "Start again: the projections are brought up to the log. Then ask with the "
                                 "same key.",
                                 {}});
    folded_ = head->sequence.value();
    if (!pass(SuspensionPoint::after_commit)) return die(stopped());
    return {};
}

}  // namespace ibkr::engine
