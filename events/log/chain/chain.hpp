#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/crypto/hmac.hpp"
#include "events/log/keys/keys.hpp"
#include "events/log/log.hpp"

namespace ibkr::events {

/// Computes the chain of one log under one chain key:
///   mac[n] = HMAC-SHA256(chain key, domain ‖ log id ‖ header ‖ be64(n) ‖ mac[n-1] ‖ sha256(bytes[n]))
/// One thread at a time; `copy` for another.
class ChainMac {
public:
    ChainMac(const LogId& log_id, const Secret& chain_key);
    explicit ChainMac(const LogKeys& keys) : ChainMac(keys.identity().log_id, keys.chain_key()) {}
    [[nodiscard]] ChainMac copy() const { return ChainMac(log_id_, hmac_.copy()); }

    [[nodiscard]] Mac mac(SequenceId sequence, const RecordHeader& header, const Mac& previous,
                          std::string_view bytes);
    /// Makes the record that follows `head` and moves `head` to it.
    [[nodiscard]] Record extend(Head& head, const LogIdentity& identity, const PendingRecord& pending);

private:
    ChainMac(const LogId& log_id, HmacSha256 hmac) : log_id_(log_id), hmac_(std::move(hmac)) {}
    LogId log_id_;
    HmacSha256 hmac_;
};

/// Records that stand in the chain under a key that is not at hand.
struct UnverifiedRange {
    SequenceId from;
    SequenceId to;
    KeyId key_id{};
    friend bool operator==(const UnverifiedRange&, const UnverifiedRange&) = default;
};

/// A `log_resumed` record: an operator went on after a loss, also one of which no gap can tell the end.
struct BranchStart {
    SequenceId sequence;
    std::uint32_t branch = first_branch;
    friend bool operator==(const BranchStart&, const BranchStart&) = default;
};

/// Gateway contract section 5: verification stops at the first break.
struct VerifyReport {
    std::uint64_t events_scanned = 0;  ///< the broken row included
    bool chain_valid = true;           ///< no break, and nothing left unverified for want of a key
    std::optional<SequenceId> first_break_at_sequence;
    std::string first_break_event_id;           ///< empty when the broken record does not show one
    std::string reason;                         ///< why it is not valid, for people; empty when valid
    Head head;                                  ///< the last record scanned that did not break
    std::vector<UnverifiedRange> not_verified;  ///< ascending; at most `unverified_ranges_max`
    std::vector<AttestedGap> attested_gaps;     ///< those passed over
    std::vector<BranchStart> resumptions;       ///< ascending; the newest `resumptions_kept_max`
    /// Epochs whose key verified at least one record.
    std::vector<EpochKey> keys_used;

    /// Something contradicts the chain; false when it is valid or records are merely not verified.
    [[nodiscard]] bool broken() const noexcept {
        return !chain_valid && (first_break_at_sequence.has_value() || not_verified.empty());
    }
    friend bool operator==(const VerifyReport&, const VerifyReport&) = default;
};
inline constexpr std::size_t unverified_ranges_max = epochs_max;
inline constexpr std::size_t resumptions_kept_max = 4'096;

/// Checks records one after another; holds none of them. The rules (docs/log-format.md, "Chain"):
/// 1. a sequence follows the one before, or an attested gap; 2. the mac is the computed one under the key the
/// header names; 3. that key is the one before, but for `audit_key_activated` (type 5), which comes right
/// after `audit_key_retired` (type 4) and is of a later epoch; neither stands alone; 4. the branch is the one
/// before, but for `log_resumed` (type 3), whose branch is one more; 5. the length is allowed. Record 1 is of
/// epoch 1 and branch 1. After a gap key and branch may have moved on, never back. A record under a key that
/// the ring does not hold is passed over as not verified; the chain goes on from its stored mac.
class ChainVerifier {
public:
    /// `start` is what stands before the first record to come: an empty head, or a trusted one, with its
    /// header where it is known. `gaps` are the log's attested ones, ascending. Borrows nothing.
    ChainVerifier(const KeyRing& keys, Head start = {}, std::vector<AttestedGap> gaps = {},
                  std::optional<RecordHeader> start_header = {});

    /// False from the first break on.
    [[nodiscard]] bool add(const Record& record);
    /// Says that the record after the last one cannot be read. Only the first break counts.
    void break_at_next(std::string reason, std::string_view bytes = {});
    /// Says that the log ends here: nothing may be left half said, and every gap passed must be attested.
    void finish();
    [[nodiscard]] const VerifyReport& report() const noexcept { return report_; }
    /// Header of the last record that did not break; nothing before the first one.
    [[nodiscard]] const std::optional<RecordHeader>& last_header() const noexcept { return previous_; }

private:
    [[nodiscard]] std::string why_broken(const Record& record, ChainMac* mac);
    [[nodiscard]] std::string why_misplaced(const RecordHeader& header) const;
    [[nodiscard]] std::string why_of_another_key(const RecordHeader& header) const;
    void pass_gaps();
    void accept(const Record& record, bool verified);
    [[nodiscard]] ChainMac* mac_under(const KeyId& key_id);

    KeyRing keys_;
    std::vector<std::pair<KeyId, ChainMac>> macs_;  ///< of the keys met so far
    std::vector<AttestedGap> gaps_;                 ///< those not passed yet
    VerifyReport report_;
    Head at_;  ///< what the next record chains to: `report_.head`, or a gap's end
    std::optional<RecordHeader> previous_;  ///< of the last record before any gap; nothing at the start
    bool after_gap_ = false;
};

/// Called now and then with the number of records scanned so far, from one thread at a time.
using Progress = std::function<void(std::uint64_t scanned)>;

struct VerifyOptions {
    SequenceId from{1};    ///< verified against the stored mac of the record before it
    unsigned threads = 2;  ///< segments are verified side by side; 1 to `verify_threads_max`
    Progress progress = {};
    std::uint64_t segment_records = 65'536;  ///< what one thread takes at a time; at least 1
};
inline constexpr unsigned verify_threads_max = 64;

/// Walks the log from `options.from` to its head; a record that is missing or unreadable is a break. A gap
/// counts only when the record that attests it verifies and lists it. Memory does not grow with the log. The
/// report is the same whatever the number of threads. Error only when the log cannot be read for another
/// reason.
[[nodiscard]] Result<VerifyReport> verify_chain(const LogReader& log, const KeyRing& keys,
                                                const VerifyOptions& options = {});

/// The `event_id` of a record's bytes for a report, whatever the bytes are; empty when there is none.
[[nodiscard]] std::string event_id_in(std::string_view bytes);

}  // namespace ibkr::events
