#pragma once

#include <memory>
#include <string>
#include <vector>

#include "events/log/directory/directory_layout.hpp"
#include "events/log/directory/log_directory.hpp"
#include "events/log/start/start_rules.hpp"

namespace ibkr::events {

// What a start and a resumption share.

/// What a start works with. Borrows everything.
struct StartContext {
    const DirectoryLayout& layout;
    const LogStore& store;
    const RecordMaker& make_record;
    const StartOptions& options;
};

/// What can be seen of a log and its anchors without changing anything.
struct StartLook {
    StartFindings findings;
    std::unique_ptr<LogReader> readable;  ///< nullptr when nothing can be read
    SequenceId verified_head;             ///< before the break where the newest records do not verify
    [[nodiscard]] SequenceId highest_anchor() const { return events::highest_anchor(findings.anchors); }
};
/// Errors: audit_write_failed, config_invalid: the disk does not let itself be read.
[[nodiscard]] Result<StartLook> look_at_log(const StartContext& context, const LogKeys& keys);

/// VERSION, keys and an unfinished rotation, in an existing data directory, whose store stands in its place
/// afterwards. Errors: log_version_unsupported, log_key_mismatch, engine_held.
[[nodiscard]] Result<LogKeys> open_keys(const StartContext& context, const Secret& secret);

/// Puts the anchor files above an opened log. `anew`: those whose both slots are to say the present head,
/// whatever stood there.
[[nodiscard]] Result<std::unique_ptr<Log>> anchor_log(const StartContext& context, const LogKeys& keys,
                                                      std::unique_ptr<Log> log,
                                                      const std::vector<AnchorName>& anew);

}  // namespace ibkr::events
