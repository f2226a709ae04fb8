#pragma once

#include <memory>
#include <optional>
#include <string>

#include "events/log/directory/disk_reserve.hpp"
#include "events/log/directory/log_directory.hpp"
#include "io/config/audit_key.hpp"
#include "io/config/config.hpp"

namespace ibkr::cli {

[[nodiscard]] std::string projection_path(const io::Config& config);

/// The anchors of the configuration, and the checkpoint of the projection database as it is now, when one can
/// be read: a damaged one is no witness.
[[nodiscard]] events::StartOptions start_options(const io::Config& config);

/// The data directory with its lock held and its log open, and nothing else: what `projections rebuild` and
/// `audit rotate-key` need. Closes the log, then gives back the reserve's file, then the lock.
struct OwnedDirectory {
    events::OwnerLock lock;
    std::unique_ptr<events::DiskReserve> disk;  ///< nullptr when the log is held and had none
    events::OwnedLog log;
    io::KeySource key_source = io::KeySource::environment;
    std::optional<events::LogResumed> resumed = {};  ///< the record that this opening wrote
    std::string quarantine = {};                     ///< name of the copy it made; empty: none
};

/// `may_create`: an absent log and its generated key are made; otherwise it is CONFIG_INVALID. The key that
/// counts is read under the lock: a rotation may have ended while this call waited for it. A rotation of the
/// generated key file that was cut off is finished or forgotten, as the log says. A log that is held is
/// opened for reading, and nothing is changed. Errors: those of `load_audit_key`, `prepare_data_directory`,
/// `OwnerLock::acquire` and `open_or_create_log`.
[[nodiscard]] events::Result<OwnedDirectory> open_directory(const io::Config& config,
                                                            const io::Environment& environment,
                                                            bool may_create);
/// The same for a log that is to go on after a loss (`resume_log`). `lock`: of the directory, held since it
/// was found that there is something to resume.
[[nodiscard]] events::Result<OwnedDirectory> resume_directory(const io::Config& config,
                                                              const io::Environment& environment,
                                                              const events::ResumeRequest& request,
                                                              events::OwnerLock lock);

/// The log of a directory for reading, beside its owner or of a copy; changes nothing in it. Key files that a
/// rotation replaces meanwhile are read again.
struct Inspection {
    events::InspectedLog log;
    io::KeySource key_source;
};
[[nodiscard]] events::Result<Inspection> inspect(const io::Config& config,
                                                 const io::Environment& environment);

}  // namespace ibkr::cli
