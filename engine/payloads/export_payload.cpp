#include <algorithm>
#include <ranges>

#include "engine/payloads/audit_payloads.hpp"
#include "events/crypto/sha256.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;
using events::SequenceId;

struct RangePayload {
    std::uint32_t requested_limit = 0;
    std::uint64_t exported_count = 0;
    SequenceId from_sequence;
    SequenceId to_sequence;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("exported_count", self.exported_count);
        v("from_sequence", self.from_sequence);
        v("requested_limit", self.requested_limit);
        v("to_sequence", self.to_sequence);
    }
    friend bool operator==(const RangePayload&, const RangePayload&) = default;
};

struct ExportPayload {
    std::string export_id;
    RangePayload range;
    events::Timestamp created_at;
    std::string file_hash;
    std::string payload_jsonl;
    std::string format = "jsonl";
    std::string redaction_policy = "redacted_audit_events_only";

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("created_at", self.created_at);
        v("export_id", self.export_id);
        v("file_hash", self.file_hash);
        v("format", self.format);
        v("payload_jsonl", self.payload_jsonl);
        v("range", self.range);
        v("redaction_policy", self.redaction_policy);
    }
};

tl::unexpected<events::Error> bad_range(std::string message) {
    return failure(ErrorCode::input_invalid_time_range, std::move(message),
                   "Name sequences from 1 to the log's head, with the first not after the last.");
}

}  // namespace

SequenceId first_of_newest(const std::vector<events::AttestedGap>& gaps, SequenceId last,
                           std::uint64_t count) {
    std::uint64_t end = last.value();
    for (const events::AttestedGap& gap : gaps | std::views::reverse) {
        if (gap.from > SequenceId(end)) continue;
        const std::uint64_t after = end - std::min(gap.to.value(), end);
        if (count <= after) break;
        count -= after;
        end = gap.from.value() - 1;
    }
    return SequenceId(end > count ? end - count + 1 : 1);
}

std::uint64_t records_between(const std::vector<events::AttestedGap>& gaps, SequenceId from, SequenceId to) {
    if (from > to) return 0;
    std::uint64_t records = to.value() - from.value() + 1;
    for (const events::AttestedGap& gap : gaps) {
        const SequenceId first = std::max(gap.from, from);
        const SequenceId last = std::min(gap.to, to);
        if (first <= last) records -= last.value() - first.value() + 1;
    }
    return records;
}

Result<events::ExportRange> audit_export_range(const events::LogReader& log,
                                               const AuditExportRequest& request) {
    const std::uint64_t head = log.head().sequence.value();
    const std::vector<events::AttestedGap> gaps = log.gaps();
    const SequenceId last(std::min(request.to_sequence.value_or(head), head));
    const std::uint64_t limit =
        std::clamp<std::uint64_t>(request.limit, 1, std::uint64_t{audit_export_records_max});
    const SequenceId first =
        request.from_sequence ? SequenceId(*request.from_sequence) : first_of_newest(gaps, last, limit);
    if (first == SequenceId() || records_between(gaps, first, last) == 0)
        return bad_range("the log holds no records from " + std::to_string(first.value()) + " to " +
                         std::to_string(last.value()));
    return events::ExportRange{first, last};
}

Result<std::string> audit_export_payload(const events::LogReader& log, const events::LogKeys& keys,
                                         const AuditExportRequest& request, std::string export_id,
                                         events::Timestamp created_at, const events::Progress& progress) {
    auto range = audit_export_range(log, request);
    if (!range) return failure(range.error());
    const std::uint64_t count = records_between(log.gaps(), range->from, *range->to);
    if (count > audit_export_records_max)
        return bad_range("one export holds at most " + std::to_string(audit_export_records_max) + " records");
    ExportPayload payload;
    payload.export_id = std::move(export_id);
    payload.created_at = created_at;
    const auto collect = [&](std::string_view piece) -> Result<void> {
        if (payload.payload_jsonl.size() + piece.size() > audit_export_bytes_max)
            return bad_range("this export would have more than " + std::to_string(audit_export_bytes_max) +
                             " bytes; export it in parts");
        payload.payload_jsonl.append(piece);
        return {};
    };
    auto written = events::write_export(log, keys, *range, collect, progress);
    if (!written) return failure(written.error());
    payload.range = {request.limit, count, written->from, written->to};
    payload.file_hash = events::hex(events::sha256(payload.payload_jsonl));
    return events::to_canonical_json(payload);
}

}  // namespace ibkr::engine
