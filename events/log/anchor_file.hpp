#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/log/files.hpp"
#include "events/log/key_ring.hpp"
#include "events/log/record.hpp"
#include "events/result.hpp"

namespace ibkr::events {

inline constexpr std::size_t anchor_slots = 2;

/// What an anchor says: the log had reached `head`. Written after the records up to it were synced, never
/// before (design section 4).
struct Anchor {
    Head head;
    std::uint32_t branch = first_branch;
    WalPosition wal;                 ///< where `head` ends on disk
    SequenceId synced_sequence;      ///< an anchor of at least this sequence was on disk when this was written
    friend bool operator==(const Anchor&, const Anchor&) = default;
};

/// The one writer of an anchor file: two slots, written in turn and in place, each with a checksum and a mac
/// under the chain key in force (docs/log-format.md, "Anchors"). A torn write spoils one slot at most. The
/// page cache keeps what was written through the end of the process; `sync` through the loss of power.
class AnchorFile {
public:
    /// A new file at `path` (mode 0600), of which both slots say `first`; synced with its directory. Replaces
    /// what stands there in one step.
    [[nodiscard]] static Result<AnchorFile> create(const std::string& path, const LogId& log_id,
                                                   const Anchor& first, const KeyId& key_id,
                                                   const Secret& chain_key);
    /// An existing file; the next write takes the slot that is not the newest usable one.
    [[nodiscard]] static Result<AnchorFile> open(const std::string& path, const KeyRing& keys,
                                                 const KeyId& key_id, const Secret& chain_key);

    /// Writes the next slot; not synced. Error audit_write_failed.
    [[nodiscard]] Result<void> write(const Anchor& anchor);
    /// fdatasync. Error audit_write_failed: never tried again.
    [[nodiscard]] Result<void> sync();
    /// Slots written from now on are under another chain key.
    void change_key(const KeyId& key_id, const Secret& chain_key);

private:
    AnchorFile(FileDescriptor file, const LogId& log_id, const KeyId& key_id, Secret chain_key,
               std::size_t next_slot);
    FileDescriptor file_;
    LogId log_id_{};
    KeyId key_id_{};
    Secret chain_key_;
    std::size_t next_slot_ = 0;
};

/// What stands in an anchor file, whatever its condition.
struct AnchorReading {
    bool file_exists = false;
    std::vector<Anchor> anchors;    ///< of the usable slots, highest sequence first
    std::size_t unusable_slots = 0; ///< damaged, cut off, of another log, or under a key the ring lacks
    friend bool operator==(const AnchorReading&, const AnchorReading&) = default;
};
/// Error only when the disk refuses (audit_write_failed) or permission is missing (config_invalid).
[[nodiscard]] Result<AnchorReading> read_anchor_file(const std::string& path, const KeyRing& keys);

}  // namespace ibkr::events
