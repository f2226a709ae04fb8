#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/describe.hpp"
#include "events/log/directory/directory_layout.hpp"
#include "events/log/rocksdb/wal_scan.hpp"
#include "events/result.hpp"
#include "events/values/ids.hpp"

namespace ibkr::events {

// `quarantine/`: copies of what a store held before anything was dropped from it, each in a folder
// `<UTC time>-<n>` with a `finding.json`. Copies are never removed or changed; a folder without its final
// name is one that a crash cut short, and the store it was made from had not been touched then.

/// What was found and copied: `finding.json`, canonical JSON and a newline.
struct QuarantineFinding {
    std::string found;           ///< one sentence, for people
    SequenceId readable_head;    ///< the newest record before the damage
    std::uint64_t wal = 0;       ///< number of the newest write-ahead file; 0: there is none
    std::uint64_t offset = 0;    ///< where its damage begins
    std::uint64_t bytes = 0;     ///< from there to its end; 0: it is whole
    std::string sha256;          ///< of those bytes; empty when it is whole
    std::string content_sha256;  ///< over name, length and content of every file copied; set by the copying

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("bytes", self.bytes);
        v("content_sha256", self.content_sha256);
        v("found", self.found);
        v("offset", self.offset);
        v("readable_head", self.readable_head);
        v("sha256", omit_empty(self.sha256));
        v("wal", self.wal);
    }
    friend bool operator==(const QuarantineFinding&, const QuarantineFinding&) = default;
};

/// Every write-ahead file of a store, scanned, the newest last.
[[nodiscard]] Result<std::vector<WalScan>> scan_wals(const std::string& log_directory);

/// Copies the store's write-ahead files, MANIFEST, CURRENT, OPTIONS and IDENTITY, all synced, and returns the
/// folder's name below `quarantine/`. A copy of the same content that is there already is not made again.
/// Errors: audit_write_failed (no room, I/O), config_invalid.
[[nodiscard]] Result<std::string> copy_to_quarantine(const DirectoryLayout& layout,
                                                     QuarantineFinding finding);

/// What is about to drop something from the store and has to say so in the log afterwards. A note of it,
/// which names the copies, a line each, stands in `quarantine/` from before the dropping until after the
/// record, so that no crash between them hides what was dropped.
enum class Unfinished : std::uint8_t {
    tail_record,  ///< `quarantine/pending`: log_tail_discarded is to follow
    resumption,   ///< `quarantine/resuming`: log_resumed is to follow
};
/// Starts cut off one after the other before they could record what they dropped.
inline constexpr std::size_t unfinished_copies_max = 256;
/// Adds a copy to the note; one that it names already is not named twice. Error audit_write_failed: I/O, or
/// `unfinished_copies_max` wait already.
[[nodiscard]] Result<void> add_unfinished(const DirectoryLayout& layout, Unfinished what,
                                          const std::string& copy_name);
/// The findings of the copies that the note names, the oldest first; none when there is no note.
[[nodiscard]] Result<std::vector<QuarantineFinding>> read_unfinished(const DirectoryLayout& layout,
                                                                     Unfinished what);
[[nodiscard]] Result<void> clear_unfinished(const DirectoryLayout& layout, Unfinished what);

}  // namespace ibkr::events
