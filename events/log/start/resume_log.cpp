#include <algorithm>
#include <cassert>

#include "events/log/chain/log_survey.hpp"
#include "events/log/directory/creation.hpp"
#include "events/log/rocksdb/wal_cut.hpp"
#include "events/log/start/new_store.hpp"
#include "events/log/start/quarantine.hpp"
#include "events/log/start/start_log.hpp"
#include "events/log/start/torn_tail.hpp"

namespace ibkr::events {
namespace {

/// What a resumption goes on from.
struct Loss {
    std::vector<WalScan> wals;
    LogSurvey survey;
    Head readable_head;
    std::vector<AnchorFinding> anchors;
    std::uint64_t rotation_records = 0;  ///< the log had at least these after its readable head
    Timestamp newest;

    [[nodiscard]] bool wals_whole() const {
        return std::ranges::all_of(wals, [](const WalScan& scan) { return scan.whole(); });
    }
};

/// Whether the next start would open the log by itself; looks only.
bool starts_by_itself(const StartLook& look, const Loss& loss) {
    const StartVerdict verdict =
        loss.wals_whole() ? judge_start(look.findings) : judge_refused_start(look.findings, loss.wals);
    return verdict.start != StartVerdict::Start::hold && loss.survey.lost_records == 0;
}

Result<Loss> look_at_loss(const StartContext& context, const StartLook& look, const LogKeys& keys) {
    Loss loss;
    loss.readable_head = look.readable->head();
    loss.anchors = look.findings.anchors;
    if (look.findings.rotation_lost)
        loss.rotation_records =
            2ULL * (keys.identity().epoch - look.readable->identity().epoch);  // retired, activated
    auto wals = scan_wals(context.layout.log);
    if (!wals) return failure(wals.error());
    loss.wals = std::move(*wals);
    auto survey = survey_log(*look.readable, keys.ring());
    if (!survey) return failure(survey.error());
    loss.survey = std::move(*survey);
    const auto newest = newest_timestamp(*look.readable);
    if (!newest) return failure(newest.error());
    loss.newest = *newest;
    return loss;
}

Result<void> check_resumable(const StartLook& look, const LogKeys& keys) {
    if (look.readable == nullptr || look.readable->head().sequence == SequenceId())
        return failure(ErrorCode::engine_held,
                       "no record of the log can be read: there is nothing to go on from",
                       "Put the data directory back from a copy.");
    if (keys.resumptions().size() >= resumptions_max)
        return failure(
            ErrorCode::config_invalid,
            "the log was resumed " + std::to_string(resumptions_max) + " times, which is the limit",
            "Begin a new log in another data directory.");
    return {};
}

/// The copy of what the store held.
Result<std::string> quarantine_loss(const StartContext& context, const Loss& loss) {
    const SequenceId head = loss.readable_head.sequence;
    return copy_to_quarantine(context.layout,
                              describe_damage("resumed without what is lost", head, loss.wals));
}

/// Open for writing, as the store is or, with a copy in quarantine, cut to what can be read.
Result<std::unique_ptr<Log>> open_as_far_as_readable(const StartContext& context, const LogKeys& keys,
                                                     const Loss& loss, std::string& quarantine) {
    Result<std::unique_ptr<Log>> log = failure(ErrorCode::audit_chain_invalid, "the store is damaged");
    if (loss.wals_whole()) log = context.store.open(context.layout.log, keys);
    if (!log && log.error().code == ErrorCode::audit_chain_invalid) {
        auto copied = quarantine_loss(context, loss);
        if (!copied) return failure(copied.error());
        quarantine = std::move(*copied);
        if (auto noted = add_unfinished(context.layout, Unfinished::resumption, quarantine); !noted)
            return failure(noted.error());
        if (auto cut = cut_wals(context.layout.log, loss.wals, loss.readable_head.sequence); !cut)
            return failure(cut.error());
        log = context.store.open_to_resume(context.layout.log, keys);
    }
    if (!log) return log;
    if ((*log)->head() != loss.readable_head)
        return failure(ErrorCode::engine_held, "the log ends elsewhere than it did a moment ago",
                       "Look for another process or a failing disk, then try again.");
    return log;
}

/// The record's facts. `last` is the highest sequence the store holds anything at.
LogResumed describe(const Loss& loss, SequenceId last, const ResumeRequest& request) {
    const Head& from = loss.readable_head;
    LogResumed body;
    body.from = from.sequence;
    const SequenceId rotated(from.sequence.value() + loss.rotation_records);
    body.to = std::max({from.sequence, last, highest_anchor(loss.anchors), rotated});
    body.last_mac = hex(from.mac);
    const auto highest = std::ranges::max_element(loss.anchors, {}, [](const AnchorFinding& anchor) {
        return anchor.implausible ? SequenceId() : anchor.head.sequence;
    });
    if (highest != loss.anchors.end() && !highest->implausible && highest->head.sequence > from.sequence)
        body.anchor_mac = hex(highest->head.mac);
    for (const AttestedGap& gap : loss.survey.gaps)
        body.gaps.push_back({gap.from, gap.to, hex(gap.mac)});
    body.actor = request.actor;
    body.reason = request.reason;
    return body;
}

bool projections_disagree(const StartLook& look) {
    return std::ranges::any_of(look.findings.anchors, [&](const AnchorFinding& anchor) {
        return anchor.name == AnchorName::projection &&
               (anchor.attested_lost || agreement(anchor, look.findings.head) != AnchorAgreement::agrees);
    });
}

Result<LogResumed> append_record(const StartContext& context, Log& log, SequenceId last, const Loss& loss,
                                 const ResumeRequest& request) {
    LogResumed body = describe(loss, last, request);
    const SequenceId at = body.to.next();
    if (at.value() >= sequence_limit)
        return failure(ErrorCode::engine_held,
                       "the store shows a record beyond the highest sequence a log can have",
                       "Put the data directory back from a copy.");
    const PendingRecord record = context.make_record(at, body, loss.newest);
    assert(record.type_number == log_resumed_type);
    if (auto head = log.append_resumed(record, at); !head) return failure(head.error());
    return body;
}

/// The log with `log_resumed` as its newest record.
struct Resumed {
    std::unique_ptr<Log> log;
    LogResumed body;
};

Result<Resumed> resume_in_place(const StartContext& context, std::unique_ptr<Log> log, const Loss& loss,
                                const ResumeRequest& request) {
    auto body = append_record(context, *log, log->last_sequence(), loss, request);
    if (!body) return failure(body.error());
    return Resumed{std::move(log), std::move(*body)};
}

/// For a store that cannot be opened for writing any more.
Result<Resumed> resume_in_new_store(const StartContext& context, const LogKeys& keys, const Loss& loss,
                                    const ResumeRequest& request, const std::string& quarantine) {
    const auto unfinished = begin_new_store(context.layout);
    if (!unfinished) return failure(unfinished.error());
    const auto last = context.store.copy_readable(context.layout.log, *unfinished, keys);
    if (!last) return failure(last.error());
    auto log = context.store.open(*unfinished, keys);
    if (!log) return failure(log.error());
    auto body = append_record(context, **log, *last, loss, request);
    if (!body) return failure(body.error());
    log->reset();
    if (auto exchanged = exchange_stores(context.layout, quarantine); !exchanged)
        return failure(exchanged.error());
    log = context.store.open(context.layout.log, keys);
    if (!log) return failure(log.error());
    return Resumed{std::move(*log), std::move(*body)};
}

/// Everything that is written, in an order in which each crash leaves the log held or resumed: the record,
/// the anchors, the keys file's note of it.
Result<ResumedLog> resume(const StartContext& context, const LogKeys& keys, StartLook look, const Loss& loss,
                          const ResumeRequest& request) {
    look.readable.reset();
    std::string quarantine;
    auto log = open_as_far_as_readable(context, keys, loss, quarantine);
    if (!log && (quarantine.empty() || log.error().code != ErrorCode::audit_chain_invalid))
        return failure(log.error());
    auto resumed = log ? resume_in_place(context, std::move(*log), loss, request)
                       : resume_in_new_store(context, keys, loss, request, quarantine);
    if (!resumed) return failure(resumed.error());
    std::vector<AnchorName> anew{AnchorName::file};
    if (!context.options.anchors.external_path.empty()) anew.push_back(AnchorName::external);
    auto anchored = anchor_log(context, keys, std::move(resumed->log), anew);
    if (!anchored) return failure(anchored.error());
    LogKeys later = keys.resumed(resumed->body.to.next());
    if (auto replaced = replace_keys(context.layout, later); !replaced) return failure(replaced.error());
    if (auto removed = remove_resuming(context.layout); !removed) return failure(removed.error());
    if (auto cleared = clear_unfinished(context.layout, Unfinished::resumption); !cleared)
        return failure(cleared.error());
    return ResumedLog{{std::move(later), std::move(*anchored), false, {}, projections_disagree(look), {}},
                      std::move(resumed->body),
                      std::move(quarantine)};
}

}  // namespace

Result<ResumedLog> resume_log(const OwnerLock& lock, const Secret& secret, const LogStore& store,
                              const RecordMaker& make_record, const StartOptions& options,
                              const ResumeRequest& request) {
    const DirectoryLayout layout(lock.data_directory());
    const StartContext context{layout, store, make_record, options};
    if (!path_exists(layout.version))
        return failure(ErrorCode::engine_held, "there is no finished log in the data directory",
                       "Name the data directory of a held log with --data-dir.");
    if (auto room = check_room(layout.root, data_directory_name, room_to_open_bytes); !room)
        return failure(room.error());
    auto keys = open_keys(context, secret);
    if (!keys) return failure(keys.error());
    auto look = look_at_log(context, *keys);
    if (!look) return failure(look.error());
    if (auto checked = check_resumable(*look, *keys); !checked) return failure(checked.error());
    const auto loss = look_at_loss(context, *look, *keys);
    if (!loss) return failure(loss.error());
    if (!request.although_in_order && starts_by_itself(*look, *loss))
        return failure(ErrorCode::config_invalid, "the log is in order: there is nothing to resume",
                       "Go on as usual; the next start opens it.");
    return resume(context, keys->to_resume(), std::move(*look), *loss, request);
}

}  // namespace ibkr::events
