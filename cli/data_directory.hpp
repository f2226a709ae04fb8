#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "events/log/directory/disk_reserve.hpp"
#include "events/log/directory/log_directory.hpp"
#include "events/log/log_up_to.hpp"
#include "io/config/audit_key.hpp"
#include "io/config/config.hpp"

namespace ibkr::cli {

[[nodiscard]] std::string projection_path(const io::Config& config);

/// Whether the directory is there and belongs to another user: it may be reached by its owner's socket, and
/// is never opened here, because neither its lock nor its key are this user's.
[[nodiscard]] bool is_of_another_user(const std::string& data_directory);

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

/// What comes before an owner's start: makes the directory, and the home of the offline profile, looks
/// whether there is a key at all, and takes the lock, waiting for it as long as `wait`. Errors:
/// CONFIG_INVALID, ENGINE_BUSY, those of `load_audit_key` and `prepare_data_directory`.
[[nodiscard]] events::Result<events::OwnerLock> lock_directory(const io::Config& config,
                                                               const io::Environment& environment,
                                                               bool may_create,
                                                               std::chrono::milliseconds wait);

/// `may_create`: an absent log and its generated key are made; otherwise it is CONFIG_INVALID. The key that
/// counts is read under the lock: a rotation may have ended while this call waited for it. A rotation of the
/// generated key file that was cut off is finished or forgotten, as the log says. A log that is held is
/// opened for reading, and nothing is changed. Errors: those of `load_audit_key`, `prepare_data_directory`,
/// `OwnerLock::acquire` and `open_or_create_log`.
/// `lock`: of the directory, when it is held already.
[[nodiscard]] events::Result<OwnedDirectory> open_directory(
    const io::Config& config, const io::Environment& environment, bool may_create,
    std::optional<events::OwnerLock> lock = std::nullopt);
/// The same for a log that is to go on after a loss (`resume_log`). `lock`: of the directory, held since it
/// was found that there is something to resume.
[[nodiscard]] events::Result<OwnedDirectory> resume_directory(const io::Config& config,
                                                              const io::Environment& environment,
                                                              const events::ResumeRequest& request,
                                                              events::OwnerLock lock);

/// The log of a directory for reading, beside its owner or of a copy; changes nothing in it. Key files that a
/// rotation replaces meanwhile are read again. `options`: which anchors to look at beside the log's own file.
struct Inspection {
    events::InspectedLog inspected;
    io::KeySource key_source;
    std::unique_ptr<events::LogUpTo> acknowledged = {};  ///< what its owner has acknowledged of it
    bool owner_holds_it = false;                         ///< its owner takes nothing that writes

    [[nodiscard]] const events::LogReader& log() const {
        if (acknowledged) return *acknowledged;
        return inspected.log();
    }
    [[nodiscard]] const events::LogKeys& keys() const { return inspected.keys(); }
    [[nodiscard]] const std::vector<events::AnchorStanding>& anchors() const { return inspected.anchors(); }
};
[[nodiscard]] events::Result<Inspection> inspect(const io::Config& config, const io::Environment& environment,
                                                 const events::StartOptions& options = {});

}  // namespace ibkr::cli
