#include "engine/writer/writer.hpp"

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
    std::vector<events::PendingRecord> records;
};

Writer::Writer(RuntimeParts& parts, events::Timestamp last_log_time)
    : parts_(parts), state_(parts.store), last_log_time_(last_log_time) {}

events::Timestamp Writer::now() {
    return std::max(parts_.clock.now(), last_log_time_);
}

bool Writer::pass(SuspensionPoint point) const {
    return parts_.suspension == nullptr || parts_.suspension->pass(point);
}

tl::unexpected<events::Error> Writer::die(events::Error why) {
    alive_ = false;
    parts_.store.rollback();
    return failure(std::move(why));
}

Result<std::vector<Written>> Writer::write(std::span<const Submission> batch) {
    assert(!batch.empty() && batch.size() <= batch_commands_max);
    if (!alive_)
        return failure(
            ErrorCode::audit_write_failed,
            "an earlier append or commit of this process failed; what it wrote is known after a restart");
    if (parts_.held) return failure(parts_.held->error());
    if (auto begun = parts_.store.begin(); !begun) return failure(begun.error());

    Batch folded{parts_.log.head().sequence.next(), {}};
    std::vector<Written> written;
    written.reserve(batch.size());
    for (const Submission& submission : batch) {
        auto one = decide_and_fold(submission, folded);
        if (!one) {
            parts_.store.rollback();
            return failure(one.error());
        }
        written.push_back(std::move(*one));
    }
    if (folded.records.empty()) {
        parts_.store.rollback();
        return written;
    }
    if (auto durable = make_durable(folded); !durable) return failure(durable.error());
    for (const Submission& submission : batch)
        last_log_time_ = std::max(last_log_time_, decision_time(*submission.facts));
    return written;
}

Result<Written> Writer::decide_and_fold(const Submission& submission, Batch& batch) {
    auto decided = state_.decide(*submission.command, *submission.facts);
    if (!decided) return failure(decided.error());
    if (!submission.record_answers && (decided->refusal || decided->stored_answer)) {
        assert(decided->effects.empty());
        Written answered;
        answered.executed.refusal = decided->refusal;
        answered.executed.subject = decided->subject;
        answered.executed.stored_answer = decided->stored_answer;
        if (submission.render != nullptr && *submission.render && !decided->refusal)
            answered.executed.payload = (*submission.render)(answered.executed);
        return answered;
    }
    std::vector<events::Event> built = build_events(*decided, *submission.context, *submission.command,
                                                    *submission.facts, batch.next, parts_.ids);
    for (events::Event& event : built) {
        if (auto folded = parts_.workflows.fold(parts_.store.database(), event); !folded)
            return failure(folded.error());
        if (auto applied = parts_.store.apply(event); !applied) return failure(applied.error());
    }

    Written written;
    written.executed.refusal = decided->refusal;
    written.executed.subject = decided->subject;
    written.executed.stored_answer = decided->stored_answer;
    if (const auto* outcome = std::get_if<statemachines::RecordOutcome>(submission.command))
        written.executed.outcome = outcome->outcome;
    if (!built.empty()) written.executed.audit_event_id = built.back().event_id;
    // A command with a broker write is answered by its outcome's decision, which renders then.
    if (submission.render != nullptr && *submission.render && !decided->refusal && decided->effects.empty()) {
        written.executed.payload = (*submission.render)(written.executed);
        if (!built.empty()) built.back().output_hash = events::hex(events::sha256(written.executed.payload));
    }
    written.effects = std::move(decided->effects);

    for (const events::Event& event : built) {
        auto bytes = events::encode_event(event);
        if (!bytes) return failure(bytes.error());
        batch.records.push_back({events::descriptor(event.body).number, std::move(*bytes)});
        batch.next = batch.next.next();
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
        parts_.store.rollback();
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
    if (!pass(SuspensionPoint::after_commit)) return die(stopped());
    return {};
}

}  // namespace ibkr::engine
