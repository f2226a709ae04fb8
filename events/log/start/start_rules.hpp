#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/log/log.hpp"
#include "events/log/record.hpp"
#include "events/log/rocksdb/wal_scan.hpp"

namespace ibkr::events {

// The starting rules of design section 4 as one judgement: what was found goes in, what to do comes out.
// Nothing here reads or writes. Rule 0, creation, stands in creation.hpp.

/// Who says how far the log had come.
enum class AnchorName : std::uint8_t {
    file,        ///< `anchors` beside the log
    projection,  ///< the checkpoint of the projections
    external     ///< `anchors.external_path`
};
[[nodiscard]] std::string_view to_string(AnchorName name) noexcept;

/// One usable anchor slot, or the projections' checkpoint, beside what the log has in its place.
struct AnchorFinding {
    AnchorName name = AnchorName::file;
    Head head;                   ///< what it says
    WalPosition wal;             ///< of a slot
    SequenceId synced_sequence;  ///< of a slot
    std::optional<Mac> log_mac;  ///< the log's own at that sequence; nothing when no record is readable there
    bool attested_lost = false;  ///< inside an attested gap: a later `log_resumed` record answers for it
    bool implausible = false;    ///< a checkpoint that is not believed (`judge_checkpoint`)
    friend bool operator==(const AnchorFinding&, const AnchorFinding&) = default;
};

enum class AnchorAgreement : std::uint8_t {
    agrees,       ///< the log has that record with that mac, or attests that it was lost
    ahead,        ///< the log ends before it
    contradicts,  ///< the log has another record there, or none that can be read; or it is not believed
};
[[nodiscard]] AnchorAgreement agreement(const AnchorFinding& anchor, SequenceId head) noexcept;

/// The projections' checkpoint has no mac: whoever can write that database chooses it. It is believed up to
/// this far beyond the log's readable head and the slots of the anchor files, which have one.
inline constexpr std::uint64_t checkpoint_lead_records_max = 1'000'000;
/// Says of the checkpoint among `anchors` whether it is implausible beside `head` and the slots.
void judge_checkpoint(std::vector<AnchorFinding>& anchors, SequenceId head) noexcept;

/// What can be seen without changing anything.
struct StartFindings {
    bool store_exists = true;  ///< `log/` is there and not an empty folder
    std::string unreadable;    ///< why not even the records before the first damage can be read; else empty
    SequenceId head;           ///< of what can be read
    std::vector<AnchorFinding> anchors;
    bool external_configured = false;
    bool resumption_cut_off = false;  ///< a resumption dropped what it could not read, and was not recorded
    bool rotation_lost = false;       ///< the head is under the key of an epoch before the one in force
    std::string tail_break;  ///< why the chain does not hold back to the last synced anchor; else empty
};

/// An anchor file without a usable slot, to be written anew because another anchor confirms the log.
struct AnchorRewrite {
    AnchorName anchor = AnchorName::file;  ///< file or external
    AnchorName confirmed_by = AnchorName::projection;
    SequenceId confirmed_sequence;
    friend bool operator==(const AnchorRewrite&, const AnchorRewrite&) = default;
};

struct StartVerdict {
    enum class Start : std::uint8_t {
        open,          ///< go on
        discard_tail,  ///< cut the torn end off, open, and record that
        hold,          ///< rule 4
    } start = Start::open;
    std::string reason;      ///< of a hold: one sentence, for people
    bool can_resume = true;  ///< of a hold: there is a readable log to go on from
    bool projections_disagree = false;
    std::vector<AnchorRewrite> rewrites;
    friend bool operator==(const StartVerdict&, const StartVerdict&) = default;
};

/// Rules 1 and 2, and 4 for what they do not allow.
[[nodiscard]] StartVerdict judge_start(const StartFindings& findings);
/// Rule 3, after rules 1 and 2, of a store that refuses to open as it is: `wals` are its write-ahead files,
/// the newest last. Again rule 4 for the rest.
[[nodiscard]] StartVerdict judge_refused_start(const StartFindings& findings,
                                               const std::vector<WalScan>& wals);

/// The chain is verified from here on: the last synced anchor, and `tail_records_min` records at least.
inline constexpr std::uint64_t tail_records_min = 1'000;
[[nodiscard]] SequenceId verify_tail_from(const StartFindings& findings) noexcept;

/// The highest sequence any anchor names that is believed; 0 when there is none.
[[nodiscard]] SequenceId highest_anchor(const std::vector<AnchorFinding>& anchors) noexcept;

/// No batch takes more of a write-ahead file: its records with key, header, mac and lengths, its own header,
/// and a record header per block.
inline constexpr std::uint64_t wal_block_bytes = 32'768;
inline constexpr std::uint64_t wal_record_header_bytes = 7;
inline constexpr std::uint64_t batch_overhead_per_record_bytes = 80;
inline constexpr std::uint64_t batch_wal_bytes_max =
    ((append_bytes_max + append_records_max * batch_overhead_per_record_bytes) /
         (wal_block_bytes - wal_record_header_bytes) +
     2) *
    wal_block_bytes;

}  // namespace ibkr::events
