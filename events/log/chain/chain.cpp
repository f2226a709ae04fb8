#include "events/log/chain/chain.hpp"

#include <algorithm>
#include <cassert>

#include <nlohmann/json.hpp>

namespace ibkr::events {
namespace {

// The closing zero byte keeps the domains apart from each other whatever follows.
constexpr std::string_view record_domain{"ibkr-agent record\0", 18};

std::string number(SequenceId sequence) {
    return std::to_string(sequence.value());
}

}  // namespace

ChainMac::ChainMac(const LogId& log_id, const Secret& chain_key)
    : log_id_(log_id), hmac_(chain_key.bytes()) {}

Mac ChainMac::mac(SequenceId sequence, const RecordHeader& header, const Mac& previous,
                  std::string_view bytes) {
    std::string position;
    append_be64(position, sequence.value());
    const Digest content = sha256(bytes);
    return hmac_.mac(
        {record_domain, text_of(log_id_), encode(header), position, text_of(previous), text_of(content)});
}

Record ChainMac::extend(Head& head, const LogIdentity& identity, const PendingRecord& pending) {
    Record record;
    record.sequence = head.sequence.next();
    record.header = {record_format, pending.type_number, identity.branch, identity.key_id};
    record.bytes = pending.bytes;
    record.mac = mac(record.sequence, record.header, head.mac, record.bytes);
    head = {record.sequence, record.mac};
    return record;
}

ChainVerifier::ChainVerifier(const KeyRing& keys, Head start, std::vector<AttestedGap> gaps,
                             std::optional<RecordHeader> start_header)
    : keys_(keys.copy()), gaps_(std::move(gaps)), at_(start), previous_(start_header) {
    report_.head = start;
    std::erase_if(gaps_, [&](const AttestedGap& gap) { return gap.from <= start.sequence; });
    assert(std::ranges::is_sorted(gaps_, {}, &AttestedGap::from));
}

bool ChainVerifier::add(const Record& record) {
    if (report_.first_break_at_sequence) return false;
    pass_gaps();
    ChainMac* const mac = mac_under(record.header.key_id);
    if (std::string why = why_broken(record, mac); !why.empty()) {
        break_at_next(std::move(why), record.sequence == at_.sequence.next() ? record.bytes : "");
        return false;
    }
    accept(record, mac != nullptr);
    return true;
}

std::string ChainVerifier::why_broken(const Record& record, ChainMac* mac) {
    if (record.sequence != at_.sequence.next())
        return "record " + number(at_.sequence.next()) + " is missing";
    if (std::string why = why_misplaced(record.header); !why.empty()) return why;
    if (record.bytes.empty() || record.bytes.size() > record_bytes_max) return "its length is not allowed";
    if (mac == nullptr) {
        const auto& ranges = report_.not_verified;
        return ranges.size() < unverified_ranges_max ? "" : "too many ranges are under keys not at hand";
    }
    if (!equal_in_constant_time(record.mac, mac->mac(record.sequence, record.header, at_.mac, record.bytes)))
        return "its mac does not fit its content and its predecessor";
    return {};
}

std::string ChainVerifier::why_misplaced(const RecordHeader& header) const {
    if (header.format != record_format) return "its format is not known";
    if (std::string why = why_of_another_key(header); !why.empty()) return why;
    // At the log's beginning everything is known; from a trusted head on, the first record is believed.
    const bool resumes = header.type_number == log_resumed_type;
    bool follows = header.branch == first_branch || at_.sequence != SequenceId();
    if (previous_) {
        const std::uint32_t expected = previous_->branch + (resumes ? 1 : 0);
        follows = after_gap_ ? header.branch >= expected : header.branch == expected;
    }
    if (resumes && header.branch <= first_branch) follows = false;
    return follows ? std::string() : "it names branch " + std::to_string(header.branch);
}

std::string ChainVerifier::why_of_another_key(const RecordHeader& header) const {
    const bool activates = header.type_number == audit_key_activated_type;
    const bool retired = previous_ && previous_->type_number == audit_key_retired_type;
    const bool same = previous_ && header.key_id == previous_->key_id;
    if (same && !activates && !retired) return {};
    // 0 when it is not known.
    const std::uint32_t epoch = keys_.epoch_of(header.key_id).value_or(0);
    const std::uint32_t before = previous_ ? keys_.epoch_of(previous_->key_id).value_or(0) : 0;
    bool follows = true;
    if (!previous_ && at_.sequence == SequenceId()) {
        const bool first_is_known = !keys_.empty() && keys_.names().front().epoch == first_epoch;
        follows = !activates && (epoch == first_epoch || (epoch == 0 && !first_is_known));
    } else if (after_gap_) {
        follows = epoch == 0 || epoch >= before;
    } else if (previous_) {
        if (retired && !activates) return "no key was activated after one was retired";
        if (activates && !retired) return "it activates a key although none was retired";
        follows = activates && !same && (epoch == 0 || epoch > before);
    }
    return follows ? std::string() : "it names key " + hex(header.key_id);
}

void ChainVerifier::pass_gaps() {
    while (!gaps_.empty() && gaps_.front().from == at_.sequence.next()) {
        at_ = {gaps_.front().to, gaps_.front().mac};
        report_.attested_gaps.push_back(gaps_.front());
        gaps_.erase(gaps_.begin());
        after_gap_ = true;
    }
}

void ChainVerifier::accept(const Record& record, bool verified) {
    ++report_.events_scanned;
    report_.head = at_ = {record.sequence, record.mac};
    previous_ = record.header;
    after_gap_ = false;
    if (record.header.type_number == log_resumed_type) {
        if (report_.resumptions.size() == resumptions_kept_max)
            report_.resumptions.erase(report_.resumptions.begin());
        report_.resumptions.push_back({record.sequence, record.header.branch});
    }
    const KeyId& key_id = record.header.key_id;
    if (verified) {
        if (!report_.keys_used.empty() && report_.keys_used.back().key_id == key_id) return;
        const EpochKey used{*keys_.epoch_of(key_id), key_id};
        const auto place = std::ranges::lower_bound(report_.keys_used, used.epoch, {},
                                                    [](const EpochKey& k) { return k.epoch; });
        if (place == report_.keys_used.end() || *place != used) report_.keys_used.insert(place, used);
        return;
    }
    auto& ranges = report_.not_verified;
    if (!ranges.empty() && ranges.back().key_id == key_id && ranges.back().to.next() == record.sequence)
        ranges.back().to = record.sequence;
    else
        ranges.push_back({record.sequence, record.sequence, key_id});
    if (report_.chain_valid)
        report_.reason = "record " + number(record.sequence) + " and others are under key " + hex(key_id) +
                         ", which is not at hand";
    report_.chain_valid = false;
}

void ChainVerifier::break_at_next(std::string reason, std::string_view bytes) {
    if (report_.first_break_at_sequence) return;
    pass_gaps();
    ++report_.events_scanned;
    report_.chain_valid = false;
    report_.first_break_at_sequence = at_.sequence.next();
    report_.first_break_event_id = event_id_in(bytes);
    report_.reason = std::move(reason);
}

void ChainVerifier::finish() {
    const auto attested = [&](const AttestedGap& gap) { return gap.attested_by <= report_.head.sequence; };
    if (previous_ && previous_->type_number == audit_key_retired_type)
        break_at_next("no key was activated after one was retired");
    else if (!std::ranges::all_of(report_.attested_gaps, attested))
        break_at_next("the record that attests a gap is missing");
}

ChainMac* ChainVerifier::mac_under(const KeyId& key_id) {
    if (!macs_.empty() && macs_.back().first == key_id) return &macs_.back().second;
    const auto known = std::ranges::find(macs_, key_id, [](const auto& entry) { return entry.first; });
    if (known != macs_.end()) return &known->second;
    const Secret* const key = keys_.find(key_id);
    if (key == nullptr) return nullptr;
    return &macs_.emplace_back(key_id, ChainMac(keys_.log_id(), *key)).second;
}

std::string event_id_in(std::string_view bytes) {
    const auto json = nlohmann::json::parse(bytes, nullptr, false);
    if (!json.is_object()) return {};
    const auto id = json.find("event_id");
    if (id == json.end() || !id->is_string() || !is_uuid(id->get_ref<const std::string&>())) return {};
    return id->get<std::string>();
}

}  // namespace ibkr::events
