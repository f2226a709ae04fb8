#include "events/log/start/torn_tail.hpp"

#include <algorithm>
#include <cassert>

#include "events/event_codec.hpp"
#include "events/log/anchors/anchor_findings.hpp"
#include "events/log/rocksdb/wal_cut.hpp"

namespace ibkr::events {
namespace {

/// Records looked at for a timestamp.
constexpr std::uint64_t newest_records_max = 64;
/// Records looked at for a tail that is recorded already: all that can wait for it, and what else a start
/// appends.
constexpr std::uint64_t records_of_starts_max = unfinished_copies_max + 64;

bool records(const Record& record, const LogTailDiscarded& tail) {
    const auto event = decode_record(record);
    if (!event) return false;
    const auto* const body = std::get_if<LogTailDiscarded>(&event->body);
    return body != nullptr && *body == tail;
}

/// Whether a start that was cut off had got as far as the record. Only records of starts can stand between it
/// and `readable_head`.
Result<bool> is_recorded(const LogReader& log, SequenceId readable_head, const LogTailDiscarded& tail) {
    const auto cursor = log.read(readable_head.next());
    if (!cursor) return failure(cursor.error());
    Record record;
    for (std::uint64_t looked_at = 0; looked_at < records_of_starts_max; ++looked_at) {
        const auto more = (*cursor)->next(record);
        if (!more && more.error().code != ErrorCode::audit_chain_invalid) return failure(more.error());
        if (!more || !*more) return false;
        if (records(record, tail)) return true;
    }
    return false;
}

}  // namespace

QuarantineFinding describe_damage(std::string found, SequenceId readable_head,
                                  const std::vector<WalScan>& wals) {
    QuarantineFinding finding;
    finding.found = std::move(found);
    finding.readable_head = readable_head;
    if (wals.empty()) return finding;
    const WalScan& newest = wals.back();
    finding.wal = newest.number;
    if (newest.whole()) return finding;
    finding.offset = newest.good_bytes;
    finding.bytes = newest.damaged_bytes();
    finding.sha256 = newest.damaged_sha256;
    return finding;
}

Result<void> cut_torn_tail(const DirectoryLayout& layout, const std::vector<WalScan>& wals,
                           SequenceId readable_head, const std::string& quarantine) {
    assert(!wals.empty() && !wals.back().whole() && !quarantine.empty());
    if (auto noted = add_unfinished(layout, Unfinished::tail_record, quarantine); !noted) return noted;
    return cut_wals(layout.log, wals, readable_head);
}

Result<std::vector<std::string>> record_dropped_tails(const DirectoryLayout& layout, Log& log,
                                                      const RecordMaker& make_record) {
    const auto pending = read_unfinished(layout, Unfinished::tail_record);
    if (!pending) return failure(pending.error());
    std::vector<std::string> lines;
    for (const QuarantineFinding& finding : *pending) {
        const LogTailDiscarded tail{finding.wal, finding.offset, finding.bytes, finding.sha256};
        const auto recorded = is_recorded(log, finding.readable_head, tail);
        if (!recorded) return failure(recorded.error());
        if (!*recorded)
            if (auto appended = append_event(log, make_record, tail); !appended)
                return failure(appended.error());
        lines.push_back(
            std::to_string(finding.bytes) +
            " bytes at the end of the log, torn by a crash before they were acknowledged, were discarded");
    }
    if (auto cleared = clear_unfinished(layout, Unfinished::tail_record); !cleared)
        return failure(cleared.error());
    return lines;
}

Result<Timestamp> newest_timestamp(const LogReader& log) {
    const auto cursor = log.read_back(log.head().sequence);
    if (!cursor) return failure(cursor.error());
    Record record;
    for (std::uint64_t looked_at = 0; looked_at < newest_records_max; ++looked_at) {
        const auto more = (*cursor)->next(record);
        if (!more && more.error().code != ErrorCode::audit_chain_invalid) return failure(more.error());
        if (!more || !*more) break;
        if (const auto event = decode_record(record)) return event->timestamp;
    }
    return Timestamp();
}

Result<Head> append_event(Log& log, const RecordMaker& make_record, Body body) {
    const auto not_before = newest_timestamp(log);
    if (!not_before) return failure(not_before.error());
    const SequenceId at = log.head().sequence.next();
    const PendingRecord record = make_record(at, std::move(body), *not_before);
    return log.append({&record, 1}, at);
}

}  // namespace ibkr::events
