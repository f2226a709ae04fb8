#include <algorithm>
#include <cassert>

#include "events/log/creation.hpp"
#include "events/log/log_survey.hpp"
#include "events/log/quarantine.hpp"
#include "events/log/start_log.hpp"
#include "events/log/torn_tail.hpp"

namespace ibkr::events {
namespace {

/// What a resumption goes on from.
struct Loss {
    std::vector<WalScan> wals;
    LogSurvey survey;
    Head readable_head;
    std::vector<AnchorFinding> anchors;
    Timestamp newest;

    [[nodiscard]] bool store_damaged() const {
        return survey.lost_records > 0 ||
               std::ranges::any_of(wals, [](const WalScan& scan) { return !scan.whole(); });
    }
};

/// Whether the next start would open the log by itself; looks only.
bool starts_by_itself(const StartLook& look, const Loss& loss) {
    StartVerdict verdict = judge_start(look.findings);
    const bool refused = std::ranges::any_of(loss.wals, [](const WalScan& scan) { return !scan.whole(); });
    if (refused) verdict = judge_refused_start(look.findings, loss.wals);
    return verdict.start != StartVerdict::Start::hold && loss.survey.lost_records == 0;
}

Result<Loss> look_at_loss(const StartContext& context, const StartLook& look, const LogKeys& keys) {
    Loss loss;
    loss.readable_head = look.readable->head();
    loss.anchors = look.findings.anchors;
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

/// The copy of what the store held; empty when nothing of it is given up.
Result<std::string> quarantine_loss(const StartContext& context, const Loss& loss) {
    if (!loss.store_damaged()) return std::string();
    const SequenceId head = loss.readable_head.sequence;
    return copy_to_quarantine(context.layout,
                              describe_damage("resumed without what is lost", head, loss.wals));
}

/// Open for writing, as the store is or without what cannot be read at its end.
Result<std::unique_ptr<Log>> open_as_far_as_readable(const StartContext& context, const LogKeys& keys,
                                                     const Loss& loss, const std::string& quarantine) {
    auto log = context.store.open(context.layout.log, keys);
    if (!log && log.error().code == ErrorCode::audit_chain_invalid) {
        if (!quarantine.empty())
            if (auto noted = set_unfinished(context.layout, Unfinished::resumption, quarantine); !noted)
                return failure(noted.error());
        log = context.store.open_dropping_tail(context.layout.log, keys);
    }
    if (!log) return log;
    if ((*log)->head() != loss.readable_head)
        return failure(ErrorCode::audit_chain_invalid, "the log ends elsewhere than it did a moment ago");
    return log;
}

/// The record's facts. `last` is the highest sequence the store holds anything at.
LogResumed describe(const Loss& loss, SequenceId last, const ResumeRequest& request) {
    const Head& from = loss.readable_head;
    LogResumed body;
    body.from = from.sequence;
    body.to = std::max({from.sequence, last, highest_anchor(loss.anchors)});
    body.last_mac = hex(from.mac);
    const auto highest = std::ranges::max_element(
        loss.anchors, {}, [](const AnchorFinding& anchor) { return anchor.head.sequence; });
    if (highest != loss.anchors.end() && highest->head.sequence > from.sequence)
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

/// Everything that is written, in an order in which each crash leaves the log held or resumed: the record,
/// the anchors, the keys file's note of it.
Result<ResumedLog> resume(const StartContext& context, LogKeys keys, StartLook look, const Loss& loss,
                          const ResumeRequest& request) {
    look.readable.reset();
    auto quarantine = quarantine_loss(context, loss);
    if (!quarantine) return failure(quarantine.error());
    auto log = open_as_far_as_readable(context, keys, loss, *quarantine);
    if (!log) return failure(log.error());
    LogResumed body = describe(loss, (*log)->last_sequence(), request);
    const SequenceId at = body.to.next();
    const PendingRecord record = context.make_record(at, body, loss.newest);
    assert(record.type_number == log_resumed_type);
    if (auto head = (*log)->append_resumed(record, at); !head) return failure(head.error());
    std::vector<AnchorName> anew{AnchorName::file};
    if (!context.options.anchors.external_path.empty()) anew.push_back(AnchorName::external);
    auto anchored = anchor_log(context, keys, std::move(*log), anew);
    if (!anchored) return failure(anchored.error());
    LogKeys resumed = keys.resumed(at);
    if (auto replaced = replace_keys(context.layout, resumed); !replaced) return failure(replaced.error());
    if (auto cleared = clear_unfinished(context.layout, Unfinished::resumption); !cleared)
        return failure(cleared.error());
    return ResumedLog{{std::move(resumed), std::move(*anchored), false, {}, projections_disagree(look), {}},
                      std::move(body),
                      std::move(*quarantine)};
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
    return resume(context, std::move(*keys), std::move(*look), *loss, request);
}

}  // namespace ibkr::events
