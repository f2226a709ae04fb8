#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "engine/gateway/gateway.hpp"
#include "engine/ports/clock.hpp"
#include "engine/runtime.hpp"
#include "events/log/log_directory.hpp"
#include "io/config/audit_key.hpp"
#include "io/config/config.hpp"
#include "projections/rebuild.hpp"

namespace ibkr::cli {

/// What this process runs on: the file of --config, or the offline profile; --data-dir applied. Opens no data
/// directory.
[[nodiscard]] events::Result<io::Config> effective_config(const Globals& globals,
                                                          const io::Environment& environment);

/// The composition root: the parts of one owner of a data directory, opened in this order and released in the
/// reverse one: owner lock, log, projections, broker, runtime, gateway. Errors: CONFIG_INVALID (a directory
/// that cannot be written, permissions), ENGINE_BUSY, LOG_KEY_MISMATCH, ENGINE_HELD and those of each part.
/// A projection database that is damaged is made anew from the log.
class Composition {
public:
    [[nodiscard]] static events::Result<std::unique_ptr<Composition>> open(
        const io::Config& config, const io::Environment& environment);
    ~Composition();
    Composition(const Composition&) = delete;
    Composition& operator=(const Composition&) = delete;

    [[nodiscard]] engine::Gateway& gateway() { return *gateway_; }
    [[nodiscard]] engine::Runtime& runtime() { return *runtime_; }

private:
    Composition();
    [[nodiscard]] events::Result<void> open_parts(const io::Config& config,
                                                  const io::Environment& environment);
    struct Parts;
    std::unique_ptr<Parts> parts_;
    std::unique_ptr<engine::Runtime> runtime_;
    std::unique_ptr<engine::Gateway> gateway_;
};

/// The log of the data directory with its lock held, and nothing else: for `projections rebuild`.
struct OwnedDirectory {
    events::OwnerLock lock;
    events::OwnedLog log;
};
/// `may_create`: an absent log is made; otherwise it is CONFIG_INVALID. A rotation of the generated key file
/// that was cut off is finished or forgotten, as the log says; `key.secret` is then the one in force.
[[nodiscard]] events::Result<OwnedDirectory> open_directory(const io::Config& config, io::AuditKey& key,
                                                            bool may_create);
[[nodiscard]] std::string projection_path(const io::Config& config);

/// Folds the log into a new projection database in place of the old one. The caller owns the directory.
[[nodiscard]] events::Result<projections::RebuildReport> rebuild_projections(
    const io::Config& config, const events::LogReader& log, const projections::RebuildProgress& progress);

/// The log of a directory for reading, beside its owner or of a copy; changes nothing in it.
struct Inspection {
    events::InspectedLog log;
    io::KeySource key_source;
};
[[nodiscard]] events::Result<Inspection> inspect(const io::Config& config,
                                                 const io::Environment& environment);

}  // namespace ibkr::cli
