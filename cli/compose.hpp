#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/data_directory.hpp"
#include "cli/read_models.hpp"
#include "engine/gateway/gateway.hpp"
#include "engine/runtime.hpp"
#include "io/config/config.hpp"

namespace ibkr::cli {

/// What this process runs on: the file of --config, or the offline profile; --data-dir applied. Opens no data
/// directory.
[[nodiscard]] events::Result<io::Config> effective_config(const Globals& globals,
                                                          const io::Environment& environment);

struct ResumedComposition;

/// The composition root: the parts of one owner of a data directory, opened in this order and released in the
/// reverse one: owner lock, disk reserve, log, projections, broker, runtime, gateway. Anchors are compared
/// before anything is folded or made anew. A projection database that is missing, damaged or of another
/// history is made anew from the log; a log that may have lost records is opened held, and nothing changes
/// then. Errors: CONFIG_INVALID (a directory that cannot be written, permissions), ENGINE_BUSY,
/// LOG_KEY_MISMATCH, ENGINE_HELD (not even the keys can be read) and those of each part.
class Composition {
public:
    /// `progress` is told how far a rebuild has come.
    [[nodiscard]] static events::Result<std::unique_ptr<Composition>> open(
        const io::Config& config, const io::Environment& environment,
        const projections::RebuildProgress& progress = {});

    /// `engine resume`: opens a held log for writing on a new branch, makes the projections anew and records
    /// what was lost and found again (`record_after_resumption`). Crash-safe: the next start is held as
    /// before, or finishes it. `request.although_in_order` is set here, and its reason redacted. Errors:
    /// CONFIG_INVALID when nothing is held, ENGINE_HELD when there is nothing to go on from or what was lost
    /// cannot be recorded by this version, the broker's when it cannot be asked, and those of `open`.
    [[nodiscard]] static events::Result<ResumedComposition> resume(
        const io::Config& config, const io::Environment& environment, events::ResumeRequest request,
        const projections::RebuildProgress& progress = {});

    ~Composition();
    Composition(const Composition&) = delete;
    Composition& operator=(const Composition&) = delete;

    [[nodiscard]] engine::Gateway& gateway() { return *gateway_; }
    [[nodiscard]] engine::Runtime& runtime() { return *runtime_; }
    /// What the operator should know of this start, one sentence each. Empty as a rule.
    [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }

private:
    Composition();
    [[nodiscard]] events::Result<void> open_parts(const io::Config& config,
                                                  const io::Environment& environment,
                                                  const events::ResumeRequest* request,
                                                  const projections::RebuildProgress& progress);
    [[nodiscard]] events::Result<void> open_runtime(const io::Config& config, bool key_is_stored,
                                                    std::optional<engine::AfterResumption> resumed);
    /// Whether everything that a resumption will find can be recorded, before it changes anything.
    [[nodiscard]] events::Result<void> check_resumable(const io::Config& config);

    struct Parts;
    std::unique_ptr<Parts> parts_;
    std::unique_ptr<engine::Runtime> runtime_;
    std::unique_ptr<engine::Gateway> gateway_;
    std::vector<std::string> notes_;
};

/// What `engine resume` came to.
struct ResumedComposition {
    std::unique_ptr<Composition> composition;  ///< at work again
    events::LogResumed record;
    std::string quarantine;           ///< name below `quarantine/` of the copy of what was damaged; or empty
    std::size_t found_in_models = 0;  ///< orders and keys that only the old read models knew
};

}  // namespace ibkr::cli
