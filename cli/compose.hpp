#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/data_directory.hpp"
#include "cli/read_models.hpp"
#include "cli/unfinished_resumption.hpp"
#include "engine/gateway/gateway.hpp"
#include "engine/runtime.hpp"
#include "io/config/config.hpp"

namespace ibkr::cli {

/// What this process runs on: the file of --config, or the offline profile; --data-dir applied. Opens no data
/// directory. The secrets that a configuration names need not be there for a data directory of another user.
[[nodiscard]] events::Result<io::Config> effective_config(const Globals& globals,
                                                          const io::Environment& environment);

struct ResumedComposition;

/// How an owner is to work.
struct OwnerOptions {
    bool resident = false;  ///< several threads will call: reads get connections of their own
    bool paused = false;    ///< no broker write begins
    engine::SuspensionPoints* suspension = nullptr;  ///< for tests; borrowed
};

/// The composition root: the parts of one owner of a data directory, opened in this order and released in the
/// reverse one: owner lock, disk reserve, log, projections, broker, runtime, gateway. Anchors are compared
/// before anything is folded or made anew. A projection database that is missing, damaged or of another
/// history is made anew from the log; a log that may have lost records is opened held, and nothing changes
/// then. Errors: CONFIG_INVALID (a directory that cannot be written, permissions), ENGINE_BUSY,
/// LOG_KEY_MISMATCH, ENGINE_HELD (not even the keys can be read) and those of each part.
class Composition {
public:
    /// `progress` is told how far a rebuild has come. `lock`: of the directory, when it is held already.
    [[nodiscard]] static events::Result<std::unique_ptr<Composition>> open(
        const io::Config& config, const io::Environment& environment,
        const projections::RebuildProgress& progress = {}, OwnerOptions options = {},
        std::optional<events::OwnerLock> lock = std::nullopt);

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
    /// 32 hex digits.
    [[nodiscard]] std::string log_id() const;
    /// What the operator should know of this start, one sentence each. Empty as a rule.
    [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }
    /// Of a held log: how much of the read models a resumption could ask.
    [[nodiscard]] events::Result<ReadModelsState> read_models_state(const io::Config& config) const;
    /// The report of the rebuild that this start had to do; nothing when there was none.
    [[nodiscard]] std::optional<projections::RebuildReport> rebuilt() const;
    /// Ends the engine; the directory stays locked, its log open.
    [[nodiscard]] static OwnedDirectory release(std::unique_ptr<Composition> composition);

private:
    /// What `engine resume` goes on with.
    struct Resumption {
        events::ResumeRequest request;
        events::OwnerLock lock;
    };
    Composition();
    [[nodiscard]] events::Result<void> open_parts(const io::Config& config,
                                                  const io::Environment& environment, Resumption* resumption,
                                                  const projections::RebuildProgress& progress,
                                                  OwnerOptions options,
                                                  std::optional<events::OwnerLock> lock);
    [[nodiscard]] events::Result<void> open_runtime(const io::Config& config, OwnerOptions options,
                                                    std::optional<engine::AfterResumption> resumed);
    /// Whether everything that a resumption will find can be recorded, before it changes anything; and how
    /// much of the read models it can ask.
    [[nodiscard]] events::Result<ReadModelsState> check_resumable(const io::Config& config);
    /// The check, and what must be on disk before the log is touched; the lock stays held from then on.
    [[nodiscard]] static events::Result<Resumption> begin_resumption(
        const io::Config& config, const io::Environment& environment, events::ResumeRequest request,
        const projections::RebuildProgress& progress);

    struct Parts;
    std::unique_ptr<Parts> parts_;
    std::unique_ptr<engine::Runtime> runtime_;
    std::unique_ptr<engine::Gateway> gateway_;
    std::vector<std::string> notes_;
};

/// For a command that works on the log itself: the directory of a log that is there and that no start holds,
/// the engine's own included. Errors: CONFIG_INVALID without a log, ENGINE_HELD, those of
/// `Composition::open`.
[[nodiscard]] events::Result<OwnedDirectory> open_unless_held(const io::Config& config,
                                                              const io::Environment& environment);
/// `projections rebuild`: the same, and the read models are made anew. Read models that no engine starts on
/// are made anew first.
[[nodiscard]] events::Result<projections::RebuildReport> rebuild_unless_held(
    const io::Config& config, const io::Environment& environment,
    const projections::RebuildProgress& progress);

/// What `engine resume` came to.
struct ResumedComposition {
    std::unique_ptr<Composition> composition;  ///< at work again
    events::LogResumed record;
    std::string quarantine;           ///< name below `quarantine/` of the copy of what was damaged; or empty
    std::size_t found_in_models = 0;  ///< orders and keys that only the old read models knew
    ReadModelsState read_models = ReadModelsState::unreadable;
};

}  // namespace ibkr::cli
