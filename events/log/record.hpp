#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/crypto/sha256.hpp"
#include "events/values/ids.hpp"

namespace ibkr::events {

// What the log knows of a record: bytes, a type number and a mac. The meaning of the bytes is the
// catalogue's. docs/log-format.md is the grammar of everything below.

using LogId = std::array<std::uint8_t, 16>;  ///< random, never time-ordered
using KeyId = std::array<std::uint8_t, 8>;   ///< names a chain key without giving it away
using Mac = Digest;                          ///< HMAC-SHA256; 32 zero bytes stand before record 1

inline constexpr std::uint8_t record_format = 1;
inline constexpr std::uint32_t log_format_version = 1;  ///< of the data directory, in `VERSION`
inline constexpr std::uint32_t first_epoch = 1;
inline constexpr std::uint32_t first_branch = 1;
/// Sequences stay below it, so that every one, and a million after it, is an integer that JSON can carry.
/// What says another comes from no log.
inline constexpr std::uint64_t sequence_limit = (std::uint64_t{1} << 53U) - 1'000'000;
inline constexpr std::size_t record_bytes_max = 65'535;
inline constexpr std::size_t record_header_bytes = 16;

/// Stands before the bytes of each record and is covered by its mac, so that verification parses no JSON.
struct RecordHeader {
    std::uint8_t format = record_format;
    std::uint16_t type_number = 0;  ///< the event type's explicit number in the catalogue
    std::uint32_t branch = first_branch;
    KeyId key_id{};
    friend bool operator==(const RecordHeader&, const RecordHeader&) = default;
};

/// `record_header_bytes` bytes: format, 0, type number (be16), branch (be32), key id (8 bytes).
[[nodiscard]] std::string encode(const RecordHeader& header);
/// Nothing when the length, the format or the reserved byte is not ours.
[[nodiscard]] std::optional<RecordHeader> decode_header(std::string_view bytes) noexcept;

/// A fact on its way into the log: canonical JSON, 1 to `record_bytes_max` bytes.
struct PendingRecord {
    std::uint16_t type_number = 0;
    std::string bytes;
    friend bool operator==(const PendingRecord&, const PendingRecord&) = default;
};

struct Record {
    SequenceId sequence;
    RecordHeader header;
    std::string bytes;
    Mac mac{};
    friend bool operator==(const Record&, const Record&) = default;
};

/// The newest record. Sequence 0 with a zero mac: nothing yet.
struct Head {
    SequenceId sequence;
    Mac mac{};
    friend bool operator==(const Head&, const Head&) = default;
};

/// A range that a later `log_resumed` record attests as lost (design section 4, rule 4): its records are
/// neither read nor verified, whatever the store still shows of them.
struct AttestedGap {
    SequenceId from;
    SequenceId to;           ///< `from` <= `to`
    Mac mac{};               ///< the record after `to` chains to it
    SequenceId attested_by;  ///< the `log_resumed` record, beyond `to`
    friend bool operator==(const AttestedGap&, const AttestedGap&) = default;
};

/// Where the newest acknowledged batch ends in the store's write-ahead log.
struct WalPosition {
    std::uint64_t number = 0;  ///< the file's number; it only grows
    std::uint64_t bytes = 0;   ///< of the file
    friend auto operator<=>(const WalPosition&, const WalPosition&) = default;
};

/// Type numbers that verification knows (docs/log-format.md, "Chain"); the catalogue's are the same.
inline constexpr std::uint16_t log_resumed_type = 3;
inline constexpr std::uint16_t audit_key_retired_type = 4;
inline constexpr std::uint16_t audit_key_activated_type = 5;

/// Which log this is and what new records carry. Not secret.
struct LogIdentity {
    LogId log_id{};
    KeyId key_id{};
    std::uint32_t epoch = first_epoch;
    std::uint32_t branch = first_branch;

    [[nodiscard]] std::string log_id_hex() const { return hex(log_id); }  ///< 32 characters
    [[nodiscard]] std::string key_id_hex() const { return hex(key_id); }  ///< 16 characters
    friend bool operator==(const LogIdentity&, const LogIdentity&) = default;
};

}  // namespace ibkr::events
