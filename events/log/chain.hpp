#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "events/crypto/hmac.hpp"
#include "events/log/keys.hpp"
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

/// Gateway contract section 5: verification stops at the first break.
struct VerifyReport {
    std::uint64_t events_scanned = 0;  ///< the broken row included
    bool chain_valid = true;
    std::optional<SequenceId> first_break_at_sequence;
    std::string first_break_event_id;  ///< empty when the broken record does not show one
    std::string reason;                ///< why it broke, for people; empty when valid
    Head head;                         ///< the last record that verified
};

/// Checks records one after another; holds none of them.
class ChainVerifier {
public:
    /// `start` is what stands before the first record to come: an empty head, or a trusted one.
    ChainVerifier(const LogKeys& keys, Head start = {});
    ChainVerifier(const LogIdentity& identity, const Secret& chain_key, Head start = {});

    /// False from the first break on.
    [[nodiscard]] bool add(const Record& record);
    /// Says that the record after the last one cannot be read. Only the first break counts.
    void break_at_next(std::string reason, std::string_view bytes = {});
    [[nodiscard]] const VerifyReport& report() const noexcept { return report_; }

private:
    LogIdentity identity_;
    ChainMac mac_;
    VerifyReport report_;
};

/// Called now and then with the number of records scanned so far.
using Progress = std::function<void(std::uint64_t scanned)>;

/// Walks the whole log to its head; a record that is missing or unreadable is a break. Memory does not grow
/// with the log. Error only when the log cannot be read for another reason.
[[nodiscard]] Result<VerifyReport> verify_chain(const LogReader& log, const LogKeys& keys,
                                                const Progress& progress = {});

/// The `event_id` of a record's bytes for a report, whatever the bytes are; empty when there is none.
[[nodiscard]] std::string event_id_in(std::string_view bytes);

}  // namespace ibkr::events
