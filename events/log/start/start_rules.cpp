#include "events/log/start/start_rules.hpp"

#include <algorithm>
#include <cassert>

namespace ibkr::events {
namespace {

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string described(const AnchorFinding& anchor) {
    switch (anchor.name) {
        case AnchorName::file:
            return "the anchor file";
        case AnchorName::projection:
            return "the projections' checkpoint";
        case AnchorName::external:
            return "the external anchor";
    }
    return "an anchor";
}

StartVerdict hold(std::string reason, bool can_resume = true) {
    StartVerdict verdict;
    verdict.start = StartVerdict::Start::hold;
    verdict.reason = std::move(reason);
    verdict.can_resume = can_resume;
    return verdict;
}

bool is_file(const AnchorFinding& anchor) noexcept {
    return anchor.name != AnchorName::projection;
}

/// The anchors of a start, asked in the words of the rules. Borrows the findings.
class Anchors {
public:
    explicit Anchors(const StartFindings& findings) : findings_(findings) {}

    [[nodiscard]] AnchorAgreement agreement_of(const AnchorFinding& anchor) const noexcept {
        return agreement(anchor, findings_.head);
    }
    /// The first anchor that stands so and is not the checkpoint of a damaged projection.
    [[nodiscard]] const AnchorFinding* first(AnchorAgreement standing) const {
        for (const AnchorFinding& anchor : findings_.anchors)
            if (agreement_of(anchor) == standing && !is_of_damaged_projection(anchor)) return &anchor;
        return nullptr;
    }
    [[nodiscard]] bool has_usable(AnchorName name) const {
        return std::ranges::any_of(findings_.anchors,
                                   [&](const AnchorFinding& anchor) { return anchor.name == name; });
    }
    /// The highest anchor that agrees and is not `other_than`; a checkpoint of nothing confirms nothing.
    [[nodiscard]] const AnchorFinding* confirming(AnchorName other_than) const {
        const AnchorFinding* best = nullptr;
        for (const AnchorFinding& anchor : findings_.anchors) {
            if (anchor.name == other_than || anchor.head.sequence == SequenceId() ||
                agreement_of(anchor) != AnchorAgreement::agrees || anchor.attested_lost)
                continue;
            if (best == nullptr || anchor.head.sequence > best->head.sequence) best = &anchor;
        }
        return best;
    }
    /// Whether a slot under a MAC names a record that the log has. A checkpoint, which anybody who writes to
    /// the disk could put back, licenses no discard.
    [[nodiscard]] bool slot_agrees() const {
        return std::ranges::any_of(findings_.anchors, [&](const AnchorFinding& anchor) {
            return is_file(anchor) && !anchor.attested_lost && anchor.head.sequence > SequenceId() &&
                   agreement_of(anchor) == AnchorAgreement::agrees;
        });
    }
    /// "A projection checkpoint that disagrees while the anchor file agrees at or beyond its sequence." One
    /// that is not believed is answered by any slot that agrees.
    [[nodiscard]] bool is_of_damaged_projection(const AnchorFinding& anchor) const {
        if (is_file(anchor) || agreement_of(anchor) != AnchorAgreement::contradicts) return false;
        return std::ranges::any_of(findings_.anchors, [&](const AnchorFinding& other) {
            return is_file(other) && !other.attested_lost &&
                   (anchor.implausible || other.head.sequence >= anchor.head.sequence) &&
                   agreement_of(other) == AnchorAgreement::agrees;
        });
    }
    /// Its checkpoint is not of a record that the log has.
    [[nodiscard]] bool projections_disagree() const {
        return std::ranges::any_of(findings_.anchors, [&](const AnchorFinding& anchor) {
            return !is_file(anchor) && (anchor.attested_lost || is_of_damaged_projection(anchor));
        });
    }

private:
    const StartFindings& findings_;
};

// --- Rule 1: an empty or absent log beside any trace of one is held, never a new log.

std::optional<StartVerdict> rule_1_no_new_log(const StartFindings& findings) {
    if (!findings.store_exists) return hold("the log is missing beside its keys and anchors", false);
    if (!findings.unreadable.empty()) return hold(findings.unreadable, false);
    if (findings.head.value() == 0) return hold("the log is empty beside its keys and anchors", false);
    return {};
}

// --- Rule 2: every anchor agrees with the log, and the chain holds back to the last synced one.

/// Empty when there is no such checkpoint.
std::string why_checkpoint_is_ignored(const StartFindings& findings) {
    const auto ignored = std::ranges::find(findings.anchors, true, &AnchorFinding::implausible);
    if (ignored == findings.anchors.end()) return {};
    return described(*ignored) + " names record " + number(ignored->head.sequence.value()) + ", more than " +
           number(checkpoint_lead_records_max) +
           " records beyond the log and its anchor files: it is not believed, and a resumption ignores it";
}

std::string why_anchor_disagrees(const StartFindings& findings) {
    const Anchors anchors(findings);
    if (const AnchorFinding* anchor = anchors.first(AnchorAgreement::ahead))
        return described(*anchor) + " says that the log had reached record " +
               number(anchor->head.sequence.value()) + ", but the log ends at record " +
               number(findings.head.value());
    const AnchorFinding* const anchor = anchors.first(AnchorAgreement::contradicts);
    if (anchor == nullptr) return {};
    if (anchor->implausible) return why_checkpoint_is_ignored(findings);
    if (!anchor->log_mac)
        return "record " + number(anchor->head.sequence.value()) + ", which " + described(*anchor) +
               " names, cannot be read";
    return described(*anchor) + " names another record " + number(anchor->head.sequence.value()) +
           " than the log has";
}

std::optional<StartVerdict> rule_2_anchors_agree(const StartFindings& findings, StartVerdict& verdict) {
    if (std::string why = why_anchor_disagrees(findings); !why.empty()) return hold(std::move(why));
    const Anchors anchors(findings);
    verdict.projections_disagree = anchors.projections_disagree();
    for (const AnchorName name : {AnchorName::file, AnchorName::external}) {
        if (anchors.has_usable(name) || (name == AnchorName::external && !findings.external_configured))
            continue;
        const AnchorFinding* const confirming = anchors.confirming(name);
        if (confirming == nullptr) return hold("no usable anchor is left that could confirm the log's end");
        verdict.rewrites.push_back({name, confirming->name, confirming->head.sequence});
    }
    return {};
}

std::optional<StartVerdict> rule_2_chain_holds(const StartFindings& findings) {
    if (findings.tail_break.empty()) return {};
    return hold(findings.tail_break);
}

/// The keys file drops the old key when the records of the rotation are on disk, never before.
std::optional<StartVerdict> rule_2_rotation_is_there(const StartFindings& findings) {
    if (!findings.rotation_lost) return {};
    return hold(
        "the log ends under an audit key that a rotation has retired: the rotation's records are lost");
}

// --- Rule 3: a torn tail, which nobody was told of, is told apart from a lost one.

std::string why_not_torn(const StartFindings& findings, const std::vector<WalScan>& wals) {
    if (wals.empty() || wals.back().whole())
        return "the store refuses to open although its newest write-ahead file is whole";
    const bool older_damaged =
        std::any_of(wals.begin(), std::prev(wals.end()), [](const WalScan& scan) { return !scan.whole(); });
    if (older_damaged) return "a write-ahead file that is not the newest is damaged";
    const WalScan& newest = wals.back();
    if (newest.decodable_after_damage)
        return "whole batches follow the damage in the write-ahead file: what is damaged had been "
               "acknowledged";
    if (newest.damaged_bytes() > batch_wal_bytes_max)
        return "the damage at the end of the write-ahead file is longer than any batch";
    if (!Anchors(findings).slot_agrees())
        return "the write-ahead file is damaged at its end, and no usable anchor slot is left that could "
               "tell a torn tail from a lost one";
    for (const AnchorFinding& anchor : findings.anchors) {
        if (!is_file(anchor) || anchor.attested_lost || anchor.wal < WalPosition{newest.number, 0}) continue;
        if (anchor.wal.number > newest.number)
            return described(anchor) + " names a newer write-ahead file than there is";
        if (anchor.wal.bytes > newest.good_bytes)
            return "the damage begins before the end of record " + number(anchor.head.sequence.value()) +
                   ", which " + described(anchor) + " names";
    }
    return {};
}

// --- Rule 4: what was held stays held until `log_resumed` is on disk.

std::optional<StartVerdict> rule_4_resumption_is_recorded(const StartFindings& findings) {
    if (!findings.resumption_cut_off) return {};
    return hold("a resumption of the log was cut off before it was recorded");
}

StartVerdict judge_by_rules(const StartFindings& findings) {
    StartVerdict verdict;
    if (auto held = rule_1_no_new_log(findings)) return *held;
    if (auto held = rule_4_resumption_is_recorded(findings)) return *held;
    if (auto held = rule_2_anchors_agree(findings, verdict)) return *held;
    if (auto held = rule_2_rotation_is_there(findings)) return *held;
    if (auto held = rule_2_chain_holds(findings)) return *held;
    return verdict;
}

}  // namespace

std::string_view to_string(AnchorName name) noexcept {
    switch (name) {
        case AnchorName::file:
            return "file";
        case AnchorName::projection:
            return "projection";
        case AnchorName::external:
            return "external";
    }
    return "file";
}

AnchorAgreement agreement(const AnchorFinding& anchor, SequenceId head) noexcept {
    if (anchor.implausible) return AnchorAgreement::contradicts;
    if (anchor.head.sequence > head) return AnchorAgreement::ahead;
    if (anchor.head.sequence.value() == 0 || anchor.attested_lost) return AnchorAgreement::agrees;
    return anchor.log_mac == anchor.head.mac ? AnchorAgreement::agrees : AnchorAgreement::contradicts;
}

void judge_checkpoint(std::vector<AnchorFinding>& anchors, SequenceId head) noexcept {
    SequenceId attested = head;
    for (const AnchorFinding& anchor : anchors)
        if (is_file(anchor)) attested = std::max(attested, anchor.head.sequence);
    for (AnchorFinding& anchor : anchors) {
        const std::uint64_t sequence = anchor.head.sequence.value();
        anchor.implausible = !is_file(anchor) && (sequence >= sequence_limit ||
                                                  sequence > attested.value() + checkpoint_lead_records_max);
    }
}

StartVerdict judge_start(const StartFindings& findings) {
    StartVerdict verdict = judge_by_rules(findings);
    if (verdict.start != StartVerdict::Start::hold) return verdict;
    const std::string ignored = why_checkpoint_is_ignored(findings);
    if (!ignored.empty() && verdict.reason != ignored) verdict.reason += "; " + ignored;
    return verdict;
}

StartVerdict judge_refused_start(const StartFindings& findings, const std::vector<WalScan>& wals) {
    StartVerdict verdict = judge_start(findings);
    if (verdict.start == StartVerdict::Start::hold) return verdict;
    // Rule 4: anything else is held.
    if (std::string why = why_not_torn(findings, wals); !why.empty()) return hold(std::move(why));
    verdict.start = StartVerdict::Start::discard_tail;
    return verdict;
}

SequenceId verify_tail_from(const StartFindings& findings) noexcept {
    SequenceId newest, synced;
    for (const AnchorFinding& anchor : findings.anchors) {
        if (!is_file(anchor) || anchor.head.sequence < newest) continue;
        newest = anchor.head.sequence;
        synced = anchor.synced_sequence;
    }
    const std::uint64_t head = findings.head.value();
    const std::uint64_t from =
        std::min(synced.value(), head > tail_records_min ? head - tail_records_min : 1);
    return SequenceId(std::max<std::uint64_t>(from, 1));
}

SequenceId highest_anchor(const std::vector<AnchorFinding>& anchors) noexcept {
    SequenceId highest;
    for (const AnchorFinding& anchor : anchors)
        if (!anchor.implausible) highest = std::max(highest, anchor.head.sequence);
    return highest;
}

}  // namespace ibkr::events
