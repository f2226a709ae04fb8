#pragma once

#include <string>

#include "cli/compose.hpp"
#include "engine/gateway/operation.hpp"

namespace ibkr::cli {

/// A call as it reaches the owner of the data directory, from its own command line or through the socket.
struct OwnedCall {
    engine::CallContext context;  ///< who asks is established; `is_operator` is not
    std::int64_t uid = -1;        ///< of the process that asks, from the kernel
    std::string operator_secret;  ///< as given; empty: none
    events::Result<engine::Operation> operation;
};

/// What every owner does with a call, in this order: names that may not stand in the log are refused
/// (CONFIG_INVALID, nothing is recorded); a command id that was decided before is answered from the log,
/// whatever else holds now; who asks is found to be an operator or not (`io::is_operator`; a wrong secret is
/// recorded); an operation that cannot be read is recorded as a failure; then the call is made.
[[nodiscard]] engine::CallResult make_owned_call(Composition& composition, const io::Config& config,
                                                 OwnedCall call, const events::Progress& progress = {});

}  // namespace ibkr::cli
