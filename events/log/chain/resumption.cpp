#include "events/log/chain/resumption.hpp"

#include <algorithm>
#include <ranges>

#include "events/event_codec.hpp"
#include "events/log/chain/chain.hpp"

namespace ibkr::events {
namespace {

tl::unexpected<Error> not_a_resumption(const Record& record, std::string_view why) {
    return failure(ErrorCode::audit_chain_invalid, "record " + std::to_string(record.sequence.value()) +
                                                       " attests no gap: " + std::string(why));
}

/// A resumption that verified: its gaps, and the record that it chains to.
struct Resumption {
    std::vector<AttestedGap> gaps;
    SequenceId from;
};

Result<Resumption> read(const Record& record, const KeyRing& keys) {
    if (record.header.type_number != log_resumed_type)
        return not_a_resumption(record, "it is no log_resumed");
    const Secret* const key = keys.find(record.header.key_id);
    if (key == nullptr) return not_a_resumption(record, "its key is not at hand");
    auto event = decode_record(record);
    if (!event) return not_a_resumption(record, event.error().message);
    const auto* const body = std::get_if<LogResumed>(&event->body);
    if (body == nullptr) return not_a_resumption(record, "its body is of another type");
    Mac last_mac{};
    if (!from_hex(body->last_mac, last_mac)) return not_a_resumption(record, "last_mac");
    const Mac expected =
        ChainMac(keys.log_id(), *key).mac(record.sequence, record.header, last_mac, record.bytes);
    if (!equal_in_constant_time(record.mac, expected))
        return not_a_resumption(record, "its mac does not hold");
    if (body->from == SequenceId() || body->from > body->to || body->to.next() != record.sequence)
        return not_a_resumption(record, "its range does not end before it");
    if (body->gaps.size() > resumption_gaps_max) return not_a_resumption(record, "it lists too many gaps");

    Resumption resumption;
    resumption.from = body->from;
    SequenceId after;  // where the last gap ended
    for (const LostRange& lost : body->gaps) {
        AttestedGap gap{lost.from, lost.to, {}, record.sequence};
        if (!from_hex(lost.mac, gap.mac)) return not_a_resumption(record, "the mac of a gap");
        if (lost.from <= after || lost.from > lost.to || lost.to >= body->from)
            return not_a_resumption(record, "its gaps are not ascending ranges before it");
        after = lost.to;
        add_gap(resumption.gaps, gap);
    }
    if (body->from < body->to)
        add_gap(resumption.gaps, {body->from.next(), body->to, last_mac, record.sequence});
    return resumption;
}

/// The first record of `newest`'s branch, found by halves because branches only grow; nothing when a hole or
/// a changed header hides it.
Result<std::optional<Record>> first_of_branch(const RawRecords& records, const Record& newest) {
    std::uint64_t low = 1;
    std::uint64_t high = newest.sequence.value();
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        const auto record = records.at_or_before(SequenceId(middle));
        if (!record) return failure(record.error());
        if (!*record || (*record)->sequence.value() < low || (*record)->header.branch < newest.header.branch)
            low = middle + 1;
        else
            high = (*record)->sequence.value();
    }
    return records.at(SequenceId(low));
}

/// The record that began `newest`'s branch; nothing when it cannot be found.
Result<std::optional<Record>> find_beginning(const RawRecords& records, const Record& newest,
                                             const std::vector<SequenceId>& hints,
                                             const std::vector<AttestedGap>& gaps, const KeyRing& keys) {
    const auto begins_it = [&](const std::optional<Record>& record) {
        return record && record->header.branch == newest.header.branch &&
               gap_at(gaps, record->sequence) == nullptr && read(*record, keys).has_value();
    };
    if (begins_it(newest)) return newest;
    for (const SequenceId hint : hints | std::views::reverse) {
        if (hint >= newest.sequence) continue;
        auto record = records.at(hint);
        if (!record || begins_it(*record)) return record;
    }
    if (auto first = first_of_branch(records, newest); !first || begins_it(*first)) return first;
    for (SequenceId at = newest.sequence; at > SequenceId(1);) {
        const AttestedGap* const gap = gap_at(gaps, SequenceId(at.value() - 1));
        at = gap != nullptr ? gap->from : SequenceId(at.value() - 1);
        if (gap != nullptr) continue;
        auto record = records.at_or_before(at);
        if (!record || begins_it(*record)) return record;
        if (!*record || (*record)->header.branch < newest.header.branch) break;
        at = (*record)->sequence;
    }
    return std::optional<Record>();
}

}  // namespace

Result<std::vector<AttestedGap>> read_resumption(const Record& record, const KeyRing& keys) {
    auto resumption = read(record, keys);
    if (!resumption) return failure(resumption.error());
    return std::move(resumption->gaps);
}

void add_gap(std::vector<AttestedGap>& gaps, AttestedGap gap) {
    const auto touches = [&](const AttestedGap& other) {
        return other.from <= gap.to.next() && gap.from <= other.to.next();
    };
    for (const AttestedGap& other : gaps) {
        if (!touches(other)) continue;
        gap.from = std::min(gap.from, other.from);
        gap.attested_by = std::max(gap.attested_by, other.attested_by);
        if (other.to > gap.to) gap.to = other.to, gap.mac = other.mac;
    }
    // Taking several in widened the range, but never into a further one: those were apart from each other.
    std::erase_if(gaps,
                  [&](const AttestedGap& other) { return gap.from <= other.from && other.to <= gap.to; });
    gaps.insert(std::ranges::lower_bound(gaps, gap.from, {}, &AttestedGap::from), gap);
}

const AttestedGap* gap_at(const std::vector<AttestedGap>& gaps, SequenceId sequence) noexcept {
    const auto after = std::ranges::upper_bound(gaps, sequence, {}, &AttestedGap::from);
    if (after == gaps.begin()) return nullptr;
    const AttestedGap& gap = *std::prev(after);
    return sequence <= gap.to ? &gap : nullptr;
}

GapWalk::GapWalk(std::vector<AttestedGap> gaps, SequenceId at, SequenceId last, bool forward)
    : gaps_(std::move(gaps)), at_(at), last_(last), forward_(forward) {
    settle();
}

void GapWalk::step() {
    if (ended_ || at_ == last_) {
        ended_ = true;
        return;
    }
    at_ = forward_ ? at_.next() : SequenceId(at_.value() - 1);
    settle();
}

void GapWalk::settle() {
    ended_ = forward_ ? at_ > last_ : at_ < last_;
    const AttestedGap* const gap = ended_ ? nullptr : gap_at(gaps_, at_);
    jumped_ = gap != nullptr;
    if (gap == nullptr) return;
    ended_ = forward_ ? gap->to >= last_ : gap->from <= last_;
    if (!ended_) at_ = forward_ ? gap->to.next() : SequenceId(gap->from.value() - 1);
}

Result<std::vector<AttestedGap>> find_gaps(const RawRecords& records, const Record& newest,
                                           const std::vector<SequenceId>& hints, const KeyRing& keys) {
    std::vector<AttestedGap> gaps;
    Record at = newest;
    while (at.header.branch > first_branch) {
        auto beginning = find_beginning(records, at, hints, gaps, keys);
        if (!beginning) return failure(beginning.error());
        if (!*beginning) break;
        auto resumption = read(**beginning, keys);
        if (!resumption) return failure(resumption.error());
        for (const AttestedGap& gap : resumption->gaps)
            add_gap(gaps, gap);
        auto before = records.at_or_before(resumption->from);
        if (!before) return failure(before.error());
        if (!*before) break;
        at = std::move(**before);
    }
    return gaps;
}

}  // namespace ibkr::events
