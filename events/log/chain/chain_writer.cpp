#include "events/log/chain/chain_writer.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace ibkr::events {
namespace {

/// Without a gap before it no record could be under a later key.
constexpr const char* rotation_is_lost =
    "the rotation of the audit key is lost; the log goes on with a resumption that attests the loss only";

tl::unexpected<Error> refused(std::string message) {
    return failure(Error{ErrorCode::audit_write_failed,
                         std::move(message),
                         false,
                         "Nothing was written. Report this message; the log itself is unharmed.",
                         {}});
}

/// The branch a resumption at `at` begins. Right after the head it is one more than the head's. Beyond a lost
/// range the keys file may know of branches that were lost with it; their numbers are not used again.
std::uint32_t next_branch(const ChainTip& tip, const std::vector<SequenceId>& hints, SequenceId at) {
    if (at == tip.head.sequence.next()) return tip.identity.branch + 1;
    const auto known = std::ranges::count_if(hints, [&](SequenceId hint) { return hint < at; });
    return std::max(tip.identity.branch, first_branch + static_cast<std::uint32_t>(known)) + 1;
}

}  // namespace

std::optional<EpochKey> key_in_force(const LogKeys& keys, const KeyId& newest) {
    const LogIdentity& ours = keys.identity();
    if (newest == ours.key_id) return EpochKey{ours.epoch, ours.key_id};
    const auto epoch = keys.ring().epoch_of(newest);
    // The new secret opened the file of a rotation whose two records are not written yet.
    const bool before_ours = keys.rotating() && keys.rotating_to()->epoch == ours.epoch;
    if (epoch && before_ours && *epoch + 1 == ours.epoch) return EpochKey{*epoch, newest};
    return {};
}

Result<bool> fits_predecessor(const Record& record, const RawRecords& records,
                              const std::vector<AttestedGap>& gaps, const KeyRing& keys) {
    const Secret* const key = keys.find(record.header.key_id);
    if (key == nullptr) return false;
    Mac previous{};
    if (const SequenceId before(record.sequence.value() - 1); before >= SequenceId(1)) {
        if (const AttestedGap* gap = gap_at(gaps, before)) {
            previous = gap->mac;
        } else {
            auto predecessor = records.at(before);
            if (!predecessor) return failure(predecessor.error());
            if (!*predecessor) return false;
            previous = (*predecessor)->mac;
        }
    }
    ChainMac mac(keys.log_id(), *key);
    return equal_in_constant_time(mac.mac(record.sequence, record.header, previous, record.bytes),
                                  record.mac);
}

ChainWriter::ChainWriter(ChainTip tip, KeyRing ring, ChainMac mac, std::vector<SequenceId> hints)
    : tip_(std::move(tip)), ring_(std::move(ring)), mac_(std::move(mac)), hints_(std::move(hints)) {}

ChainWriter::ChainWriter(const LogKeys& keys)
    : ChainWriter({{}, keys.identity(), {}}, keys.ring().copy(), ChainMac(keys), keys.resumptions()) {}

Result<ChainWriter> ChainWriter::open(const LogKeys& keys, const Record& newest, const RawRecords& records) {
    const auto other_key = [&] {
        return failure(ErrorCode::log_key_mismatch, "the log goes on under key " + hex(newest.header.key_id) +
                                                        ", the supplied secret gives key " +
                                                        keys.identity().key_id_hex());
    };
    auto key = key_in_force(keys, newest.header.key_id);
    const auto earlier = keys.ring().epoch_of(newest.header.key_id);
    const bool rotation_lost = !key && keys.resuming() && earlier && *earlier < keys.identity().epoch;
    if (rotation_lost) key = EpochKey{*earlier, newest.header.key_id};
    const auto rotated_to = keys.rotating_to();
    if (!key && rotated_to && rotated_to->key_id == newest.header.key_id) return other_key();
    auto gaps = find_gaps(records, newest, keys.resumptions(), keys.ring());
    if (!gaps) return failure(gaps.error());
    auto fits = fits_predecessor(newest, records, *gaps, keys.ring());
    if (!fits) return failure(fits.error());
    if (!*fits)
        return failure(ErrorCode::audit_chain_invalid,
                       "record " + std::to_string(newest.sequence.value()) +
                           " has a mac that does not fit its content and its predecessor");
    if (!key) return other_key();
    const LogIdentity identity{keys.identity().log_id, key->key_id, key->epoch, newest.header.branch};
    const Secret* const chain_key = keys.ring().find(key->key_id);
    assert(chain_key != nullptr);
    ChainWriter writer({{newest.sequence, newest.mac}, identity, std::move(*gaps)}, keys.ring().copy(),
                       ChainMac(identity.log_id, *chain_key), keys.resumptions());
    if (rotation_lost) writer.resume_under_ = EpochKey{keys.identity().epoch, keys.identity().key_id};
    return writer;
}

Result<ChainWriter::Next> ChainWriter::append(std::span<const PendingRecord> records,
                                              SequenceId expected_next, const Sink& sink) {
    if (auto checked = check_append(records, expected_next, tip_.head); !checked)
        return failure(checked.error());
    if (resume_under_) return refused(rotation_is_lost);
    Next next{tip_, {}, {}};
    for (const PendingRecord& pending : records)
        sink(mac_.extend(next.tip.head, tip_.identity, pending));
    return next;
}

Result<ChainWriter::Next> ChainWriter::append_resumed(const PendingRecord& record, SequenceId at,
                                                      const Sink& sink) {
    if (auto checked = check_append({&record, 1}, tip_.head.sequence.next(), tip_.head); !checked)
        return failure(checked.error());
    if (record.type_number != log_resumed_type)
        return refused("a log is resumed by a log_resumed record only");
    if (tip_.head.sequence == SequenceId() || at <= tip_.head.sequence)
        return refused("a log is resumed beyond its head, record " +
                       std::to_string(tip_.head.sequence.value()) + ", not at " + std::to_string(at.value()));
    if (at.value() >= sequence_limit)
        return refused("record " + std::to_string(at.value()) +
                       " is beyond the highest sequence a log can have");
    Next next{tip_, {}, {}};
    next.tip.identity.branch = next_branch(tip_, hints_, at);
    if (next.tip.identity.branch > first_branch + resumptions_max)
        return refused("the log was resumed " + std::to_string(resumptions_max) +
                       " times, which is the limit");
    next.tip.head.sequence = SequenceId(at.value() - 1);
    if (resume_under_) {
        if (at == tip_.head.sequence.next()) return refused(rotation_is_lost);
        const Secret* const chain_key = ring_.find(resume_under_->key_id);
        assert(chain_key != nullptr && resume_under_->epoch > tip_.identity.epoch);
        next.tip.identity.key_id = resume_under_->key_id;
        next.tip.identity.epoch = resume_under_->epoch;
        next.mac.emplace(tip_.identity.log_id, *chain_key);
    }
    const Record made = (next.mac ? *next.mac : mac_).extend(next.tip.head, next.tip.identity, record);
    const auto gaps = read_resumption(made, ring_);
    if (!gaps) return refused("the record does not attest the resumption: " + gaps.error().message);
    // A gap whose record is given up is attested no more, unless the new record lists it again.
    std::erase_if(next.tip.gaps, [&](const AttestedGap& gap) { return gap_at(*gaps, gap.attested_by); });
    for (const AttestedGap& gap : *gaps)
        add_gap(next.tip.gaps, gap);
    const AttestedGap* const lost = gap_at(next.tip.gaps, SequenceId(at.value() - 1));
    const SequenceId after_head = tip_.head.sequence.next();
    if (at == after_head ? lost != nullptr : lost == nullptr || lost->from != after_head)
        return refused("the record does not attest exactly the range before it");
    sink(made);
    return next;
}

Result<ChainWriter::Next> ChainWriter::append_rotation(const PendingRecord& retired,
                                                       const PendingRecord& activated,
                                                       const LogKeys& next_keys, const Sink& sink) {
    const std::array<PendingRecord, 2> both{retired, activated};
    if (auto checked = check_append(both, tip_.head.sequence.next(), tip_.head); !checked)
        return failure(checked.error());
    if (resume_under_) return refused(rotation_is_lost);
    if (retired.type_number != audit_key_retired_type || activated.type_number != audit_key_activated_type)
        return refused("a key is rotated by audit_key_retired and audit_key_activated");
    const LogIdentity& now = tip_.identity;
    const LogIdentity& after = next_keys.identity();
    if (after.log_id != now.log_id || after.epoch != now.epoch + 1)
        return refused("the next keys are not those of this log, one epoch on");
    Next next{tip_, ChainMac(next_keys), next_keys.ring().copy()};
    next.tip.identity.key_id = after.key_id;
    next.tip.identity.epoch = after.epoch;
    sink(mac_.extend(next.tip.head, now, retired));
    sink(next.mac->extend(next.tip.head, next.tip.identity, activated));
    return next;
}

void ChainWriter::commit(Next next) {
    tip_ = std::move(next.tip);
    if (next.mac) mac_ = std::move(*next.mac);
    if (next.ring) ring_ = std::move(*next.ring);
    resume_under_.reset();
}

}  // namespace ibkr::events
