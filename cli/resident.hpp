#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cli/compose.hpp"
#include "cli/stop_signal.hpp"
#include "engine/decided_once.hpp"
#include "io/ipc/owner_server.hpp"

namespace ibkr::cli {

/// The resident owner of a data directory (design 5.1): the engine, the socket others reach it by, timers and
/// the reconciler. Calls come on the server's threads. Invariants: 1. who asks is what the kernel says of the
/// connection; claimed scopes count only as far as the configuration grants them. 2. a command id is decided
/// once, in this process or an earlier one. 3. once the engine is dead nobody is answered any more: the
/// connections end, and the askers ask the next owner.
class Resident {
public:
    /// `lock`: of the directory. `stop` ends `run`; it is requested when the engine dies.
    [[nodiscard]] static events::Result<std::unique_ptr<Resident>> start(
        io::Config config, const io::Environment& environment, OwnerOptions options, events::OwnerLock lock,
        StopSignal& stop, const projections::RebuildProgress& progress = {});

    [[nodiscard]] const std::vector<std::string>& notes() const { return composition_->notes(); }
    [[nodiscard]] std::string socket_path() const;

    /// Fires timers and reconciles until `stop` is requested; then takes no new calls, lets those in progress
    /// end, and syncs the anchors. Error AUDIT_WRITE_FAILED: the engine died.
    [[nodiscard]] events::Result<void> run();

private:
    Resident(io::Config config, StopSignal& stop) : config_(std::move(config)), stop_(stop) {}
    [[nodiscard]] io::OwnerGreeting greeting();
    [[nodiscard]] std::optional<engine::CallResult> handle(const io::Peer& peer,
                                                           const io::ForwardedCall& call);
    [[nodiscard]] engine::CallResult answer(const io::Peer& peer, const io::ForwardedCall& call);
    [[nodiscard]] std::string status_json();
    void tick();

    const io::Config config_;
    StopSignal& stop_;
    std::unique_ptr<Composition> composition_;
    engine::DecidedOnce decided_once_;
    std::chrono::steady_clock::time_point started_at_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point reconciled_at_ = started_at_;
    std::atomic<std::uint64_t> calls_ = 0;
    io::Greeting common_greeting_;
    std::mutex watching_;
    std::string watch_error_;  ///< of the last round of timers and reconciler; empty: it went well
    std::optional<io::OwnerServer> server_;  ///< ends before what its handler uses
};

/// The name of the operation that asks a resident owner how it stands; it leaves no event.
inline constexpr std::string_view engine_status_operation = "engine_status";

}  // namespace ibkr::cli
