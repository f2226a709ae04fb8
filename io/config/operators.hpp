#pragma once

#include <string_view>

#include "io/config/config.hpp"

namespace ibkr::io {

inline constexpr std::size_t operator_secret_bytes_min = 16;
inline constexpr std::size_t operator_secret_bytes_max = 1024;

/// Who asks, as the owner of the data directory finds out for itself.
struct Caller {
    std::int64_t uid = -1;             ///< of the process, from the kernel
    std::string_view operator_secret;  ///< as given; empty: none
};

/// Whether this caller is an operator (design 5.3). In the offline profile the owner's own user is. Under a
/// configuration: another user who stands in `operators.uids`, or who gives the operator secret, whose hex
/// SHA-256 stands in `operators.secret_file`. The owner's own uid proves nothing there, listed or not: agents
/// run under it. OPERATOR_REQUIRED when a secret was given and is wrong, or cannot be checked.
[[nodiscard]] events::Result<bool> is_operator(const Config& config, const Caller& caller);

}  // namespace ibkr::io
