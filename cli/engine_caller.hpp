#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/engine_access.hpp"
#include "engine/gateway/operation.hpp"

namespace ibkr::cli {

/// For one call, from the first attempt to reach an engine to its answer.
inline constexpr std::chrono::milliseconds call_deadline_default{30'000};

/// Makes the calls of one command, wherever the engine is: in this process, which then owns the data
/// directory until `release`, or in its owner. Invariant: whatever happens to owners meanwhile, `make` gives
/// exactly one answer within its deadline, and a call that an owner decided is never decided again: an owner
/// that went away is followed by the next one, which is asked for the same command id (design 5.2). One
/// thread.
class EngineCaller {
public:
    EngineCaller(io::Config config, io::Environment environment, std::string operator_secret);

    /// `context`: without session, scopes and operator, which are set here. Errors beside the call's own:
    /// those of `own_or_forward`; ENGINE_BUSY also when an owner took the call and never answered: whether it
    /// was decided is not known then, and the message says so.
    [[nodiscard]] engine::CallResult make(const engine::Operation& operation, engine::CallContext context,
                                          const events::Progress& progress);
    /// Whether another process owns the data directory. This one does, from now on, if none did.
    [[nodiscard]] events::Result<bool> is_forwarded(const events::Progress& progress);

    [[nodiscard]] const io::Config& config() const noexcept { return config_; }
    /// What the operator should know of a start that this process made, once.
    [[nodiscard]] std::vector<std::string> take_notes();
    /// Gives the data directory back, so that other processes can have it.
    void release();

private:
    [[nodiscard]] events::Result<void> reach(const events::Progress& progress, io::Deadline deadline);
    [[nodiscard]] engine::CallResult make_here(const engine::Operation& operation,
                                               engine::CallContext context, const events::Progress& progress);

    const io::Config config_;
    const io::Environment environment_;
    const std::string operator_secret_;
    const std::string session_;
    std::vector<std::string> notes_;
    std::unique_ptr<Composition> composition_;
    std::optional<io::OwnerClient> owner_;
};

}  // namespace ibkr::cli
