#include <algorithm>

#include "engine/payloads/audit_payloads.hpp"
#include "events/crypto/sha256.hpp"
#include "events/json/describe_codec.hpp"
#include "events/log/export.hpp"

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

/// The sequences that are meant: a named end wins, the limit counts back from the last.
Result<events::ExportRange> range_of(const AuditExportRequest& request, SequenceId head) {
    const std::uint64_t last = std::min(request.to_sequence.value_or(head.value()), head.value());
    const std::uint64_t limit =
        std::clamp<std::uint64_t>(request.limit, 1, std::uint64_t{audit_export_records_max});
    const std::uint64_t newest = last > limit ? last - limit + 1 : 1;
    const std::uint64_t first = request.from_sequence.value_or(newest);
    if (first == 0 || first > last)
        return bad_range("the log holds no records from " + std::to_string(first) + " to " +
                         std::to_string(last));
    if (last - first >= audit_export_records_max)
        return bad_range("one export holds at most " + std::to_string(audit_export_records_max) + " records");
    return events::ExportRange{SequenceId(first), SequenceId(last)};
}

}  // namespace

Result<std::string> audit_export_payload(const events::LogReader& log, const events::LogKeys& keys,
                                         const AuditExportRequest& request, std::string export_id,
                                         events::Timestamp created_at) {
    auto range = range_of(request, log.head().sequence);
    if (!range) return failure(range.error());
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
    auto written = events::write_export(log, keys, *range, collect);
    if (!written) return failure(written.error());
    payload.range = {request.limit, written->to.value() - written->from.value() + 1, written->from,
                     written->to};
    payload.file_hash = events::hex(events::sha256(payload.payload_jsonl));
    return events::to_canonical_json(payload);
}

}  // namespace ibkr::engine
