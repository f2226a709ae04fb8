#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "cli/compose.hpp"
#include "io/ipc/owner_client.hpp"

namespace ibkr::cli {

/// How long a caller looks for an owner, or for its chance to be one (design 5.2).
inline constexpr std::chrono::milliseconds reach_deadline_default{10'000};

/// Where a call is made: in this process, which owns the data directory for the moment, or in the one that
/// owns it.
using Reached = std::variant<std::unique_ptr<Composition>, io::OwnerClient>;

/// What this process tells an owner about itself.
[[nodiscard]] io::Greeting own_greeting(const io::Config& config);

/// Own or forward: takes the lock when it is free and opens the engine, otherwise connects to the owner's
/// socket; an owner without a socket is a call that owns for its moment, so both are tried in turn until
/// `deadline`. Only the holder of the lock touches the store. A directory of another user is only reached by
/// its owner's socket. Errors: ENGINE_BUSY naming the owner's process, ENGINE_PROTOCOL_MISMATCH,
/// ENGINE_VERSION_MISMATCH, ENGINE_CONFIG_MISMATCH, and those of `Composition::open`.
[[nodiscard]] events::Result<Reached> own_or_forward(const io::Config& config,
                                                     const io::Environment& environment,
                                                     const projections::RebuildProgress& progress,
                                                     io::Deadline deadline);

/// The owner, when one is there and has a socket; takes no lock and makes nothing.
[[nodiscard]] events::Result<std::optional<io::OwnerClient>> running_owner(const io::Config& config,
                                                                           io::Deadline deadline);

}  // namespace ibkr::cli
