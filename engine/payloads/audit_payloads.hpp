#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gateway/requests.hpp"
#include "events/log/chain/chain.hpp"
#include "events/log/directory/log_directory.hpp"
#include "events/log/export/export.hpp"
#include "events/log/keys/keys.hpp"
#include "events/log/log.hpp"
#include "events/result.hpp"

namespace ibkr::engine {

// Answers about the log itself, from any log that can be read: the owner's, or a copy. They change nothing
// and record nothing; the gateway's calls do that.

inline constexpr std::uint32_t audit_tail_limit_default = 100;
inline constexpr std::uint32_t audit_tail_limit_max = 500;

/// The limit that is meant: 0 is the default, more than the maximum is the maximum (gateway contract 2).
[[nodiscard]] constexpr std::uint32_t audit_tail_limit(std::uint32_t asked) noexcept {
    if (asked == 0) return audit_tail_limit_default;
    return asked > audit_tail_limit_max ? audit_tail_limit_max : asked;
}

/// {events: [{sequence_id, event}] newest first, head, verified_from_sequence}. The chain of what is shown is
/// verified first, with `full` the whole log's. Errors: AUDIT_WRITE_FAILED, not retryable, when the chain
/// does not hold (gateway contract 5); LOG_VERSION_UNSUPPORTED.
[[nodiscard]] events::Result<std::string> audit_tail_payload(const events::LogReader& log,
                                                             const events::LogKeys& keys, std::uint32_t limit,
                                                             bool full);

/// Records of one export answer, and bytes of its text, at most.
inline constexpr std::uint32_t audit_export_records_max = 1'000'000;
inline constexpr std::size_t audit_export_bytes_max = 536'870'912;  ///< 512 MiB

/// The records that a request means: a named end wins, the limit counts back from the last; attested gaps do
/// not count. Error INPUT_INVALID_TIME_RANGE for a range that holds nothing.
[[nodiscard]] events::Result<events::ExportRange> audit_export_range(const events::LogReader& log,
                                                                     const AuditExportRequest& request);
/// Records between the two, both included.
[[nodiscard]] std::uint64_t records_between(const std::vector<events::AttestedGap>& gaps,
                                            events::SequenceId from, events::SequenceId to);

/// Export (gateway contract 2): the export form of the newest `limit` records, or of the range the request
/// names, as one string with its sha256. Errors: INPUT_INVALID_TIME_RANGE for a range that holds nothing or
/// more than the limits, OUTPUT_UNSAFE when a record holds a secret's marker.
[[nodiscard]] events::Result<std::string> audit_export_payload(
    const events::LogReader& log, const events::LogKeys& keys, const AuditExportRequest& request,
    std::string export_id, events::Timestamp created_at, const events::Progress& progress = {});

/// Where the newest `count` records up to `last` begin; attested gaps do not count.
[[nodiscard]] events::SequenceId first_of_newest(const std::vector<events::AttestedGap>& gaps,
                                                 events::SequenceId last, std::uint64_t count);

/// Where the key that verifies comes from, as `key` says it.
inline constexpr std::string_view key_stored = "stored on this machine";
inline constexpr std::string_view key_supplied = "supplied";

/// Verify report (gateway contract 5; interfaces, "CLI and wire"). `log_head` is what the log claims to end
/// with. An anchor that the log does not reach, or that names another record, is a break of the chain.
[[nodiscard]] std::string verify_payload(events::VerifyReport report, const events::Head& log_head,
                                         std::string_view key_origin,
                                         const std::vector<events::AnchorStanding>& anchors = {});

}  // namespace ibkr::engine
