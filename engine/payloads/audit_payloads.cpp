#include "engine/payloads/audit_payloads.hpp"

#include <algorithm>

#include "events/event_codec.hpp"
#include "events/json/describe_codec.hpp"
#include "events/log/chain/predecessor.hpp"

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
    std::string state;

    AnchorPayload() = default;
    explicit AnchorPayload(const events::AnchorStanding& anchor)
        : name(anchor.name),
          sequence_id(anchor.head.sequence),
          mac(events::hex(anchor.head.mac)),
          state(to_string(anchor.state)) {}

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
    SequenceId attested_by;

    GapPayload() = default;
    explicit GapPayload(const events::AttestedGap& gap)
        : from_sequence(gap.from), to_sequence(gap.to), attested_by(gap.attested_by) {}

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("attested_by", self.attested_by);
        v("from_sequence", self.from_sequence);
        v("to_sequence", self.to_sequence);
    }
};

struct UnverifiedPayload {
    SequenceId from_sequence;
    SequenceId to_sequence;
    std::string key_id;

    UnverifiedPayload() = default;
    explicit UnverifiedPayload(const events::UnverifiedRange& range)
        : from_sequence(range.from), to_sequence(range.to), key_id(events::hex(range.key_id)) {}

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("from_sequence", self.from_sequence);
        v("key_id", self.key_id);
        v("to_sequence", self.to_sequence);
    }
};

struct ResumptionPayload {
    std::uint32_t branch = 0;
    SequenceId sequence_id;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("branch", self.branch);
        v("sequence_id", self.sequence_id);
    }
};

struct VerifyPayload {
    events::VerifyReport report;
    HeadPayload head;
    std::string key;
    std::vector<AnchorPayload> anchors;
    std::vector<GapPayload> attested_gaps;
    std::vector<UnverifiedPayload> not_verified;
    std::vector<ResumptionPayload> resumptions;

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
        v("not_verified", omit_empty(self.not_verified));
        v("reason", omit_empty(self.report.reason));
        v("resumptions", omit_empty(self.resumptions));
    }
};

/// A log that does not reach one of its anchors, or says something else there, breaks at that place.
void judge_anchors(events::VerifyReport& report, const events::Head& log_head,
                   const std::vector<events::AnchorStanding>& anchors) {
    for (const events::AnchorStanding& anchor : anchors) {
        if (anchor.state != events::AnchorStanding::State::ahead) continue;
        const SequenceId at = std::min(anchor.head.sequence, log_head.sequence.next());
        if (report.first_break_at_sequence && *report.first_break_at_sequence <= at) continue;
        report.chain_valid = false;
        report.first_break_at_sequence = at;
        report.first_break_event_id.clear();
        report.reason = "the " + anchor.name + " anchor stands at record " +
                        std::to_string(anchor.head.sequence.value()) +
                        (anchor.head.sequence > log_head.sequence ? ", which the log does not reach"
                                                                  : ", where the log has another record");
    }
}

tl::unexpected<events::Error> broken(const events::VerifyReport& report) {
    const std::uint64_t at = report.first_break_at_sequence.value_or(SequenceId{}).value();
    return failure(
        events::Error{ErrorCode::audit_write_failed,
                      "the chain does not hold at sequence " + std::to_string(at) + ": " + report.reason,
                      false,
                      "Run 'ibkr-agent audit verify', stop writing and keep a copy of the data directory.",
                      {}});
}

/// The events from `first` to `head`, oldest first, with their chain verified.
Result<std::vector<TailEntry>> verified_tail(const events::LogReader& log, const events::LogKeys& keys,
                                             SequenceId first, SequenceId head) {
    auto before = events::predecessor_of(log, first);
    if (!before) return failure(before.error());
    auto cursor = log.read(first);
    if (!cursor) return failure(cursor.error());
    events::ChainVerifier verifier(keys.ring(), before->head, log.gaps(), before->header);
    std::vector<TailEntry> entries;
    events::Record record;
    while (entries.empty() || entries.back().sequence_id < head) {
        auto more = (*cursor)->next(record);
        if (!more) return failure(more.error());
        if (!*more) break;
        if (!verifier.add(record) || !verifier.report().chain_valid) return broken(verifier.report());
        if (auto event = events::decode_record(record); !event) return failure(event.error());
        entries.push_back({record.sequence, {record.bytes}});
    }
    return entries;
}

}  // namespace

Result<std::string> audit_tail_payload(const events::LogReader& log, const events::LogKeys& keys,
                                       std::uint32_t limit, bool full) {
    const events::Head head = log.head();
    if (full) {
        auto report = events::verify_chain(log, keys.ring());
        if (!report) return failure(report.error());
        if (!report->chain_valid) return broken(*report);
    }
    const SequenceId first = first_of_newest(log.gaps(), head.sequence, audit_tail_limit(limit));
    TailPayload payload{{}, HeadPayload(head), full ? SequenceId(1) : first};
    if (head.sequence != SequenceId()) {
        auto entries = verified_tail(log, keys, first, head.sequence);
        if (!entries) return failure(entries.error());
        payload.events.assign(std::make_move_iterator(entries->rbegin()),
                              std::make_move_iterator(entries->rend()));
    }
    return events::to_canonical_json(payload);
}

std::string verify_payload(events::VerifyReport report, const events::Head& log_head,
                           std::string_view key_origin, const std::vector<events::AnchorStanding>& anchors) {
    judge_anchors(report, log_head, anchors);
    VerifyPayload payload{std::move(report), HeadPayload(log_head), std::string(key_origin), {}, {}, {}, {}};
    for (const events::AnchorStanding& anchor : anchors)
        payload.anchors.emplace_back(anchor);
    for (const events::AttestedGap& gap : payload.report.attested_gaps)
        payload.attested_gaps.emplace_back(gap);
    for (const events::UnverifiedRange& range : payload.report.not_verified)
        payload.not_verified.emplace_back(range);
    for (const events::BranchStart& resumed : payload.report.resumptions)
        payload.resumptions.push_back({resumed.branch, resumed.sequence});
    return events::to_canonical_json(payload);
}

}  // namespace ibkr::engine
