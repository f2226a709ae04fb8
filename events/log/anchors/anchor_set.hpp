#pragma once

#include <memory>
#include <vector>

#include "events/log/anchors/anchor_file.hpp"

namespace ibkr::events {

/// The anchor files of one log, which all say the same: written one after another, synced side by side, each
/// but the first on a thread of its own that starts with the first sync. One caller writes while another
/// syncs; no two write, no two sync.
class AnchorSet {
public:
    explicit AnchorSet(std::vector<AnchorFile> files);
    ~AnchorSet();
    AnchorSet(const AnchorSet&) = delete;
    AnchorSet& operator=(const AnchorSet&) = delete;

    [[nodiscard]] bool empty() const noexcept { return files_.empty(); }
    /// Every file had an anchor of at least this sequence on disk when it was opened; 0: not known.
    [[nodiscard]] SequenceId synced_before() const noexcept;

    /// Error audit_write_failed as soon as one file cannot be written; the others may have been.
    [[nodiscard]] Result<void> write(const Anchor& anchor);
    /// Returns when every file is synced, or has failed. Error audit_write_failed.
    [[nodiscard]] Result<void> sync();
    void change_key(const KeyId& key_id, const Secret& chain_key);

private:
    class SyncThread;
    std::vector<AnchorFile> files_;
    std::vector<std::unique_ptr<SyncThread>> sync_threads_;  ///< of files_[1], files_[2], ...
};

}  // namespace ibkr::events
