#include "events/log/start/start_log.hpp"

#include <algorithm>
#include <cassert>

#include "events/log/anchors/anchor_findings.hpp"
#include "events/log/chain/chain.hpp"
#include "events/log/chain/chain_writer.hpp"
#include "events/log/directory/creation.hpp"
#include "events/log/held_log.hpp"
#include "events/log/keys/key_rotation.hpp"
#include "events/log/start/new_store.hpp"
#include "events/log/start/quarantine.hpp"
#include "events/log/start/torn_tail.hpp"

namespace ibkr::events {
namespace {

using Start = StartVerdict::Start;

/// Two data directories that share an anchor file would each take the other's for damaged, and write it anew.
Result<void> check_external_is_ours(const StartContext& context, const KeyRing& keys) {
    const std::string& path = context.options.anchors.external_path;
    if (path.empty()) return {};
    const auto reading = read_anchor_file(path, keys);
    if (!reading) return failure(reading.error());
    if (reading->foreign_slots == 0) return {};
    return failure(ErrorCode::config_invalid, "anchors.external_path names the anchor file of another log",
                   "Name a file of its own for each data directory in anchors.external_path.");
}

/// Whether the chain holds where a start looks at it.
Result<void> verify_tail(StartLook& look, const KeyRing& keys) {
    const VerifyOptions options{verify_tail_from(look.findings), 2, {}};
    const auto report = verify_chain(*look.readable, keys, options);
    if (!report) return failure(report.error());
    if (report->chain_valid) return {};
    look.verified_head = report->head.sequence;
    const SequenceId at = report->first_break_at_sequence.value_or(report->head.sequence.next());
    look.findings.tail_break = "record " + std::to_string(at.value()) + " does not verify: " + report->reason;
    return {};
}

std::string damage_in(const std::vector<WalScan>& wals) {
    const auto damaged = std::ranges::find_if(wals, [](const WalScan& scan) { return !scan.whole(); });
    if (damaged == wals.end()) return {};
    return "write-ahead file " + std::to_string(damaged->number) + " is damaged from byte " +
           std::to_string(damaged->good_bytes) + " on";
}

/// Copies the store's write-ahead log where it is damaged. The copy's name; empty when all of it is whole.
Result<std::string> quarantine_damage(const StartContext& context, SequenceId readable_head,
                                      const std::vector<WalScan>& wals) {
    const std::string damage = damage_in(wals);
    if (damage.empty()) return std::string();
    return copy_to_quarantine(context.layout, describe_damage(damage, readable_head, wals));
}

/// Rule 4.
Result<OwnedLog> hold(const StartContext& context, LogKeys keys, StartLook look, const StartVerdict& verdict,
                      const std::vector<WalScan>& wals) {
    assert(verdict.start == Start::hold);
    Hold held{verdict.reason, look.verified_head, look.highest_anchor(), {}, verdict.can_resume};
    auto quarantine = quarantine_damage(context, held.readable_head, wals);
    if (!quarantine) return failure(quarantine.error());
    held.quarantine = std::move(*quarantine);
    if (look.readable == nullptr) look.readable = empty_log(keys);
    auto log = std::make_unique<HeldLog>(std::move(look.readable), held.error());
    return OwnedLog{std::move(keys), std::move(log), false, std::move(held), false, {}};
}

/// The store opened for writing as the verdict says; nullptr, with the verdict `hold`, when it refuses.
Result<std::unique_ptr<Log>> open_store(const StartContext& context, const LogKeys& keys, StartLook& look,
                                        const std::vector<WalScan>& wals, StartVerdict& verdict) {
    const std::string& directory = context.layout.log;
    look.readable.reset();
    if (verdict.start == Start::discard_tail) {
        const auto quarantine = quarantine_damage(context, look.findings.head, wals);
        if (!quarantine) return failure(quarantine.error());
        if (auto cut = cut_torn_tail(context.layout, wals, look.findings.head, *quarantine); !cut)
            return failure(cut.error());
    }
    auto log = context.store.open(directory, keys);
    if (!log && log.error().code == ErrorCode::audit_chain_invalid && verdict.start == Start::open) {
        verdict = judge_refused_start(look.findings, wals);
        auto readable = context.store.open_readable(directory, keys);
        if (!readable) return failure(readable.error());
        look.readable = std::move(*readable);
        return std::unique_ptr<Log>();
    }
    if (log && (*log)->head().sequence != look.findings.head)
        return failure(ErrorCode::audit_chain_invalid, "the log ends elsewhere than it did a moment ago");
    return log;
}

/// What a crash during an earlier start, rotation or resumption left to do, and what this start has to
/// record.
Result<void> settle(const StartContext& context, OwnedLog& owned, const StartVerdict& verdict) {
    const auto note = [&](std::string line) {
        if (!line.empty()) owned.notes.push_back(std::move(line));
    };
    auto tails = record_dropped_tails(context.layout, *owned.log, context.make_record);
    if (!tails) return failure(tails.error());
    std::ranges::for_each(*tails, note);
    auto rotation = settle_rotation(context.layout, owned.keys, *owned.log, context.make_record);
    if (!rotation) return failure(rotation.error());
    note(std::move(*rotation));
    for (const AnchorRewrite& rewrite : verdict.rewrites) {
        if (owned.created) break;  // the external anchor of a new log comes right after it
        const AnchorRewritten body{std::string(to_string(rewrite.anchor)),
                                   std::string(to_string(rewrite.confirmed_by)), rewrite.confirmed_sequence};
        if (auto appended = append_event(*owned.log, context.make_record, body); !appended)
            return failure(appended.error());
        note("the " + body.anchor + " anchor had nothing usable and was written anew; the " + body.confirmed +
             " anchor confirms the log");
    }
    return {};
}

/// The keys file says after a resumption where it was; a crash may have come between.
Result<void> note_resumption(const StartContext& context, OwnedLog& owned) {
    if (auto removed = remove_resuming(context.layout); !removed) return removed;
    if (auto cleared = clear_unfinished(context.layout, Unfinished::resumption); !cleared) return cleared;
    const auto newest = record_at(*owned.log, owned.log->head().sequence);
    if (!newest) return failure(newest.error());
    const bool known =
        !*newest || (*newest)->header.type_number != log_resumed_type ||
        std::ranges::find(owned.keys.resumptions(), (*newest)->sequence) != owned.keys.resumptions().end();
    if (known) return {};
    owned.keys = owned.keys.resumed((*newest)->sequence);
    return replace_keys(context.layout, owned.keys);
}

Result<OwnedLog> start(const StartContext& context, LogKeys keys, bool created) {
    auto look = look_at_log(context, keys);
    if (!look) return failure(look.error());
    const auto wals = scan_wals(context.layout.log);
    if (!wals) return failure(wals.error());
    // A store whose write-ahead log is damaged is not even tried: failing to open, it would begin to repair.
    StartVerdict verdict =
        damage_in(*wals).empty() ? judge_start(look->findings) : judge_refused_start(look->findings, *wals);
    std::unique_ptr<Log> log;
    if (verdict.start != Start::hold) {
        auto opened = open_store(context, keys, *look, *wals, verdict);
        if (!opened) return failure(opened.error());
        log = std::move(*opened);
    }
    if (log == nullptr) return hold(context, std::move(keys), std::move(*look), verdict, *wals);
    OwnedLog owned{std::move(keys), std::move(log), created, {}, verdict.projections_disagree, {}};
    const SequenceId found = owned.log->head().sequence;
    if (auto noted = note_resumption(context, owned); !noted) return failure(noted.error());
    if (auto settled = settle(context, owned, verdict); !settled) return failure(settled.error());
    std::vector<AnchorName> anew;
    anew.reserve(verdict.rewrites.size());
    for (const AnchorRewrite& rewrite : verdict.rewrites)
        anew.push_back(rewrite.anchor);
    auto anchored = anchor_log(context, owned.keys, std::move(owned.log), anew);
    if (!anchored) return failure(anchored.error());
    owned.log = std::move(*anchored);
    if (owned.log->head().sequence != found)
        if (auto secured = owned.log->secure_head(); !secured) return failure(secured.error());
    return owned;
}

}  // namespace

Result<StartLook> look_at_log(const StartContext& context, const LogKeys& keys) {
    StartLook look;
    StartFindings& findings = look.findings;
    findings.external_configured = !context.options.anchors.external_path.empty();
    findings.store_exists = store_exists(context.layout);
    if (findings.store_exists) {
        auto readable = context.store.open_readable(context.layout.log, keys);
        if (!readable && readable.error().code != ErrorCode::audit_chain_invalid)
            return failure(readable.error());
        if (readable) look.readable = std::move(*readable);
        if (!readable) findings.unreadable = readable.error().message;
    }
    if (auto checked = check_external_is_ours(context, keys.ring()); !checked)
        return failure(checked.error());
    auto anchors = read_anchors(context.layout, keys.ring(), context.options);
    if (!anchors) return failure(anchors.error());
    findings.anchors = std::move(*anchors);
    if (look.readable == nullptr) return look;
    findings.head = look.verified_head = look.readable->head().sequence;
    findings.rotation_lost =
        findings.head > SequenceId() && !key_in_force(keys, look.readable->identity().key_id).has_value();
    const auto resuming = read_unfinished(context.layout, Unfinished::resumption);
    if (!resuming) return failure(resuming.error());
    findings.resumption_cut_off = std::ranges::any_of(
        *resuming, [&](const QuarantineFinding& copy) { return findings.head <= copy.readable_head; });
    if (auto compared = compare_anchors_with(*look.readable, findings.anchors); !compared)
        return failure(compared.error());
    // The rest of rule 2 costs time and says nothing more about a log that is held anyway.
    if (judge_start(findings).start == Start::hold) return look;
    if (auto verified = verify_tail(look, keys.ring()); !verified) return failure(verified.error());
    return look;
}

Result<LogKeys> open_keys(const StartContext& context, const Secret& secret) {
    if (auto checked = check_version(context.layout); !checked) return failure(checked.error());
    auto keys = read_keys(context.layout, secret);
    if (!keys) return keys;
    if (auto finished = finish_exchange(context.layout); !finished) return failure(finished.error());
    if (store_exists(context.layout))
        if (auto checked = check_rotation(context.layout, *keys, context.store); !checked)
            return failure(checked.error());
    return keys;
}

Result<std::unique_ptr<Log>> anchor_log(const StartContext& context, const LogKeys& keys,
                                        std::unique_ptr<Log> log, const std::vector<AnchorName>& anew) {
    const LogIdentity identity = log->identity();
    const Secret* const chain_key = keys.ring().find(identity.key_id);
    assert(chain_key != nullptr);
    const Head head = log->head();
    const Anchor anchor{head, identity.branch, log->wal_position(), head.sequence};
    std::vector<AnchorFile> files;
    for (const AnchorName name : {AnchorName::file, AnchorName::external}) {
        const std::string& path =
            name == AnchorName::file ? context.layout.anchors : context.options.anchors.external_path;
        if (path.empty()) continue;
        const bool make = std::ranges::find(anew, name) != anew.end();
        auto file = make ? AnchorFile::create(path, identity.log_id, anchor, identity.key_id, *chain_key)
                         : AnchorFile::open(path, keys.ring(), identity.key_id, *chain_key);
        if (!file) return failure(file.error());
        files.push_back(std::move(*file));
    }
    return std::make_unique<AnchoredLog>(std::move(log), std::move(files),
                                         context.options.anchors.sync_interval);
}

Result<OwnedLog> open_or_create_log(const OwnerLock& lock, const Secret& secret, const LogStore& store,
                                    const RecordMaker& make_record, const StartOptions& options) {
    const DirectoryLayout layout(lock.data_directory());
    const StartContext context{layout, store, make_record, options};
    if (auto room = check_room(layout.root, data_directory_name, room_to_open_bytes); !room)
        return failure(room.error());
    bool created = false;
    if (!path_exists(layout.version)) {
        auto made = create_log(layout, secret, store, make_record, options.anchors.external_path);
        if (!made) return failure(made.error());
        created = *made;
    }
    auto keys = open_keys(context, secret);
    if (!keys) return failure(keys.error());
    if (path_exists(layout.creating))
        if (auto removed = remove_creating(layout); !removed) return failure(removed.error());
    return start(context, std::move(*keys), created);
}

}  // namespace ibkr::events
