#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "events/describe.hpp"
#include "events/values/ids.hpp"

namespace ibkr::events {

// What happened to the log itself (design section 4). Macs are 64 hex digits, key ids 16. docs/log-format.md
// says what verification makes of types 3, 4 and 5.

/// Unacknowledged bytes at the end of the newest write-ahead file, torn by a crash, were dropped. A copy is
/// in `quarantine/`.
struct LogTailDiscarded {
    std::uint64_t wal = 0;     ///< number of the file
    std::uint64_t offset = 0;  ///< where the damage begins
    std::uint64_t bytes = 0;   ///< from there to the file's end
    std::string sha256;        ///< of those bytes

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("bytes", self.bytes);
        v("offset", self.offset);
        v("sha256", self.sha256);
        v("wal", self.wal);
    }
    friend bool operator==(const LogTailDiscarded&, const LogTailDiscarded&) = default;
};

struct LostRange {
    SequenceId from;
    SequenceId to;
    std::string mac;  ///< the record after `to` chains to it

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("from", self.from);
        v("mac", self.mac);
        v("to", self.to);
    }
    friend bool operator==(const LostRange&, const LostRange&) = default;
};

/// An operator resumed a held log; the first record of a new branch.
struct LogResumed {
    SequenceId from;         ///< the highest readable record, whose mac is `last_mac`
    SequenceId to;           ///< this record's sequence less one: max(from, highest anchor)
    std::string last_mac;    ///< this record chains to it
    std::string anchor_mac;  ///< of the highest anchor when it was ahead of the log; else empty
    std::vector<LostRange> gaps;
    std::string actor;
    std::string reason;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("actor", self.actor);
        v("anchor_mac", omit_empty(self.anchor_mac));
        v("from", self.from);
        v("gaps", self.gaps);
        v("last_mac", self.last_mac);
        v("reason", self.reason);
        v("to", self.to);
    }
    friend bool operator==(const LogResumed&, const LogResumed&) = default;
};

/// Last record under the old chain key; `audit_key_activated` follows in the same batch.
struct AuditKeyRetired {
    std::string new_key_id;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("new_key_id", self.new_key_id);
    }
    friend bool operator==(const AuditKeyRetired&, const AuditKeyRetired&) = default;
};

/// First record under the new chain key.
struct AuditKeyActivated {
    std::string old_key_id;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("old_key_id", self.old_key_id);
    }
    friend bool operator==(const AuditKeyActivated&, const AuditKeyActivated&) = default;
};

/// An anchor file had no usable slot while other anchors agreed with the log; it was written anew.
struct AnchorRewritten {
    std::string anchor;     ///< "file" or "external"
    std::string confirmed;  ///< the anchor that agreed: "file", "projection" or "external"
    SequenceId confirmed_sequence;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("anchor", self.anchor);
        v("confirmed", self.confirmed);
        v("confirmed_sequence", self.confirmed_sequence);
    }
    friend bool operator==(const AnchorRewritten&, const AnchorRewritten&) = default;
};

}  // namespace ibkr::events
