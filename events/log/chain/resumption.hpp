#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "events/log/keys/key_ring.hpp"
#include "events/log/record.hpp"
#include "events/result.hpp"

namespace ibkr::events {

/// Gaps one `log_resumed` record lists; more are joined to fewer, larger ones before it is written.
inline constexpr std::size_t resumption_gaps_max = 256;

/// What a `log_resumed` record attests (catalogue/log_events.hpp, `LogResumed`). The record carries the mac
/// it chains to, so it can be checked alone, without what came before. Error audit_chain_invalid: not such a
/// record, its mac does not hold, its key is not in the ring, or its gaps are not ascending ranges before it.
[[nodiscard]] Result<std::vector<AttestedGap>> read_resumption(const Record& record, const KeyRing& keys);

/// Adds what a later record attests: what touches becomes one gap, and the later record stands for it.
/// `gaps` stays ascending with none touching another.
void add_gap(std::vector<AttestedGap>& gaps, AttestedGap gap);

/// The gap in which `sequence` lies, or nullptr.
[[nodiscard]] const AttestedGap* gap_at(const std::vector<AttestedGap>& gaps, SequenceId sequence) noexcept;

/// The sequences a cursor visits, one after another: from `at` to `last`, both included, without those of the
/// attested gaps. Forwards, `at` beyond `last` is empty; backwards, `at` below it.
class GapWalk {
public:
    GapWalk(std::vector<AttestedGap> gaps, SequenceId at, SequenceId last, bool forward);

    [[nodiscard]] bool ended() const noexcept { return ended_; }
    /// Not ended: the sequence to visit.
    [[nodiscard]] SequenceId at() const noexcept { return at_; }
    void step();
    void end() noexcept { ended_ = true; }
    /// True when the last step jumped over a gap.
    [[nodiscard]] bool jumped() const noexcept { return jumped_; }

private:
    void settle();
    std::vector<AttestedGap> gaps_;
    SequenceId at_;
    SequenceId last_;
    bool forward_;
    bool ended_ = false;
    bool jumped_ = false;
};

/// How a store shows its rows while nobody knows its gaps yet.
struct RawRecords {
    /// The record there; nothing when it is missing or is no record.
    std::function<Result<std::optional<Record>>(SequenceId)> at;
    /// The newest record at or before that sequence that can be decoded; nothing when there is none.
    std::function<Result<std::optional<Record>>(SequenceId)> at_or_before;
};

/// Every attested gap of a log whose newest record is `newest`. Each record's branch says whether a
/// `log_resumed` record stands before it: `hints` (of the keys file) are tried first; where they lag or lie
/// (a crash came between the record and the file, or the file is an old copy) the records are searched
/// backwards. So a gap is never lost, and nothing is believed but a resumption that verifies.
[[nodiscard]] Result<std::vector<AttestedGap>> find_gaps(const RawRecords& records, const Record& newest,
                                                         const std::vector<SequenceId>& hints,
                                                         const KeyRing& keys);

}  // namespace ibkr::events
