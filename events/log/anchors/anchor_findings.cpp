#include "events/log/anchors/anchor_findings.hpp"

#include "events/log/anchors/anchor_file.hpp"
#include "events/log/chain/resumption.hpp"

namespace ibkr::events {
namespace {

/// Puts what the log has beside what an anchor says.
Result<void> compare(AnchorFinding& finding, const LogReader& log, const std::vector<AttestedGap>& gaps) {
    const SequenceId at = finding.head.sequence;
    if (at == SequenceId() || at > log.head().sequence) return {};
    if (const AttestedGap* gap = gap_at(gaps, at)) {
        finding.attested_lost = gap->to != at || gap->mac != finding.head.mac;
        if (gap->to == at) finding.log_mac = gap->mac;
        return {};
    }
    auto record = record_at(log, at);
    if (!record) return failure(record.error());
    if (*record) finding.log_mac = (*record)->mac;
    return {};
}

Result<void> add_slots(std::vector<AnchorFinding>& findings, AnchorName name, const std::string& path,
                       const KeyRing& keys) {
    const auto reading = read_anchor_file(path, keys);
    if (!reading) return failure(reading.error());
    for (const Anchor& anchor : reading->anchors)
        findings.push_back({name, anchor.head, anchor.wal, anchor.synced_sequence, {}, false});
    return {};
}

}  // namespace

Result<std::optional<Record>> record_at(const LogReader& log, SequenceId sequence) {
    auto cursor = log.read(sequence);
    if (!cursor) return failure(cursor.error());
    Record record;
    const auto more = (*cursor)->next(record);
    if (!more && more.error().code != ErrorCode::audit_chain_invalid) return failure(more.error());
    if (!more || !*more || record.sequence != sequence) return std::optional<Record>();
    return std::optional(std::move(record));
}

Result<std::vector<AnchorFinding>> read_anchors(const DirectoryLayout& layout, const KeyRing& keys,
                                                const StartOptions& options) {
    std::vector<AnchorFinding> findings;
    if (auto added = add_slots(findings, AnchorName::file, layout.anchors, keys); !added)
        return failure(added.error());
    if (const std::string& external = options.anchors.external_path; !external.empty())
        if (auto added = add_slots(findings, AnchorName::external, external, keys); !added)
            return failure(added.error());
    if (options.projection)
        findings.push_back({AnchorName::projection, *options.projection, {}, {}, {}, false});
    judge_checkpoint(findings, SequenceId());
    return findings;
}

Result<void> compare_anchors_with(const LogReader& log, std::vector<AnchorFinding>& anchors) {
    const std::vector<AttestedGap> gaps = log.gaps();
    for (AnchorFinding& anchor : anchors)
        if (auto compared = compare(anchor, log, gaps); !compared) return compared;
    judge_checkpoint(anchors, log.head().sequence);
    return {};
}

std::vector<AnchorStanding> standings_of(const std::vector<AnchorFinding>& anchors, const Head& head,
                                         const StartOptions& options) {
    using State = AnchorStanding::State;
    std::vector<AnchorStanding> standings;
    for (const AnchorName name : {AnchorName::file, AnchorName::projection, AnchorName::external}) {
        if (name == AnchorName::external && options.anchors.external_path.empty()) continue;
        AnchorStanding standing{std::string(to_string(name)), {}, State::missing};
        for (const AnchorFinding& anchor : anchors) {
            if (anchor.name != name || standing.state == State::ahead) continue;
            // The newest slot comes first; an older one counts only when it disagrees.
            const bool agrees = agreement(anchor, head.sequence) == AnchorAgreement::agrees;
            if (standing.state != State::missing && agrees) continue;
            // Numbers that no log has are told by nobody.
            if (anchor.head.sequence.value() < sequence_limit) standing.head = anchor.head;
            standing.state = anchor.head == head ? State::equal : State::behind;
            if (!agrees) standing.state = State::ahead;
        }
        standings.push_back(std::move(standing));
    }
    return standings;
}

std::string_view to_string(AnchorStanding::State state) noexcept {
    switch (state) {
        case AnchorStanding::State::equal:
            return "equal";
        case AnchorStanding::State::behind:
            return "behind";
        case AnchorStanding::State::ahead:
            return "ahead";
        case AnchorStanding::State::missing:
            return "missing";
    }
    return "missing";
}

Result<std::vector<AnchorStanding>> compare_anchors(const std::string& data_directory, const LogReader& log,
                                                    const KeyRing& keys, const StartOptions& options) {
    auto anchors = read_anchors(DirectoryLayout(data_directory), keys, options);
    if (!anchors) return failure(anchors.error());
    const Head head = log.head();
    if (auto compared = compare_anchors_with(log, *anchors); !compared) return failure(compared.error());
    return standings_of(*anchors, head, options);
}

}  // namespace ibkr::events
