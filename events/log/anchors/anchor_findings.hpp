#pragma once

#include <vector>

#include "events/log/directory/directory_layout.hpp"
#include "events/log/directory/log_directory.hpp"
#include "events/log/start/start_rules.hpp"

namespace ibkr::events {

/// What every usable anchor says: the slots of both anchor files, the newest first, and the projections'
/// checkpoint. Changes nothing. Errors: audit_write_failed, config_invalid.
[[nodiscard]] Result<std::vector<AnchorFinding>> read_anchors(const DirectoryLayout& layout,
                                                              const KeyRing& keys,
                                                              const StartOptions& options);
/// Puts what the log has in their place beside them. A log that an owner goes on writing is opened after its
/// anchors were read, or they would seem to be ahead of it.
[[nodiscard]] Result<void> compare_anchors_with(const LogReader& log, std::vector<AnchorFinding>& anchors);

/// One line for each configured anchor, of anchors that were compared with `log`.
[[nodiscard]] std::vector<AnchorStanding> standings_of(const std::vector<AnchorFinding>& anchors,
                                                       const Head& head, const StartOptions& options);

/// The record at `sequence`; nothing when it cannot be read, or lies in an attested gap.
[[nodiscard]] Result<std::optional<Record>> record_at(const LogReader& log, SequenceId sequence);

}  // namespace ibkr::events
