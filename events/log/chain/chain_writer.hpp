#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "events/log/chain/chain.hpp"
#include "events/log/chain/resumption.hpp"
#include "events/log/keys/keys.hpp"
#include "events/log/log.hpp"

namespace ibkr::events {

/// Where a log's chain ends, as its readers see it.
struct ChainTip {
    Head head;
    LogIdentity identity;
    std::vector<AttestedGap> gaps;
};

/// Makes the records of every kind of append, for whatever stores them. Nothing counts before `commit`, which
/// the store calls when the records are on disk. One thread at a time.
class ChainWriter {
public:
    /// Of an empty log.
    explicit ChainWriter(const LogKeys& keys);
    /// Of a log whose newest record is `newest`, checked against its predecessor. Its branch is the log's,
    /// and its epoch as long as a rotation is not finished, whatever the keys file says: the file is written
    /// before a rotation's records and after a resumption's, so a crash leaves it ahead or behind.
    /// Errors: audit_chain_invalid; log_key_mismatch when the log goes on under another key than `keys`, but
    /// for a resumption of a log that lost a rotation (`LogKeys::to_resume`).
    [[nodiscard]] static Result<ChainWriter> open(const LogKeys& keys, const Record& newest,
                                                  const RawRecords& records);

    using Sink = std::function<void(const Record&)>;
    /// What `commit` takes.
    struct Next {
        ChainTip tip;
        std::optional<ChainMac> mac;  ///< after a rotation
        std::optional<KeyRing> ring;
    };
    /// Errors of these: audit_write_failed, not retryable: refused before anything reached the sink, but for
    /// a resumption whose body does not say what it must.
    [[nodiscard]] Result<Next> append(std::span<const PendingRecord> records, SequenceId expected_next,
                                      const Sink& sink);
    [[nodiscard]] Result<Next> append_resumed(const PendingRecord& record, SequenceId at, const Sink& sink);
    [[nodiscard]] Result<Next> append_rotation(const PendingRecord& retired, const PendingRecord& activated,
                                               const LogKeys& next, const Sink& sink);
    void commit(Next next);
    [[nodiscard]] const ChainTip& tip() const noexcept { return tip_; }

private:
    ChainWriter(ChainTip tip, KeyRing ring, ChainMac mac, std::vector<SequenceId> hints);
    ChainTip tip_;
    KeyRing ring_;
    ChainMac mac_;
    std::vector<SequenceId> hints_;         ///< of the keys file
    std::optional<EpochKey> resume_under_;  ///< the epoch in force, while the log ends before its rotation
};

/// The key under which a log opened with `keys` goes on, given the key id of its newest record; nothing when
/// that is another's, or of an epoch whose rotation is lost.
[[nodiscard]] std::optional<EpochKey> key_in_force(const LogKeys& keys, const KeyId& newest);

/// True when the mac of `record` holds against the record before it, or the gap. Error when that cannot be
/// read for another reason than damage.
[[nodiscard]] Result<bool> fits_predecessor(const Record& record, const RawRecords& records,
                                            const std::vector<AttestedGap>& gaps, const KeyRing& keys);

}  // namespace ibkr::events
