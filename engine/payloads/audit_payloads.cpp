#include "engine/payloads/audit_payloads.hpp"

#include <algorithm>

#include "events/event_codec.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::failure;
using events::omit_empty;
using events::Result;
using events::SequenceId;

struct HeadPayload {
    SequenceId sequence_id;
    std::string mac;

    HeadPayload() = default;
    explicit HeadPayload(const events::Head& head) : sequence_id(head.sequence), mac(events::hex(head.mac)) {}

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("mac", self.mac);
        v("sequence_id", self.sequence_id);
    }
    friend bool operator==(const HeadPayload&, const HeadPayload&) = default;
};

struct TailEntry {
    SequenceId sequence_id;
    events::EmbeddedJson event;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("event", self.event);
        v("sequence_id", self.sequence_id);
    }
};

struct TailPayload {
    std::vector<TailEntry> events;
    HeadPayload head;
    SequenceId verified_from_sequence;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("events", self.events);
        v("head", self.head);
        v("verified_from_sequence", self.verified_from_sequence);
    }
};

struct AnchorPayload {
    std::string name;
    SequenceId sequence_id;
    std::string mac;
    std::string state;  ///< equal | behind | ahead | missing

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("mac", self.mac);
        v("name", self.name);
        v("sequence_id", self.sequence_id);
        v("state", self.state);
    }
};

struct GapPayload {
    SequenceId from_sequence;
    SequenceId to_sequence;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("from_sequence", self.from_sequence);
        v("to_sequence", self.to_sequence);
    }
};

struct VerifyPayload {
    const events::VerifyReport& report;
    HeadPayload head;
    std::string key;
    std::vector<AnchorPayload> anchors{};
    std::vector<GapPayload> attested_gaps{};

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("anchors", self.anchors);
        v("attested_gaps", self.attested_gaps);
        v("chain_valid", self.report.chain_valid);
        v("events_scanned", self.report.events_scanned);
        v("first_break_at_sequence", self.report.first_break_at_sequence);
        v("first_break_event_id", omit_empty(self.report.first_break_event_id));
        v("head", self.head);
        v("key", self.key);
        v("reason", omit_empty(self.report.reason));
    }
};

tl::unexpected<events::Error> broken(const events::VerifyReport& report) {
    const std::uint64_t at = report.first_break_at_sequence.value_or(SequenceId{}).value();
    return failure(
        events::Error{ErrorCode::audit_write_failed,
                      "the chain does not hold at sequence " + std::to_string(at) + ": " + report.reason,
                      false,
                      "Run 'ibkr-agent audit verify', stop writing and keep a copy of the data directory.",
                      {}});
}

/// What stands before `first`: nothing, or the mac of the record before it.
Result<events::Head> head_before(const events::LogReader& log, SequenceId first) {
    if (first.value() == 1) return events::Head{};
    auto cursor = log.read(SequenceId(first.value() - 1));
    if (!cursor) return failure(cursor.error());
    events::Record record;
    auto more = (*cursor)->next(record);
    if (!more) return failure(more.error());
    if (!*more) return failure(ErrorCode::audit_chain_invalid, "the log ends before its head");
    return events::Head{record.sequence, record.mac};
}

/// The events from `first` to `head`, oldest first, with their chain verified.
Result<std::vector<TailEntry>> verified_tail(const events::LogReader& log, const events::LogKeys& keys,
                                             SequenceId first, SequenceId head) {
    auto before = head_before(log, first);
    if (!before) return failure(before.error());
    auto cursor = log.read(first);
    if (!cursor) return failure(cursor.error());
    events::ChainVerifier verifier(keys, *before);
    std::vector<TailEntry> entries;
    events::Record record;
    while (entries.empty() || entries.back().sequence_id < head) {
        auto more = (*cursor)->next(record);
        if (!more) return failure(more.error());
        if (!*more) break;
        if (!verifier.add(record)) return broken(verifier.report());
        if (auto event = events::decode_record(record); !event) return failure(event.error());
        entries.push_back({record.sequence, {record.bytes}});
    }
    return entries;
}

}  // namespace

Result<std::string> audit_tail_payload(const events::LogReader& log, const events::LogKeys& keys,
                                       std::uint32_t limit, bool full) {
    const events::Head head = log.head();
    const std::uint64_t shown = std::min<std::uint64_t>(audit_tail_limit(limit), head.sequence.value());
    const SequenceId first(head.sequence.value() - shown + 1);
    if (full) {
        auto report = events::verify_chain(log, keys);
        if (!report) return failure(report.error());
        if (!report->chain_valid) return broken(*report);
    }
    TailPayload payload{{}, HeadPayload(head), full ? SequenceId(1) : first};
    if (shown > 0) {
        auto entries = verified_tail(log, keys, first, head.sequence);
        if (!entries) return failure(entries.error());
        payload.events.assign(std::make_move_iterator(entries->rbegin()),
                              std::make_move_iterator(entries->rend()));
    }
    return events::to_canonical_json(payload);
}

std::string verify_payload(const events::VerifyReport& report, const events::Head& log_head,
                           std::string_view key_origin) {
    return events::to_canonical_json(VerifyPayload{report, HeadPayload(log_head), std::string(key_origin)});
}

}  // namespace ibkr::engine
