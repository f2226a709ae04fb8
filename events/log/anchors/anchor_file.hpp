#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "events/crypto/hmac.hpp"
#include "events/log/directory/files.hpp"
#include "events/log/keys/key_ring.hpp"
#include "events/log/record.hpp"
#include "events/result.hpp"

namespace ibkr::events {

inline constexpr std::size_t anchor_slots = 2;
inline constexpr std::size_t anchor_slot_bytes = 160;
inline constexpr std::size_t anchor_slot_stride_bytes = 4'096;  ///< no disk sector holds parts of both slots

/// What an anchor says: the log had reached `head`. Written after the records up to it were synced, never
/// before (design section 4).
struct Anchor {
    Head head;
    std::uint32_t branch = first_branch;
    WalPosition wal;             ///< where `head` ends on disk
    SequenceId synced_sequence;  ///< an anchor of at least this sequence was on disk when this was written
    friend bool operator==(const Anchor&, const Anchor&) = default;
};

/// The one writer of an anchor file: two slots, written in turn and in place, each with a checksum and a mac
/// under the chain key in force (docs/log-format.md, "Anchors"). A torn write spoils one slot at most. The
/// page cache keeps what was written through the end of the process; `sync` through the loss of power.
/// `sync` may run on one thread while another writes; everything else is one thread at a time.
class AnchorFile {
public:
    /// A new file at `path` (mode 0600), of which both slots say `first`; synced with its directory. Replaces
    /// what stands there in one step.
    [[nodiscard]] static Result<AnchorFile> create(const std::string& path, const LogId& log_id,
                                                   const Anchor& first, const KeyId& key_id,
                                                   const Secret& chain_key);
    /// An existing file, whatever is left of its slots; the next write takes the slot that is not the newest
    /// usable one. Errors: config_invalid (no permission, not a file), audit_write_failed (not there, I/O).
    [[nodiscard]] static Result<AnchorFile> open(const std::string& path, const KeyRing& keys,
                                                 const KeyId& key_id, const Secret& chain_key);

    /// Writes the next slot; not synced, allocates nothing. Error audit_write_failed.
    [[nodiscard]] Result<void> write(const Anchor& anchor);
    /// fdatasync. Error audit_write_failed: never tried again.
    [[nodiscard]] Result<void> sync();
    /// Slots written from now on are under another chain key.
    void change_key(const KeyId& key_id, const Secret& chain_key);

    /// An anchor of at least this sequence was on disk when the file was created or opened; 0: not known.
    [[nodiscard]] SequenceId synced_before() const noexcept { return synced_before_; }

private:
    AnchorFile(FileDescriptor file, const LogId& log_id, const KeyId& key_id, const Secret& chain_key);
    FileDescriptor file_;
    LogId log_id_{};
    KeyId key_id_{};
    HmacSha256 hmac_;
    std::size_t next_slot_ = 0;
    SequenceId synced_before_;
};

/// What stands in an anchor file, whatever its condition.
struct AnchorReading {
    bool file_exists = false;
    std::vector<Anchor> anchors;     ///< of the usable slots, highest sequence first
    std::size_t unusable_slots = 0;  ///< damaged, cut off, of another log, or under a key the ring lacks
    std::size_t foreign_slots = 0;   ///< of those: whole, but of another log
    friend bool operator==(const AnchorReading&, const AnchorReading&) = default;
};
/// Never judges what it finds, also when that is a directory. Error only when the disk refuses
/// (audit_write_failed) or permission is missing (config_invalid).
[[nodiscard]] Result<AnchorReading> read_anchor_file(const std::string& path, const KeyRing& keys);

}  // namespace ibkr::events
